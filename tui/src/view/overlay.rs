//! The prompts that are drawn over the screen.

use ratatui::layout::Rect;

use super::{edit, plan};
use crate::canvas::Canvas;
use crate::shell::Shell;
use crate::state::Legacy;
use crate::state::prompt::Prompt;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, prompt: &mut Prompt, app: &Legacy, cx: &Shell) {
    match prompt {
        Prompt::Why(line) => plan::draw_why(canvas, area, app, line.as_ref()),
        Prompt::Plan(step) => plan::draw_plan(canvas, area, app, cx, step),
        Prompt::Edit { top } => *top = edit::draw(canvas, area, app, *top),
    }
}
