//! Planning a campaign from the list, in a form. Enter plans and draws nothing.

use tradepost_common::campaigns::{Auto, Campaign, NewCampaign, Scope, default_canary, default_stop_at_percent};
use tradepost_common::catalog::Kind;
use tradepost_common::overview::Role;

use super::{Campaigns, list_page};
use crate::client::{Client, Failure, MAX_RATE, Reply};
use crate::input::{parse_number, parse_optional};
use crate::shell::{Field, Fields, FormPrompt, Request, Shell};
use crate::theme::Tone;

/// Items of a canary at most.
pub const MAX_CANARY: u32 = 1_000;
/// Items of a campaign at most.
const MAX_ITEMS: u32 = 2_000_000_000;

// Fields as the daemon calls them in its faults.
const REASON: &str = "reason";
const KINDS: &str = "scope.kinds";
const PRESETS: &str = "scope.presets";
const FAMILY: &str = "scope.family";
const ACCOUNT: &str = "scope.account";
const STALE: &str = "scope.only_stale";
const LIMIT: &str = "scope.limit";
const CANARY: &str = "canary";
const AUTO: &str = "auto.min_psnr_db";
const RATE: &str = "rate_per_second";
const STOP_AT: &str = "stop_at_percent";

static WHICH: [&str; 2] = ["stale ones", "all"];

impl Campaigns {
    pub fn ask_plan(&mut self, cx: &mut Shell) {
        if !cx.may_write(Role::Operator) {
            return cx.refuse_typing();
        }
        cx.ask(form(&NewCampaign {
            scope: Scope::default(),
            canary: default_canary(),
            auto: None,
            rate_per_second: None,
            stop_at_percent: default_stop_at_percent(),
            reason: String::new(),
        }));
    }
}

fn form(new: &NewCampaign) -> FormPrompt<Campaigns> {
    let submit = |_: &mut Campaigns, fields: &mut Fields, cx: &mut Shell| {
        let new = read(fields)?;
        cx.may_write(Role::Operator).then(|| {
            cx.write(PlanCampaign(new));
            cx.say(Tone::Dim, "Planning …");
        })
    };
    FormPrompt::new("Plan a campaign (renders nothing)", fields(new), submit)
        .with_hint("Tab Shift-Tab ↑ ↓ fields · Enter plan · Esc cancel")
        .with_cancelled("Nothing was planned")
}

fn fields(new: &NewCampaign) -> Vec<Field> {
    let scope = &new.scope;
    let number = |n: Option<u64>| n.map_or(String::new(), |n| n.to_string());
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let auto = new.auto.map_or(String::new(), |auto| auto.min_psnr_db.to_string());
    let which = WHICH[usize::from(!scope.only_stale)];
    vec![
        Field::text(REASON, "reason", &new.reason).with_note("recorded in the audit log"),
        Field::text(KINDS, "kinds", &scope.kinds.join(" "))
            .with_empty("all")
            .with_note(format!("names: {} {}", Kind::Icon, Kind::Model)),
        Field::text(PRESETS, "presets", &scope.presets.join(" "))
            .with_empty("all")
            .with_note("names: png-64 webp-512"),
        Field::text(FAMILY, "family", &text(&scope.family))
            .with_empty("any")
            .with_note("id, or account/slug"),
        Field::text(ACCOUNT, "account", &text(&scope.account))
            .with_empty("any")
            .with_note("name of a contributor"),
        Field::choice(STALE, "items", &WHICH, which).with_note("← → stale: not of today's presets"),
        Field::text(LIMIT, "at most", &number(scope.limit))
            .with_empty("no limit")
            .with_note("items"),
        Field::text(CANARY, "canary", &new.canary.to_string()).with_note("items first, 0 to 1,000; 0: none"),
        Field::text(AUTO, "auto", &auto)
            .with_empty("review")
            .with_note("PSNR in dB that needs no review"),
        Field::text(RATE, "rate", &number(new.rate_per_second.map(u64::from)))
            .with_empty("no limit")
            .with_note("items a second, 1 to 100,000"),
        Field::text(STOP_AT, "stop at", &new.stop_at_percent.to_string()).with_note("% that failed; 100: never"),
    ]
}

/// The campaign that was typed, unless a field is wrong.
fn read(fields: &mut Fields) -> Option<NewCampaign> {
    let some_text = |typed: &str| parse_optional(typed, |typed| Ok(typed.to_owned()));
    let some_number = |most: u32| move |typed: &str| parse_optional(typed, |typed| parse_number(typed, 1..=most));
    let reason = fields.read(REASON, parse_reason);
    let kinds = fields.read(KINDS, parse_kinds);
    let presets = fields.read(PRESETS, |typed| Ok(words(typed)));
    let family = fields.read(FAMILY, some_text);
    let account = fields.read(ACCOUNT, some_text);
    let only_stale = fields.read(STALE, |chosen| Ok(chosen == WHICH[0]));
    let limit = fields.read(LIMIT, some_number(MAX_ITEMS));
    let canary = fields.read(CANARY, |typed| parse_number(typed, 0..=MAX_CANARY));
    let auto = fields.read(AUTO, |typed| parse_optional(typed, parse_decibels));
    let rate_per_second = fields.read(RATE, some_number(MAX_RATE));
    let stop_at_percent = fields.read(STOP_AT, |typed| parse_number(typed, 0..=100));
    Some(NewCampaign {
        scope: Scope {
            kinds: kinds?,
            family: family?,
            account: account?,
            only_stale: only_stale?,
            presets: presets?,
            limit: limit?.map(u64::from),
        },
        canary: canary?,
        auto: auto?.map(|min_psnr_db| Auto { min_psnr_db }),
        rate_per_second: rate_per_second?,
        stop_at_percent: stop_at_percent?,
        reason: reason?,
    })
}

/// The words of a list with spaces or commas between them.
fn words(typed: &str) -> Vec<String> {
    let words = typed.split([' ', ',']).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn parse_kinds(typed: &str) -> Result<Vec<String>, String> {
    let kinds = words(typed);
    match kinds.iter().find(|kind| kind.parse::<Kind>().is_err()) {
        Some(unknown) => Err(format!("{unknown:?} is not a kind of item")),
        None => Ok(kinds),
    }
}

pub fn parse_decibels(typed: &str) -> Result<f64, String> {
    match typed.parse::<f64>() {
        Ok(db) if (0.0..=100.0).contains(&db) => Ok(db),
        _ => Err("enter a PSNR from 0 to 100 dB".to_owned()),
    }
}

pub fn parse_reason(typed: &str) -> Result<String, String> {
    let reason = typed.trim();
    match reason.chars().count() {
        1..=500 => Ok(reason.to_owned()),
        _ => Err("enter 1 to 500 characters".to_owned()),
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct PlanCampaign(pub NewCampaign);

impl Request for PlanCampaign {
    type Owner = Campaigns;
    type Output = Campaign;

    async fn send(&self, client: &Client) -> Reply<Campaign> {
        client.plan_campaign(&self.0).await
    }

    fn answered(self, campaigns: &mut Campaigns, reply: Reply<Campaign>, cx: &mut Shell) {
        // The operator may have gone on meanwhile.
        let waits = cx.prompt.is_none() && cx.page == list_page();
        match reply {
            Ok(campaign) => {
                cx.say(
                    Tone::Good,
                    "Planned. Nothing is rendered yet: read the estimate, then R starts it",
                );
                campaigns.reading.again(cx);
                if waits {
                    campaigns.show(campaign, Some(cx.clock.instant), cx);
                }
            }
            Err(e) => {
                cx.say(Tone::Bad, format!("NOT planned: {e}"));
                // Nothing that was typed is lost.
                if waits {
                    cx.ask(form(&self.0).with_faults(faults(&e)));
                }
            }
        }
    }
}

fn faults(failure: &Failure) -> impl Iterator<Item = (&str, &str)> {
    let faults = match failure {
        Failure::Problem(problem) => problem.faults.as_slice(),
        _ => &[],
    };
    faults.iter().map(|fault| (fault.at.as_str(), fault.message.as_str()))
}
