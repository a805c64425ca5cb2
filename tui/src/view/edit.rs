//! The overlay of an edited payload: what is wrong with it, or what it would change.

use ratatui::layout::Rect;
use tradepost_common::dead::{DiffKind, EditCheck};

use crate::canvas::{Canvas, split_top};
use crate::state::Legacy;
use crate::state::edit::Stage;
use crate::text;
use crate::theme::Tone;

/// Returns how far it is scrolled, once there is an end to it.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &Legacy, top: usize) -> usize {
    let Some(edit) = &app.edit else {
        return 0;
    };
    let (title, question) = words(&edit.stage);
    let inside = canvas.window(area, 76, area.height.saturating_sub(2), title);
    let lines = lines(&edit.stage, inside.width);
    let (body, foot) = split_top(inside, inside.height.saturating_sub(1));
    let top = top.min(lines.len().saturating_sub(usize::from(body.height)));
    for (y, (line, tone)) in (body.y..body.bottom()).zip(lines.iter().skip(top)) {
        canvas.put(body.x, y, body.width, line, *tone);
    }
    canvas.line(foot, question, Tone::Accent);
    top
}

fn words(stage: &Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::Open => ("The editor has it", ""),
        Stage::Broken { .. } => ("Not JSON", "e edits it again · Esc gives it up"),
        Stage::Checking(_) => ("The daemon looks at it", "Esc gives it up"),
        Stage::Checked(_, check) if check.faults.is_empty() => (
            "Send it again with this payload?",
            "y sends it · e edits again · j k scroll · Esc or n: no",
        ),
        Stage::Checked(..) => ("It would be refused", "e edits it again · j k scroll · Esc gives it up"),
        Stage::Failed(_) => ("It went wrong", "e edits it again · Esc gives it up"),
        Stage::Sending => ("Sending", "on its way …"),
    }
}

fn lines(stage: &Stage, width: u16) -> Vec<(String, Tone)> {
    let wrapped = |words: &str, tone: Tone| -> Vec<(String, Tone)> {
        let lines = text::wrap(&text::clean(words), usize::from(width));
        lines.into_iter().map(|line| (line, tone)).collect()
    };
    match stage {
        Stage::Open | Stage::Checking(_) | Stage::Sending => Vec::new(),
        Stage::Broken { why, line } => {
            let mut lines = wrapped(why, Tone::Bad);
            lines.push((text::clean(line).into_owned(), Tone::Plain));
            lines
        }
        Stage::Failed(why) => wrapped(why, Tone::Bad),
        Stage::Checked(_, check) => {
            let faults = check.faults.iter().flat_map(|fault| {
                let at = if fault.at.is_empty() { "the payload" } else { &fault.at };
                wrapped(&format!("{at}: {}", fault.message), Tone::Bad)
            });
            faults.chain(diff(check)).collect()
        }
    }
}

fn diff(check: &EditCheck) -> impl Iterator<Item = (String, Tone)> {
    check.diff.iter().map(|line| {
        let tone = match line.kind {
            DiffKind::Same => Tone::Dim,
            DiffKind::Removed => Tone::Bad,
            DiffKind::Added => Tone::Good,
        };
        (format!("{} {}", line.kind.mark(), line.text), tone)
    })
}
