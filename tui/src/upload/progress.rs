//! Progress: one line that changes on a terminal, else a line for each change.

use std::io::{IsTerminal, Write};

use tradepost_common::uploads::UploadRow;

use super::Pack;
use crate::cli::Output;
use crate::text;

/// Tells progress on standard error, so that standard output carries only the result.
pub struct Progress {
    way: ProgressStyle,
}

enum ProgressStyle {
    OneLine,
    Log,
    Silent,
}

impl Progress {
    pub fn new(output: Output) -> Self {
        let way = match output {
            Output::Json if std::io::stderr().is_terminal() => ProgressStyle::Silent,
            _ if std::io::stderr().is_terminal() => ProgressStyle::OneLine,
            _ => ProgressStyle::Log,
        };
        Self { way }
    }

    /// The pack is at another step.
    pub fn step(&mut self, packs: &mut [Pack], i: usize, step: &str) {
        if packs[i].step == step {
            return;
        }
        step.clone_into(&mut packs[i].step);
        match self.way {
            ProgressStyle::OneLine => show(packs),
            // Counting files is for eyes; a log wants the states.
            ProgressStyle::Log if !step.contains('%') => eprintln!("{}: {step}", text::clean(&packs[i].name)),
            _ => {}
        }
    }

    /// Bytes went out.
    pub fn sent(&mut self, packs: &mut [Pack], i: usize, sent: u64, size: u64) {
        let percent = (sent * 100).checked_div(size).unwrap_or(100);
        self.step(packs, i, &format!("uploading {percent}%"));
    }

    pub fn finish(&mut self) {
        if matches!(self.way, ProgressStyle::OneLine) {
            eprint!("\r\x1b[K");
        }
    }
}

/// The state of an upload, with its share of files while they are rendered.
pub fn in_words(upload: &UploadRow) -> String {
    let state = upload.state.as_str().replace('_', " ");
    if upload.state.is_settled() || upload.files == 0 || upload.files_done == 0 {
        return state;
    }
    format!("{state} {}%", upload.files_done * 100 / upload.files)
}

fn show(packs: &[Pack]) {
    let cells = crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns));
    let parts: Vec<String> = packs.iter().map(|p| format!("{} {}", p.name, p.step)).collect();
    let line = parts.join(" · ");
    let clean = text::clean(&line);
    let mut err = std::io::stderr().lock();
    // A terminal that is gone is noticed elsewhere.
    let _ = write!(err, "\r\x1b[K{}", text::cut(&clean, cells.saturating_sub(1)));
    let _ = err.flush();
}
