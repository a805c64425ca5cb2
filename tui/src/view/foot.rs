//! The words of the prompts at the foot of the screen.

use super::campaigns;
use crate::client::MAX_RATE;
use crate::format;
use crate::shell::{Label, Shell};
use crate::state::Legacy;
use crate::state::prompt::{NumberOf, Prompt, Sure};

pub fn label(prompt: &Prompt, app: &Legacy, cx: &Shell) -> Label {
    let (words, hint) = match prompt {
        Prompt::Number { of, .. } => (format!("{}: ", number_in_words(of)), "Enter changes it · Esc leaves it"),
        Prompt::Campaign(_) => ("plan: ".to_owned(), campaigns::keys::PLAN_HINT),
        Prompt::Sure(sure) => (sure_in_words(sure, app, cx), "y does it · Esc or n: no"),
        _ => return Label::default(),
    };
    Label { words, hint, aside: "" }
}

fn sure_in_words(sure: &Sure, app: &Legacy, cx: &Shell) -> String {
    match sure {
        Sure::Campaign(_, step) => campaigns::keys::question(*step, app.meant_campaign(cx)),
    }
}

fn number_in_words(of: &NumberOf) -> String {
    let most = format::count(MAX_RATE.into());
    match of {
        NumberOf::CampaignRate(_) => {
            format!("items a second at most (1 to {most}, empty: no limit)")
        }
    }
}
