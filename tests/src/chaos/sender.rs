//! Sends the messages while they are worked on, in transactions of all sizes; some are rolled back on purpose.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tradepost_common::ids::MessageId;
use tradepost_queue::{Broker, Lane, NewMessage};

use super::{Options, QUEUE, tables};

/// At most so many messages wait, so that crashes meet the sender too.
const AHEAD: i64 = 1_500;
const LARGEST_TRANSACTION: u32 = 40;
/// Share of the transactions.
const ROLLED_BACK: f64 = 0.1;
/// Share of the messages that are sent twice, where the backend delivers both.
const DOUBLED: f64 = 0.1;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// The payload.
#[derive(Debug, Serialize, Deserialize)]
pub struct Payload {
    pub number: u32,
    /// Always fails.
    pub poison: bool,
}

/// Sends all messages. Answers with the ids of those that were rolled back.
pub async fn send(db: PgPool, broker: Broker, options: Options) -> anyhow::Result<Vec<MessageId>> {
    let mut rolled_back = Vec::new();
    let mut next = 0;
    while next < options.messages {
        until_wanted(&db).await;
        let size = rand::random_range(1..=LARGEST_TRANSACTION).min(options.messages - next);
        if rand::random_bool(ROLLED_BACK) {
            rolled_back.extend(roll_back(&db, &broker, size).await?);
        }
        let messages: Vec<_> = (next..next + size).map(|number| message(number, &options)).collect();
        // After a crash it shows at the next try whether it was committed.
        while commit(&db, &broker, &messages).await.is_err() {
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
        next += size;
    }
    Ok(rolled_back)
}

async fn until_wanted(db: &PgPool) {
    while !matches!(tables::count(db).await, Ok(count) if count.sent - count.done() < AHEAD) {
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
}

/// Poison is spread evenly.
fn is_poison(number: u32, options: &Options) -> bool {
    options.poison > 0
        && number.is_multiple_of(options.messages / options.poison)
        && number / (options.messages / options.poison) < options.poison
}

fn message(number: u32, options: &Options) -> NewMessage {
    let poison = is_poison(number, options);
    let mut message = NewMessage::new(QUEUE, &Payload { number, poison });
    if rand::random_bool(0.5) {
        message.lane = Lane::Bulk;
    }
    message
}

async fn commit(db: &PgPool, broker: &Broker, messages: &[NewMessage]) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    for message in messages {
        let payload: Payload = serde_json::from_value(message.payload.clone()).expect("our own payload");
        if !tables::note_sent(&mut tx, message.id, payload.number, payload.poison).await? {
            return tx.rollback().await;
        }
    }
    broker.send(&mut tx, messages).await?;
    if broker.as_sqs().is_some() {
        // The same body a second time; a table would not take it.
        let doubled: Vec<_> = messages
            .iter()
            .filter(|_| rand::random_bool(DOUBLED))
            .cloned()
            .collect();
        broker.send(&mut tx, &doubled).await?;
    }
    tx.commit().await
}

/// Sends messages that nobody must ever see.
async fn roll_back(db: &PgPool, broker: &Broker, size: u32) -> anyhow::Result<Vec<MessageId>> {
    let payload = Payload {
        number: u32::MAX,
        poison: false,
    };
    let messages: Vec<_> = (0..size).map(|_| NewMessage::new(QUEUE, &payload)).collect();
    let sent = async {
        let mut tx = db.begin().await?;
        broker.send(&mut tx, &messages).await?;
        tx.rollback().await
    };
    // A crash of the server rolls back as well.
    let _: sqlx::Result<()> = sent.await;
    Ok(messages.iter().map(|message| message.id).collect())
}
