//! Acts on the item under the cursor: labels, its place, its withdrawal.

use tradepost_common::catalog::{Entry, Labels, SetStanding, Standing, Withdraw, Withdrawn};
use tradepost_common::overview::Role;
use tradepost_common::sales::Product;
use tradepost_common::text::Text;

use super::Catalogue;
use crate::client::{Client, Reply};
use crate::input::parse_optional;
use crate::shell::{Confirm, Field, Fields, FormPrompt, Request, Shell};
use crate::theme::Tone;

const CATEGORY: &str = "category";
const TAGS: &str = "tags";
const STYLES: &str = "styles";
const STANDING: &str = "standing";
const REASON: &str = "reason";
const STANDINGS: [&str; 3] = [
    Standing::Pinned.as_str(),
    Standing::Normal.as_str(),
    Standing::Buried.as_str(),
];

#[derive(Debug, Clone, PartialEq)]
pub struct SetLabels(pub Product, pub Labels);

impl Request for SetLabels {
    type Owner = Catalogue;
    type Output = Labels;

    async fn send(&self, client: &Client) -> Reply<Labels> {
        client.set_labels(self.0, &self.1).await
    }

    fn answered(self, catalogue: &mut Catalogue, reply: Reply<Labels>, cx: &mut Shell) {
        match reply {
            Ok(_) => {
                cx.say(Tone::Good, "The labels are replaced");
                catalogue.changed();
            }
            Err(e) => cx.say(Tone::Bad, format!("Not labelled: {e}")),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Stand(pub Product, pub SetStanding);

impl Request for Stand {
    type Owner = Catalogue;
    type Output = Entry;

    async fn send(&self, client: &Client) -> Reply<Entry> {
        client.set_standing(self.0, &self.1).await
    }

    fn answered(self, catalogue: &mut Catalogue, reply: Reply<Entry>, cx: &mut Shell) {
        match reply {
            Ok(entry) => {
                cx.say(Tone::Good, format!("{} is {} now", entry.title, entry.standing));
                catalogue.changed();
            }
            Err(e) => cx.say(Tone::Bad, format!("It keeps its place: {e}")),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct WithdrawItem(pub Product, pub Withdraw);

impl Request for WithdrawItem {
    type Owner = Catalogue;
    type Output = Withdrawn;

    async fn send(&self, client: &Client) -> Reply<Withdrawn> {
        client.withdraw(self.0, &self.1).await
    }

    fn answered(self, catalogue: &mut Catalogue, reply: Reply<Withdrawn>, cx: &mut Shell) {
        match reply {
            Ok(_) => {
                cx.say(Tone::Good, "The item is withdrawn");
                catalogue.found.remove(&self.0.id, cx.clock.utc);
                catalogue.changed();
            }
            Err(e) => cx.say(Tone::Bad, format!("Not withdrawn: {e}")),
        }
    }
}

impl Catalogue {
    /// The item under the cursor with its entry, if something may be changed about it.
    fn writable(&self, cx: &mut Shell) -> Option<Entry> {
        let Some(entry) = self.entry().cloned() else {
            cx.say(Tone::Dim, "No item");
            return None;
        };
        if !cx.may_write(Role::Operator) {
            cx.refuse_typing();
            return None;
        }
        Some(entry)
    }

    pub fn ask_labels(&mut self, cx: &mut Shell) {
        let Some(entry) = self.writable(cx) else { return };
        let product = entry.kind.with(entry.id);
        let submit = move |_: &mut Self, fields: &mut Fields, cx: &mut Shell| {
            let category = fields.read(CATEGORY, |typed| parse_optional(typed, |slug| Ok(slug.to_owned())));
            let tags = fields.read(TAGS, |typed| parse_labels(typed, Labels::MAX_TAGS));
            let styles = fields.read(STYLES, |typed| parse_labels(typed, Labels::MAX_STYLES));
            let labels = Labels {
                category: category?,
                tags: tags?,
                styles: styles?,
            };
            cx.write(SetLabels(product, labels));
            cx.say(Tone::Dim, "Labelling …");
            Some(())
        };
        let labels = entry.labels;
        let fields = vec![
            Field::text(CATEGORY, "category", labels.category.as_deref().unwrap_or_default())
                .with_empty("that of its set")
                .with_note("a slug"),
            Field::text(TAGS, "tags", &joined(&labels.tags)).with_note("with commas between"),
            Field::text(STYLES, "styles", &joined(&labels.styles)).with_note("at most 5"),
        ];
        cx.ask(FormPrompt::new("Labels of the item", fields, submit));
    }

    pub fn ask_standing(&mut self, cx: &mut Shell) {
        let Some(entry) = self.writable(cx) else { return };
        let product = entry.kind.with(entry.id);
        let submit = move |_: &mut Self, fields: &mut Fields, cx: &mut Shell| {
            let standing = fields.read(STANDING, |typed| {
                typed.parse::<Standing>().map_err(|_| "choose one".to_owned())
            });
            let reason = fields.read(REASON, Text::parse);
            let wish = SetStanding {
                standing: standing?,
                reason: reason?,
            };
            cx.write(Stand(product, wish));
            cx.say(Tone::Dim, "Placing …");
            Some(())
        };
        let fields = vec![
            Field::choice(STANDING, "place", &STANDINGS, entry.standing.as_str()),
            Field::text(REASON, "reason", "").with_note("recorded in the audit log"),
        ];
        cx.ask(FormPrompt::new("Pin or bury the item", fields, submit));
    }

    pub fn ask_withdrawal(&mut self, cx: &mut Shell) {
        let Some(entry) = self.writable(cx) else { return };
        let (product, title) = (entry.kind.with(entry.id), entry.title);
        let submit = move |_: &mut Self, fields: &mut Fields, cx: &mut Shell| {
            let reason = fields.read(REASON, Text::parse)?;
            let question = format!("Withdraw {title}? Nobody finds it any more; who bought it keeps it.");
            cx.ask(Confirm::new(question, move |_: &mut Self, cx| {
                if cx.may_write(Role::Operator) {
                    cx.write(WithdrawItem(product, Withdraw { reason }));
                    cx.say(Tone::Dim, "Withdrawing …");
                }
            }));
            Some(())
        };
        let fields = vec![Field::text(REASON, "reason", "").with_note("recorded in the audit log")];
        cx.ask(FormPrompt::new("Withdraw the item", fields, submit));
    }
}

fn joined(labels: &[Text<40>]) -> String {
    labels.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
}

/// Labels with commas between.
pub fn parse_labels(typed: &str, most: usize) -> Result<Vec<Text<40>>, String> {
    let labels = typed
        .split(',')
        .filter(|label| !label.trim().is_empty())
        .map(Text::parse);
    let labels = labels
        .collect::<Result<Vec<_>, _>>()
        .map_err(|why| format!("each {why}"))?;
    match labels.len() <= most {
        true => Ok(labels),
        false => Err(format!("enter at most {most}")),
    }
}
