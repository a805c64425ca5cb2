//! Everything the screens show. Keys and news change it; it never waits for anything.

mod age;
pub mod dead;
pub mod edit;
pub mod export;
#[cfg(test)]
mod harness;
pub mod input;
mod legacy;
pub mod letter;
pub mod lists;
pub mod message;
pub mod news;
pub mod pacing;
pub mod plan;
pub mod prompt;
pub mod redrive;
mod requests;
pub mod screen;
pub mod selected;
#[cfg(test)]
mod tests;
pub mod typing;

use tradepost_common::operations::OperationKind;

use crate::shell::Shell;
use dead::Dead;
use edit::EditView;
use legacy::OldPrompt;
use plan::PlanView;
use prompt::Prompt;
use redrive::Target;
use screen::Screen;

/// The screens that have no folder of their own yet.
#[derive(Default)]
pub struct Legacy {
    pub dead: Dead,
    /// A plan that is asked about.
    pub plan: Option<PlanView>,
    /// Plans asked for so far.
    pub tickets: u64,
    /// The messages to be discarded, once there is a reason.
    pub giving_up: Option<(OperationKind, Target)>,
    pub edit: Option<EditView>,
}

/// The screen of the page that is shown.
pub fn screen(cx: &Shell) -> Screen {
    Screen::with_name(cx.page.name).unwrap_or(Screen::Other)
}

pub fn set_prompt(cx: &mut Shell, prompt: Option<Prompt>) {
    cx.prompt = prompt.map(|prompt| Box::new(OldPrompt(prompt)) as Box<dyn crate::shell::AnyPrompt>);
}

pub fn old_prompt(cx: &Shell) -> Option<&Prompt> {
    let prompt = cx.prompt.as_deref()? as &dyn std::any::Any;
    prompt.downcast_ref::<OldPrompt>().map(|prompt| &prompt.0)
}
