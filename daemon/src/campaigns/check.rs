//! What an operator asks for: checked, and said in words.

use sqlx::PgPool;
use tradepost_common::campaigns::{NewCampaign, Scope};
use tradepost_common::problem::Fault;
use tradepost_render::presets::Preset;

use super::queries;
use crate::error::{ApiError, ApiResult};

/// The kinds of items there are.
const KINDS: [&str; 5] = ["icon", "illustration", "model", "texture", "audio"];
/// The most items of a canary.
const MAX_CANARY: u32 = 1_000;
/// Positions in a plan are 32 bits wide.
const MAX_ITEMS: u64 = 2_000_000_000;

/// Whether a campaign can be planned; every fault at once.
pub async fn new_campaign(db: &PgPool, presets: &[Preset], new: &NewCampaign) -> ApiResult<()> {
    let mut faults = Vec::new();
    let mut require = |ok: bool, at: &str, message: String| {
        if !ok {
            faults.push(Fault {
                at: at.to_owned(),
                message,
            });
        }
    };
    let scope = &new.scope;
    for kind in &scope.kinds {
        let known = KINDS.contains(&kind.as_str());
        let message = format!("{:?} is no kind of item; there are {}", shorten(kind), KINDS.join(", "));
        require(known, "scope.kinds", message);
    }
    for name in &scope.presets {
        let known = presets.iter().any(|preset| preset.name == *name);
        require(
            known,
            "scope.presets",
            format!("there is no preset {:?}", shorten(name)),
        );
    }
    let limit = scope.limit.unwrap_or(1);
    require(
        (1..=MAX_ITEMS).contains(&limit),
        "scope.limit",
        format!("must be between 1 and {MAX_ITEMS}"),
    );
    require(
        new.canary <= MAX_CANARY,
        "canary",
        format!("must be at most {MAX_CANARY}"),
    );
    let bound = new.auto.map_or(0.0, |auto| auto.min_psnr_db);
    require(
        (0.0..=100.0).contains(&bound),
        "auto.min_psnr_db",
        "must be between 0 and 100".to_owned(),
    );
    require(is_rate(new.rate_per_second), "rate_per_second", BAD_RATE.to_owned());
    require(
        new.stop_at_percent <= 100,
        "stop_at_percent",
        "must be at most 100".to_owned(),
    );
    let length = new.reason.trim().chars().count();
    let is_plain = !new.reason.contains('\0');
    require(
        (1..=500).contains(&length) && is_plain,
        "reason",
        "must say why in 1 to 500 characters".to_owned(),
    );
    if let Some(name) = &scope.family {
        let known = !name.contains('\0') && queries::family(db, name).await?.is_some();
        let message = format!("there is no family {:?}: give its id, or account/slug", shorten(name));
        require(known, "scope.family", message);
    }
    if let Some(name) = &scope.account {
        let known = !name.contains('\0') && queries::account(db, name).await?.is_some();
        require(
            known,
            "scope.account",
            format!("there is no account {:?}", shorten(name)),
        );
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(ApiError::Invalid(faults))
    }
}

/// What a rate must be.
pub const BAD_RATE: &str = "must be between 1 and 100,000 items a second, or null for no limit";

/// Whether this can be a rate.
pub fn is_rate(rate: Option<u32>) -> bool {
    rate.is_none_or(|rate| (1..=100_000).contains(&rate))
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
