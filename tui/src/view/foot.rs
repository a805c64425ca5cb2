//! The words of the prompts at the foot of the screen.

use super::campaigns;
use crate::format;
use crate::shell::{Label, Shell};
use crate::state::Legacy;
use crate::state::prompt::{NumberOf, Prompt, Sure};
use crate::state::writing::most;

pub fn label(prompt: &Prompt, app: &Legacy, cx: &Shell) -> Label {
    let (words, hint) = match prompt {
        Prompt::Note { .. } => (
            "note: ".to_owned(),
            "Enter keeps the note and decides nothing · Esc forgets the change",
        ),
        Prompt::Question(_) => (
            "question: ".to_owned(),
            "the contributor reads it; Enter shows it once more and sends nothing · Esc: no",
        ),
        Prompt::Number { of, .. } => (
            format!("{}: ", number_in_words(of, app)),
            "Enter changes it · Esc leaves it",
        ),
        Prompt::Campaign(_) => ("plan: ".to_owned(), campaigns::keys::PLAN_HINT),
        Prompt::Sure(sure) => {
            let hint = match sure {
                Sure::Ask(_) => "y sends it, and the case waits for the answer · Esc or n: back",
                _ => "y does it · Esc or n: no",
            };
            (sure_in_words(sure, app, cx), hint)
        }
        _ => return Label::default(),
    };
    Label { words, hint, aside: "" }
}

fn sure_in_words(sure: &Sure, app: &Legacy, cx: &Shell) -> String {
    match sure {
        Sure::Resume(_) => "It stopped by itself. Go on all the same?".to_owned(),
        Sure::Cancel(_) => "Cancel the operation? What is done stays done.".to_owned(),
        Sure::Campaign(_, step) => campaigns::keys::question(*step, app.meant_campaign(cx)),
        Sure::Ban(ban) => {
            let row = app.row_in_hand(cx);
            let who = row.map_or("the contributor", |row| row.contributor.as_str());
            let what = if ban.reject_open {
                "ALL their open cases"
            } else {
                "this pack"
            };
            format!("BAN {who} and reject {what}? They can upload no more.")
        }
        Sure::Ask(question) => format!("They will read: {question}"),
        Sure::Undo(made) => format!("Undo {}: each is open again?", made.in_words()),
        Sure::Unban(account) => format!("Let {account} upload again?"),
    }
}

fn number_in_words(of: &NumberOf, app: &Legacy) -> String {
    let most = format::count(most(of).into());
    match of {
        NumberOf::Concurrency(name) => {
            let now = app
                .queues
                .rows()
                .iter()
                .find(|q| q.name == *name)
                .map_or(0, |q| q.concurrency);
            format!("handlers of {name} at once (1 to {most}, empty: as configured; {now} now)")
        }
        NumberOf::CampaignRate(_) => format!("items a second at most (1 to {most}, empty: no limit)"),
        NumberOf::Rate(_) => format!("messages a second at most (1 to {most})"),
    }
}
