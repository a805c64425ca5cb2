//! Checks what an operator asks for, and says it in words.

use sqlx::PgPool;
use tradepost_common::campaigns::{NewCampaign, Scope};
use tradepost_common::catalog::Kind;
use tradepost_common::text::Text;
use tradepost_render::presets::Preset;

use super::queries;
use crate::error::{ApiError, ApiResult};
use crate::operations;

/// The most items of a canary.
const MAX_CANARY: u32 = 1_000;
/// Positions in a plan are 32 bits wide.
const MAX_ITEMS: u64 = 2_000_000_000;

/// Refuses a campaign that can not be planned, with every fault at once.
pub async fn new_campaign(db: &PgPool, presets: &[Preset], new: &NewCampaign) -> ApiResult<()> {
    let Scope {
        kinds,
        family,
        account,
        limit,
        ..
    } = &new.scope;
    let bound = new.auto.map_or(0.0, |auto| auto.min_psnr_db);
    let has_reason = Text::<500>::parse(&new.reason).is_ok();
    let mut checks = vec![
        (
            "scope.limit",
            (1..=MAX_ITEMS).contains(&limit.unwrap_or(1)),
            format!("must be between 1 and {MAX_ITEMS}"),
        ),
        (
            "canary",
            new.canary <= MAX_CANARY,
            format!("must be at most {MAX_CANARY}"),
        ),
        (
            "auto.min_psnr_db",
            (0.0..=100.0).contains(&bound),
            "must be between 0 and 100".to_owned(),
        ),
        ("rate_per_second", is_rate(new.rate_per_second), BAD_RATE.to_owned()),
        (
            "stop_at_percent",
            new.stop_at_percent <= 100,
            "must be at most 100".to_owned(),
        ),
        ("reason", has_reason, "must have 1 to 500 characters".to_owned()),
    ];
    for kind in kinds {
        let known = Kind::ALL.map(Kind::as_str);
        let message = format!(
            "{:?} is not a kind of item; there are {}",
            shorten(kind),
            known.join(", ")
        );
        checks.push(("scope.kinds", known.contains(&kind.as_str()), message));
    }
    for name in &new.scope.presets {
        let is_known = presets.iter().any(|preset| preset.name == *name);
        checks.push((
            "scope.presets",
            is_known,
            format!("there is no preset {:?}", shorten(name)),
        ));
    }
    if let Some(name) = family {
        let is_known = queries::family(db, name).await?.is_some();
        let message = format!("there is no family {:?}: give its id, or account/slug", shorten(name));
        checks.push(("scope.family", is_known, message));
    }
    if let Some(name) = account {
        let is_known = queries::account(db, name).await?.is_some();
        checks.push((
            "scope.account",
            is_known,
            format!("there is no account {:?}", shorten(name)),
        ));
    }
    ApiError::unless_all(checks)
}

/// The fault of a rate.
pub const BAD_RATE: &str = "must be between 1 and 100,000 items a second, or null for no limit";

/// A rate that a campaign may have; `None`: unlimited.
pub fn is_rate(rate: Option<u32>) -> bool {
    rate.is_none_or(operations::service::is_rate)
}

/// A scope as a person reads it: `stale icons of acme/arrows, presets png-64, webp-64`.
pub fn describe(scope: &Scope) -> String {
    let mut text = String::new();
    if let Some(limit) = scope.limit {
        text += &format!("at most {limit} ");
    }
    text += if scope.only_stale { "stale " } else { "all " };
    text += &match scope.kinds.as_slice() {
        [] => "items".to_owned(),
        kinds => kinds.iter().map(|kind| plural(kind)).collect::<Vec<_>>().join(", "),
    };
    match (&scope.family, &scope.account) {
        (Some(family), _) => text += &format!(" of {family}"),
        (None, Some(account)) => text += &format!(" of {account}"),
        (None, None) => {}
    }
    if !scope.presets.is_empty() {
        text += &format!(", presets {}", scope.presets.join(", "));
    }
    text
}

fn plural(kind: &str) -> String {
    match kind {
        "audio" => "sounds".to_owned(),
        kind => format!("{kind}s"),
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_reads_as_a_sentence() {
        assert_eq!(describe(&Scope::default()), "stale items");
        let scope = Scope {
            kinds: vec!["icon".to_owned(), "audio".to_owned()],
            family: Some("acme/arrows".to_owned()),
            only_stale: false,
            presets: vec!["png-64".to_owned()],
            limit: Some(5),
            ..Scope::default()
        };
        assert_eq!(
            describe(&scope),
            "at most 5 all icons, sounds of acme/arrows, presets png-64"
        );
    }
}
