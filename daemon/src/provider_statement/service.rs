use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tradepost_ledger::{Entry, LedgerAccount, Posting, post};

use super::queries;
use crate::app::App;
use crate::books;
use crate::payments::service as payments;
use crate::stripe::{Movement, Stripe};

/// Read again each time: movements appear a little after the time they carry.
const OVERLAP: Duration = Duration::minutes(10);
/// Read at once, so that other chores do not wait for a long statement.
const WINDOW: Duration = Duration::DAY;

/// Reads the part of the statement that is due. Every movement is booked once, however often it is read.
pub async fn read_due(app: &App) -> anyhow::Result<()> {
    let Some(stripe) = &app.stripe else { return Ok(()) };
    let seconds = i32::try_from(app.config.payments.statement_seconds)?;
    let now = OffsetDateTime::now_utc();
    let mut connection = app.db.acquire().await?;
    let Some(from) = queries::due_from(&mut connection, seconds).await? else {
        return Ok(());
    };
    drop(connection);
    let to = now.min(from + WINDOW);
    let (read_to, read_at) = match read(app, stripe, from - OVERLAP, to).await {
        Ok(()) => (to, (to == now).then_some(now)),
        Err(error) => {
            tracing::warn!(error = format!("{error:#}"), "could not read the provider's statement");
            (from, Some(now))
        }
    };
    queries::set_read(&mut *app.db.acquire().await?, read_to, read_at).await?;
    Ok(())
}

/// The newest movements come first: the statement counts as read only when the last page is booked.
async fn read(app: &App, stripe: &Stripe, from: OffsetDateTime, to: OffsetDateTime) -> anyhow::Result<()> {
    let times = (from.unix_timestamp(), to.unix_timestamp());
    let mut after: Option<String> = None;
    loop {
        let page = stripe.movements(times, after.as_deref()).await?;
        for movement in &page.data {
            record(app, movement).await?;
        }
        after = page.data.last().map(|movement| movement.id.clone());
        if !page.has_more || after.is_none() {
            return Ok(());
        }
    }
}

async fn record(app: &App, movement: &Movement) -> anyhow::Result<()> {
    let currency = movement.currency.to_ascii_uppercase();
    let mut tx = app.db.begin().await?;
    if !queries::insert(&mut tx, movement, &currency).await? {
        return Ok(());
    }
    let booking = Booking::from_movement(movement);
    if let Booking::Unknown = booking {
        let expected = "a kind of movement that the books know";
        let found = format!("{} of {} {currency}", movement.reporting_category, movement.amount);
        payments::differs(app, ("statement", &movement.id), expected, &found).await?;
    }
    if let Some(posting) = booking.parts(movement) {
        let key = format!("provider:{}", movement.id);
        let entries = entries(&mut tx, &currency, &key, posting).await?;
        let posting = Posting {
            key: &key,
            kind: "provider",
            entries: &entries,
        };
        let posted = post(&mut tx, &posting).await?;
        queries::set_booked(&mut tx, &movement.id, posted.id()).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The part of a movement that our own payments, refunds and disputes do not book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Booking {
    /// Its fee, if it has one.
    Fee,
    /// The whole of it is a cost.
    Cost,
    /// The whole of it went to the bank, or came from there.
    Bank,
    Unknown,
}

impl Booking {
    /// By <https://docs.stripe.com/reports/reporting-categories>. What was converted has another currency than its payment.
    fn from_movement(movement: &Movement) -> Self {
        match movement.reporting_category.as_str() {
            _ if movement.exchange_rate.is_some() => Self::Unknown,
            "charge" | "refund" | "refund_failure" | "dispute" | "dispute_reversal" | "charge_failure" => Self::Fee,
            "fee" | "tax" | "network_cost" | "contribution" => Self::Cost,
            "payout" | "payout_reversal" | "topup" | "topup_reversal" => Self::Bank,
            _ => Self::Unknown,
        }
    }

    /// The parts that leave the provider's account: to the bank, and as a cost. `None`: nothing.
    fn parts(self, movement: &Movement) -> Option<Parts> {
        let parts = match self {
            Self::Fee => Parts {
                bank: 0,
                cost: movement.fee,
            },
            Self::Cost => Parts {
                bank: 0,
                cost: movement.fee - movement.amount,
            },
            Self::Bank => Parts {
                bank: -movement.amount,
                cost: movement.fee,
            },
            Self::Unknown => return None,
        };
        (parts != Parts::default()).then_some(parts)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Parts {
    bank: i64,
    cost: i64,
}

async fn entries(tx: &mut PgConnection, currency: &str, key: &str, parts: Parts) -> sqlx::Result<Vec<Entry>> {
    let entry = |account: LedgerAccount, amount: i64| Entry { account, amount };
    let mut entries = vec![entry(
        books::provider(&mut *tx, currency, key).await?,
        parts.bank + parts.cost,
    )];
    if parts.bank != 0 {
        entries.push(entry(books::bank(&mut *tx, currency, key).await?, -parts.bank));
    }
    if parts.cost != 0 {
        entries.push(entry(books::provider_fees(&mut *tx, currency, key).await?, -parts.cost));
    }
    entries.retain(|entry| entry.amount != 0);
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn movement(category: &str, amount: i64, fee: i64) -> Movement {
        Movement {
            id: "txn_1".to_owned(),
            reporting_category: category.to_owned(),
            currency: "eur".to_owned(),
            amount,
            fee,
            created: 0,
            exchange_rate: None,
        }
    }

    #[test]
    fn each_kind_of_movement_leaves_what_our_payments_do_not_book() {
        let parts = |category, amount, fee| {
            let movement = movement(category, amount, fee);
            let parts = Booking::from_movement(&movement).parts(&movement);
            parts.map(|parts| (parts.bank, parts.cost))
        };
        assert_eq!(parts("charge", 1_000, 39), Some((0, 39)));
        assert_eq!(parts("charge", 1_000, 0), None);
        assert_eq!(parts("refund", -1_000, -10), Some((0, -10)), "a fee that is given back");
        assert_eq!(parts("fee", -200, 0), Some((0, 200)));
        assert_eq!(parts("payout", -5_000, 0), Some((5_000, 0)));
        assert_eq!(parts("payout_reversal", 5_000, 0), Some((-5_000, 0)));
        assert_eq!(parts("payout", -5_000, 25), Some((5_000, 25)));
        assert_eq!(parts("issuing_transaction", -5_000, 0), None);
    }

    #[test]
    fn converted_movements_are_for_an_operator() {
        let converted = Movement {
            exchange_rate: Some(1.08),
            ..movement("charge", 1_000, 39)
        };
        assert_eq!(Booking::from_movement(&converted), Booking::Unknown);
    }
}
