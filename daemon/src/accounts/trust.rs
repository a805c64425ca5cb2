//! Trust levels of contributors and the rules that move them (`[review.trust]`). Every move leaves a row with its reason.
//!
//! - *new* becomes *trusted* after a few published packs in a row with enough files, when the account is old enough and no
//!   rejection is recent;
//! - *trusted* becomes *elite* after many, when hardly any of its packs were rejected;
//! - a rejection costs a level; malware, active content and a ban cost all of them.

use sqlx::PgConnection;
use tradepost_common::ids::AccountId;
use tradepost_common::review::Trust;
use uuid::Uuid;

use super::queries;
use crate::config::TrustConfig;

/// The facts about a contributor that the rules use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    pub published: i64,
    /// Since the last rejection.
    pub published_in_a_row: i64,
    /// By moderators, and not taken back.
    pub rejected: i64,
    pub days_since_rejection: Option<i64>,
    /// Published.
    pub files: i64,
    pub account_days: i64,
}

/// Requirements of a level that are not met yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Missing {
    packs: i64,
    files: i64,
    days: i64,
}

impl Missing {
    const NOTHING: Self = Self {
        packs: 0,
        files: 0,
        days: 0,
    };

    fn for_trusted(facts: Facts, rules: &TrustConfig) -> Self {
        let since_rejection = facts
            .days_since_rejection
            .map_or(0, |days| less(rules.trusted_after_days, days));
        Self {
            packs: less(rules.trusted_after, facts.published_in_a_row),
            files: less(rules.trusted_files, facts.files),
            days: since_rejection.max(less(rules.trusted_account_days, facts.account_days)),
        }
    }

    fn for_elite(facts: Facts, rules: &TrustConfig) -> Self {
        Self {
            packs: less(rules.elite_after, facts.published),
            files: less(rules.elite_files, facts.files),
            days: less(rules.elite_account_days, facts.account_days),
        }
    }

    /// As a sentence: `2 more published packs make it trusted, with 15 more files, in 10 days at the earliest`.
    fn describe(self, level: Trust) -> String {
        let level = level.as_str();
        let mut text = match (self.packs, self.days) {
            (0, 0) => format!("the next published pack makes it {level}"),
            (0, days) => format!("a pack published in {} or later makes it {level}", counted(days, "day")),
            (1, _) => format!("1 more published pack makes it {level}"),
            (packs, _) => format!("{packs} more published packs make it {level}"),
        };
        if self.files > 0 {
            text += &format!(", with {}", counted(self.files, "more file"));
        }
        if self.packs > 0 && self.days > 0 {
            text += &format!(", in {} at the earliest", counted(self.days, "day"));
        }
        text
    }
}

fn counted(count: i64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn less(wanted: u32, there: i64) -> i64 {
    (i64::from(wanted) - there).max(0)
}

/// The level after a publication, and the reason in words. `None`: unchanged.
pub fn after_publication(trust: Trust, facts: Facts, rules: &TrustConfig) -> Option<(Trust, String)> {
    match trust {
        Trust::New if Missing::for_trusted(facts, rules) == Missing::NOTHING => {
            let why = format!("{} packs in a row were published", facts.published_in_a_row);
            Some((Trust::Trusted, why))
        }
        Trust::Trusted if Missing::for_elite(facts, rules) == Missing::NOTHING && is_rarely_rejected(facts, rules) => {
            let why = format!("{} packs were published, {} rejected", facts.published, facts.rejected);
            Some((Trust::Elite, why))
        }
        _ => None,
    }
}

/// The level after a rejection.
pub fn after_rejection(trust: Trust, rules: &TrustConfig) -> Trust {
    moved(trust, -i32::from(rules.rejection_costs))
}

/// The level after a move was undone, whatever moved the trust since.
pub fn taken_back(now: Trust, before: Trust, after: Trust) -> Trust {
    moved(now, before as i32 - after as i32)
}

/// Describes the next move of the trust, for a moderator.
pub fn next_move(trust: Trust, facts: Facts, rules: &TrustConfig) -> String {
    match trust {
        Trust::New => Missing::for_trusted(facts, rules).describe(Trust::Trusted),
        Trust::Trusted => match Missing::for_elite(facts, rules) {
            Missing::NOTHING if !is_rarely_rejected(facts, rules) => format!(
                "{} of {} packs were rejected: elite needs less than {} %",
                facts.rejected,
                facts.rejected + facts.published,
                rules.elite_below_percent
            ),
            Missing::NOTHING => Missing::NOTHING.describe(Trust::Elite),
            missing => format!(
                "{}; a rejection makes it {}",
                missing.describe(Trust::Elite),
                after_rejection(trust, rules).as_str()
            ),
        },
        Trust::Elite => format!("a rejection makes it {}", after_rejection(trust, rules).as_str()),
    }
}

/// Moves an account and writes down why. The caller holds its lock. Answers with where it is now.
pub async fn set(
    tx: &mut PgConnection,
    account: AccountId,
    (before, after): (Trust, Trust),
    reason: &str,
    decision: Option<Uuid>,
) -> sqlx::Result<Trust> {
    if before != after {
        queries::set_trust(&mut *tx, account, after).await?;
        queries::insert_trust_change(tx, account, (before, after), reason, decision).await?;
    }
    Ok(after)
}

fn is_rarely_rejected(facts: Facts, rules: &TrustConfig) -> bool {
    let decided = facts.published + facts.rejected;
    facts.rejected == 0 || (facts.rejected as f64) * 100.0 < rules.elite_below_percent * decided as f64
}

fn moved(trust: Trust, by: i32) -> Trust {
    match trust as i32 + by {
        ..=0 => Trust::New,
        1 => Trust::Trusted,
        2.. => Trust::Elite,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(published: i64, in_a_row: i64, rejected: i64, days: Option<i64>) -> Facts {
        Facts {
            published,
            published_in_a_row: in_a_row,
            rejected,
            days_since_rejection: days,
            files: 1_000,
            account_days: 1_000,
        }
    }

    fn level(trust: Trust, facts: Facts) -> Option<Trust> {
        after_publication(trust, facts, &TrustConfig::default()).map(|(trust, _)| trust)
    }

    #[test]
    fn three_packs_in_a_row_without_a_recent_rejection_make_a_contributor_trusted() {
        assert_eq!(level(Trust::New, facts(2, 2, 0, None)), None);
        assert_eq!(level(Trust::New, facts(3, 3, 0, None)), Some(Trust::Trusted));
        assert_eq!(level(Trust::New, facts(9, 2, 1, Some(200))), None);
        assert_eq!(level(Trust::New, facts(9, 3, 1, Some(89))), None);
        assert_eq!(level(Trust::New, facts(9, 3, 1, Some(90))), Some(Trust::Trusted));
    }

    #[test]
    fn a_young_account_and_few_files_are_not_trusted_however_many_packs_there_are() {
        let young = Facts {
            account_days: 13,
            ..facts(9, 9, 0, None)
        };
        let few = Facts {
            files: 19,
            ..facts(9, 9, 0, None)
        };
        let both = Facts { files: 19, ..young };
        for refused in [young, few, both] {
            assert_eq!(level(Trust::New, refused), None);
        }
        let elite = facts(99, 99, 0, None);
        assert_eq!(
            level(
                Trust::Trusted,
                Facts {
                    account_days: 89,
                    ..elite
                }
            ),
            None
        );
        assert_eq!(level(Trust::Trusted, Facts { files: 249, ..elite }), None);
        let next = |facts| next_move(Trust::New, facts, &TrustConfig::default());
        assert_eq!(next(young), "a pack published in 1 day or later makes it trusted");
        assert_eq!(next(few), "the next published pack makes it trusted, with 1 more file");
        let fresh = Facts {
            files: 5,
            account_days: 4,
            ..facts(1, 1, 0, None)
        };
        assert_eq!(
            next(fresh),
            "2 more published packs make it trusted, with 15 more files, in 10 days at the earliest"
        );
    }

    #[test]
    fn many_packs_and_hardly_a_rejection_make_a_contributor_elite() {
        assert_eq!(level(Trust::Trusted, facts(24, 24, 0, None)), None);
        assert_eq!(level(Trust::Trusted, facts(25, 25, 0, None)), Some(Trust::Elite));
        assert_eq!(
            level(Trust::Trusted, facts(49, 25, 1, Some(300))),
            None,
            "2 % is too much"
        );
        assert_eq!(level(Trust::Trusted, facts(50, 25, 1, Some(300))), Some(Trust::Elite));
        assert_eq!(level(Trust::Elite, facts(99, 99, 0, None)), None);
    }

    #[test]
    fn rejection_costs_a_level_and_taking_moves_back_in_any_order_ends_where_it_began() {
        let rules = TrustConfig::default();
        let first = after_rejection(Trust::Elite, &rules);
        let second = after_rejection(first, &rules);
        assert_eq!((first, second), (Trust::Trusted, Trust::New));
        assert_eq!(after_rejection(Trust::New, &rules), Trust::New);
        let older_first = taken_back(second, Trust::Elite, first);
        assert_eq!(taken_back(older_first, first, second), Trust::Elite);
        let newer_first = taken_back(second, first, second);
        assert_eq!(taken_back(newer_first, Trust::Elite, first), Trust::Elite);
    }

    #[test]
    fn moderator_reads_what_moves_it_next() {
        let rules = TrustConfig::default();
        let next = |trust, facts| next_move(trust, facts, &rules);
        assert_eq!(
            next(Trust::New, facts(1, 1, 0, None)),
            "2 more published packs make it trusted"
        );
        assert_eq!(
            next(Trust::New, facts(4, 3, 1, Some(80))),
            "a pack published in 10 days or later makes it trusted"
        );
        assert_eq!(
            next(Trust::Trusted, facts(24, 24, 0, None)),
            "1 more published pack makes it elite; a rejection makes it new"
        );
        assert_eq!(
            next(Trust::Elite, facts(99, 9, 0, None)),
            "a rejection makes it trusted"
        );
    }
}
