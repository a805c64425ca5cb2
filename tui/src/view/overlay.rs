//! The prompts that are drawn over the screen.

use ratatui::layout::Rect;

use super::{bulk, edit, plan, reasons, record};
use crate::canvas::Canvas;
use crate::shell::Shell;
use crate::state::Legacy;
use crate::state::prompt::Prompt;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, prompt: &mut Prompt, app: &Legacy, cx: &Shell) {
    match prompt {
        Prompt::Reasons(asked) => reasons::draw(canvas, area, app, *asked),
        Prompt::Record { top } => *top = record::draw(canvas, area, app, *top),
        Prompt::Settle => bulk::draw_settle(canvas, area, app),
        Prompt::Bulk(step) => bulk::draw_plan(canvas, area, app, step),
        Prompt::Why(line) => plan::draw_why(canvas, area, app, line.as_ref()),
        Prompt::Plan(step) => plan::draw_plan(canvas, area, app, cx, step),
        Prompt::Edit { top } => *top = edit::draw(canvas, area, app, *top),
        _ => {}
    }
}
