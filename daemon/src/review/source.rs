//! A window of a file's own text, for the eyes of a moderator. Nothing is parsed: bytes become lines, and what could fool a
//! terminal becomes a replacement character.

use anyhow::Context as _;
use tradepost_common::ids::{CaseId, ItemId};
use tradepost_common::review::{Source, SourceLine};

use super::service::find;
use crate::app::App;
use crate::catalog::service as catalog;
use crate::error::{ApiError, ApiResult};
use crate::objects::member_key;

/// Lines of a window at most.
pub const MAX_LINES: u32 = 500;
/// Characters of a line that are shown at most.
const MAX_COLUMNS: usize = 2_000;
/// Characters shown before the asked column of a line that is cut.
const BEFORE: usize = 200;
/// Larger files are read with other tools.
const MAX_BYTES: i64 = 16 * 1024 * 1024;

/// The requested window.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// The first line, from 1.
    pub line: u32,
    /// The column that must be seen in that line, from 1.
    pub column: u32,
    pub lines: u32,
}

/// Reads lines of a file of a case.
///
/// # Errors
/// Not found; unprocessable when the file is no plain text or too large.
pub async fn read(app: &App, id: CaseId, item: ItemId, asked: Window) -> ApiResult<Source> {
    let case = find(&app.db, id).await?;
    let set = catalog::set_of_upload(&app.db, case.upload_id)
        .await?
        .ok_or(ApiError::NotFound("file"))?;
    let (sha256, size_bytes) = catalog::stored_file(&app.db, set, item)
        .await?
        .ok_or(ApiError::NotFound("file"))?;
    if size_bytes > MAX_BYTES {
        let detail = format!("The file has {size_bytes} bytes; up to {MAX_BYTES} are shown as text.");
        return Err(ApiError::unprocessable("source-too-large", detail));
    }
    let key = member_key(sha256);
    let bytes = app.store.read_content(&key).await.context("reading a file of a pack")?;
    // Some milliseconds for a file of the largest size: not for the threads that answer everybody.
    let cut = tokio::task::spawn_blocking(move || {
        refuse_unless_text(&bytes)?;
        Ok(window(&String::from_utf8_lossy(&bytes), asked))
    });
    cut.await.context("cutting a window out of a file")?
}

fn refuse_unless_text(bytes: &[u8]) -> ApiResult<()> {
    let what = match bytes {
        [0x1f, 0x8b, ..] => "is compressed (SVGZ)",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "is UTF-16",
        [b'<', 0, ..] | [0, b'<', ..] => "is UTF-16 without a mark",
        _ if bytes.iter().take(8_192).any(|byte| *byte == 0) => "is binary",
        _ => return Ok(()),
    };
    let detail = format!("The file {what}; its source cannot be shown as text.");
    Err(ApiError::unprocessable("not-text", detail))
}

fn window(text: &str, asked: Window) -> Source {
    let first = asked.line.max(1);
    let skip = usize::try_from(first - 1).unwrap_or(usize::MAX);
    let lines = text.lines().skip(skip).take(asked.lines.min(MAX_LINES) as usize);
    let lines = lines.enumerate().map(|(index, line)| {
        let column = if index == 0 { asked.column } else { 1 };
        cut(line, column)
    });
    Source {
        first_line: to_i32(first as usize),
        lines: lines.collect(),
        total_lines: to_i32(text.lines().count()),
    }
}

/// A line, or the part of a long one around the column.
fn cut(line: &str, column: u32) -> SourceLine {
    let length = line.chars().count();
    let asked = usize::try_from(column.max(1) - 1).unwrap_or(usize::MAX);
    let skip = asked.saturating_sub(BEFORE).min(length.saturating_sub(MAX_COLUMNS));
    let text: String = line.chars().skip(skip).take(MAX_COLUMNS).map(harmless).collect();
    SourceLine {
        first_column: to_i32(skip + 1),
        text,
        hidden: to_i32(length.saturating_sub(MAX_COLUMNS)),
    }
}

/// Control characters act on terminals, and direction marks show text as it is not.
fn harmless(c: char) -> char {
    match c {
        '\t' => ' ',
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{061c}' | '\u{feff}' => {
            '\u{fffd}'
        }
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

fn to_i32(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, line: u32, column: u32, lines: u32) -> Source {
        window(text, Window { line, column, lines })
    }

    #[test]
    fn window_starts_at_the_asked_line_and_counts_all() {
        let source = shown("one\r\ntwo\nthree\nfour", 2, 1, 2);
        let texts: Vec<_> = source.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            (source.first_line, source.total_lines, texts),
            (2, 4, vec!["two", "three"])
        );
        assert_eq!(shown("one", 9, 1, 5).lines, []);
        assert_eq!(shown("one", 0, 0, 5).lines.len(), 1);
        assert_eq!(shown("one", u32::MAX, u32::MAX, u32::MAX).lines, []);
    }

    #[test]
    fn long_line_is_cut_around_the_column() {
        let line: String = ('a'..='z').cycle().take(10_000).collect();
        let source = shown(&line, 1, 5_000, 1);
        let cut = &source.lines[0];
        assert_eq!((cut.first_column, cut.text.len(), cut.hidden), (4_800, 2_000, 8_000));
        let there = line.chars().nth(4_999);
        assert_eq!(cut.text.chars().nth((5_000 - cut.first_column) as usize), there);
        let end = &shown(&line, 1, u32::MAX, 1).lines[0];
        assert_eq!((end.first_column, end.hidden), (8_001, 8_000));
        assert!(end.text.ends_with(line.chars().last().unwrap()));
    }

    #[test]
    fn nothing_of_a_source_acts_on_a_terminal() {
        let source = shown("a\u{1b}[2Jb\u{202e}c\u{9b}d\te\u{0}f", 1, 1, 1);
        assert_eq!(source.lines[0].text, "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d e\u{fffd}f");
    }

    #[test]
    fn what_is_no_plain_text_is_refused_in_words() {
        for (bytes, word) in [
            (&[0x1f, 0x8b, 8][..], "compressed"),
            (&[0xff, 0xfe, b'<', 0], "UTF-16"),
            (&[0, b'<', 0, b's'], "UTF-16"),
            (b"glTF\x02\0\0\0", "binary"),
        ] {
            let Err(ApiError::Unprocessable { detail, .. }) = refuse_unless_text(bytes) else {
                panic!("{bytes:?}")
            };
            assert!(detail.contains(word), "{detail}");
        }
        assert!(refuse_unless_text("<svg>ä\u{1f600}</svg>".as_bytes()).is_ok());
        assert!(
            refuse_unless_text(b"<svg>\xff</svg>").is_ok(),
            "what is not UTF-8 is shown as replaced"
        );
    }
}
