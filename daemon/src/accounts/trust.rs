//! Trust levels of contributors and the rules that move them (`[review.trust]`). Every move leaves a row with its reason.
//!
//! - *new* becomes *trusted* after a few published packs in a row, when no rejection is recent;
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
}

/// The level after a publication, and the reason in words. `None`: unchanged.
pub fn after_publication(trust: Trust, facts: Facts, rules: &TrustConfig) -> Option<(Trust, String)> {
    match trust {
        Trust::New if missing_for_trusted(facts, rules) == 0 && days_to_wait(facts, rules) == 0 => {
            let why = format!("{} packs in a row were published", facts.published_in_a_row);
            Some((Trust::Trusted, why))
        }
        Trust::Trusted if missing_for_elite(facts, rules) == 0 && is_rarely_rejected(facts, rules) => {
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
    let packs = |count: i64| if count == 1 { "pack makes" } else { "packs make" };
    match trust {
        Trust::New => match (missing_for_trusted(facts, rules), days_to_wait(facts, rules)) {
            (0, 0) => "the next published pack makes it trusted".to_owned(),
            (0, days) => format!("a pack published in {days} days or later makes it trusted"),
            (count, 0) => format!("{count} more published {} it trusted", packs(count)),
            (count, days) => {
                format!(
                    "{count} more published {} it trusted, in {days} days at the earliest",
                    packs(count)
                )
            }
        },
        Trust::Trusted => match missing_for_elite(facts, rules) {
            0 if is_rarely_rejected(facts, rules) => "the next published pack makes it elite".to_owned(),
            0 => format!(
                "{} of {} packs were rejected: elite needs less than {} %",
                facts.rejected,
                facts.rejected + facts.published,
                rules.elite_below_percent
            ),
            count => format!(
                "{count} more published {} it elite; a rejection makes it {}",
                packs(count),
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

fn missing_for_trusted(facts: Facts, rules: &TrustConfig) -> i64 {
    (i64::from(rules.trusted_after) - facts.published_in_a_row).max(0)
}

fn missing_for_elite(facts: Facts, rules: &TrustConfig) -> i64 {
    (i64::from(rules.elite_after) - facts.published).max(0)
}

fn days_to_wait(facts: Facts, rules: &TrustConfig) -> i64 {
    let wait = |days: i64| (i64::from(rules.trusted_after_days) - days).max(0);
    facts.days_since_rejection.map_or(0, wait)
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
