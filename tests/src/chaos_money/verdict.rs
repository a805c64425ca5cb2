//! Everything is counted: in our books, at the provider, and as the buyers saw it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use sqlx::PgPool;

use super::Options;
use super::buyer::{Ending, Seen};
use super::scene::Scene;
use crate::stripe::{Lines, Stripe};

/// Sums of the account of the provider, by the payment, refund or dispute that moved them.
const OUR_LINES: &str = "
    with lines as (
        select transaction.key, -sum(entry.amount)::bigint as amount
        from ledger_entries entry join ledger_transactions transaction on transaction.id = entry.transaction_id
            join ledger_accounts account on account.id = entry.account_id
        where account.name = 'assets:provider' group by transaction.key)
    select coalesce(payment.provider_id, refund.provider_id, dispute.provider_id, 'nobody knows ' || lines.key),
        sum(lines.amount)::bigint
    from lines left join payments payment on lines.key = 'payment:' || payment.id
        left join refunds refund on lines.key = 'refund-paid:' || refund.id
        left join disputes dispute on lines.key in ('dispute:' || dispute.id, 'dispute-won:' || dispute.id)
    group by 1 having sum(lines.amount) <> 0";

/// Our movements of the provider's money, by the provider's ids.
pub async fn our_lines(db: &PgPool) -> sqlx::Result<Lines> {
    let rows: Vec<(String, i64)> = sqlx::query_as(OUR_LINES).fetch_all(db).await?;
    Ok(rows.into_iter().collect())
}

/// The counts.
pub struct Verdict {
    seen: usize,
    declined: u32,
    endings: BTreeMap<&'static str, usize>,
    lines: usize,
    /// Differences of the proof, and of the reconciler.
    drift: Vec<Value>,
    /// Lines that only the provider has; purchases that are not as their buyers saw them.
    lost: Vec<String>,
    /// Lines that only we have, or with another amount; buyers who own a set twice.
    doubled: Vec<String>,
    held: i64,
    open: i64,
    /// Dead letters whose worker was killed too often. The sweeps take over what they were for.
    killed: i64,
    /// All other dead letters.
    dead: i64,
    events: i64,
    deliveries: i64,
}

impl Verdict {
    pub async fn count(scene: &Scene, stripe: &Stripe, story: &[Seen]) -> anyhow::Result<Self> {
        let db = scene.database().await;
        let number = async |statement: &'static str| sqlx::query_scalar::<_, i64>(statement).fetch_one(&db).await;
        let (ours, theirs) = (our_lines(&db).await?, stripe.lines().await);
        let mut lost: Vec<_> = difference(&theirs, &ours);
        lost.extend(not_as_seen(&db, story).await?);
        let mut doubled: Vec<_> = difference(&ours, &theirs);
        let twice = "select account_id::text from entitlements where revoked_at is null group by account_id, kind, product_id, licence having count(*) > 1";
        doubled.extend(sqlx::query_scalar::<_, String>(twice).fetch_all(&db).await?);
        let ledger = scene.look("/v1/ledger").await;
        let payments = scene.look("/v1/payments").await;
        let whole = tradepost_ledger::proof::differences(&db).await?;
        let differences = [&ledger["proof"]["differences"], &payments["differences"]];
        let mut endings = BTreeMap::new();
        for seen in story {
            *endings.entry(name(seen.ending)).or_default() += 1;
        }
        let verdict = Self {
            seen: story.len(),
            declined: story.iter().map(|seen| seen.declined).sum(),
            endings,
            lines: theirs.len(),
            drift: differences
                .iter()
                .filter_map(|list| list.as_array())
                .flatten()
                .cloned()
                .chain(
                    whole
                        .iter()
                        .map(|difference| serde_json::Value::String(format!("{difference:?}"))),
                )
                .collect(),
            lost,
            doubled,
            held: number("select coalesce(sum(held), 0)::bigint from ledger_accounts").await?,
            open: number("select count(*) from orders where state in ('awaiting_payment', 'placed', 'disputed')")
                .await?
                + number("select count(*) from payments where state not in ('succeeded', 'canceled')").await?
                + number("select count(*) from refunds where state = 'pending'").await?,
            killed: number("select count(*) from dead_letters where error like '% workers were lost with it'").await?,
            dead: number("select count(*) from dead_letters where error not like '% workers were lost with it'")
                .await?,
            events: number("select count(*) from payment_events").await?,
            deliveries: number("select coalesce(sum(deliveries), 0)::bigint from payment_events").await?,
        };
        db.close().await;
        Ok(verdict)
    }

    pub fn is_good(&self, options: &Options) -> bool {
        self.seen == options.purchases as usize
            && self.drift.is_empty()
            && self.lost.is_empty()
            && self.doubled.is_empty()
            && [self.held, self.open, self.dead] == [0; 3]
    }

    pub fn print(&self, options: &Options, scene: &Scene, took: Duration) {
        let rows = [
            ("purchases", self.seen.to_string(), options.purchases.to_string()),
            ("declined first", self.declined.to_string(), String::new()),
            ("ended", format!("{:?}", self.endings), String::new()),
            (
                "kills of the daemon",
                scene.kills.to_string(),
                options.kills.to_string(),
            ),
            (
                "crashes of PostgreSQL",
                scene.crashes.to_string(),
                options.crashes.to_string(),
            ),
            (
                "events, deliveries",
                format!("{}, {}", self.events, self.deliveries),
                String::new(),
            ),
            ("lines at the provider", self.lines.to_string(), String::new()),
            ("drift", self.drift.len().to_string(), "0".to_owned()),
            ("lost", self.lost.len().to_string(), "0".to_owned()),
            ("doubled", self.doubled.len().to_string(), "0".to_owned()),
            (
                "dead letters after more than five killed workers",
                self.killed.to_string(),
                String::new(),
            ),
            (
                "held, open, other dead letters",
                format!("{}, {}, {}", self.held, self.open, self.dead),
                "0, 0, 0".to_owned(),
            ),
        ];
        println!("| | found | goal |\n|---|---|---|");
        for (what, found, goal) in rows {
            println!("| {what} | {found} | {goal} |");
        }
        println!("| seconds | {:.0} | |", took.as_secs_f64());
        for wrong in self.drift.iter().map(Value::to_string).chain(self.lost.iter().cloned()) {
            println!("wrong: {wrong}");
        }
        self.doubled.iter().for_each(|wrong| println!("doubled: {wrong}"));
        if !self.is_good(options) {
            scene.print_log();
        }
    }
}

fn name(ending: Ending) -> &'static str {
    match ending {
        Ending::Kept => "kept",
        Ending::Refunded => "refunded",
        Ending::RefundedInPart => "refunded in part",
        Ending::Won => "dispute won",
        Ending::Lost => "dispute lost",
    }
}

/// The lines of the one that the other does not have, or otherwise.
fn difference(one: &Lines, other: &Lines) -> Vec<String> {
    let missing = one.iter().filter(|(id, amount)| other.get(*id) != Some(amount));
    missing
        .map(|(id, amount)| format!("{id}: {amount}, not {:?}", other.get(id)))
        .collect()
}

/// Purchases whose orders are not as their buyers saw them at last.
async fn not_as_seen(db: &PgPool, story: &[Seen]) -> sqlx::Result<Vec<String>> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as("select id::text, state, refunded_minor from orders")
        .fetch_all(db)
        .await?;
    let orders: BTreeMap<_, _> = rows
        .into_iter()
        .map(|(id, state, refunded)| (id, (state, refunded)))
        .collect();
    let wrong = story.iter().filter(|seen| {
        let Some((state, refunded)) = orders.get(&seen.order) else {
            return true;
        };
        let (expected, is_refunded) = match seen.ending {
            Ending::Kept | Ending::Won => ("paid", *refunded == 0),
            Ending::Refunded => ("refunded", *refunded > 0),
            Ending::RefundedInPart => ("paid", *refunded > 0),
            Ending::Lost => ("charged_back", *refunded == 0),
        };
        state != expected || !is_refunded
    });
    Ok(wrong
        .map(|seen| format!("order {}: {:?}", seen.order, seen.ending))
        .collect())
}
