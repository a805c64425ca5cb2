//! A message on SQS: the payload as JSON in the body, everything else in attributes.
//!
//! Other programs may send to a queue. Their messages keep the id of SQS, and a body that is not JSON, or not JSON that the database takes,
//! becomes the payload `{"raw": "..."}`: it ends among the dead letters, where people can look at it.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::types::{Message as SqsMessage, MessageAttributeValue, MessageSystemAttributeName as System};
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tradepost_common::ids::MessageId;
use tradepost_common::queues::Lane;
use uuid::Uuid;

use super::OutboxMessage;
use super::payloads::payload_key;
use tradepost_store::{ContentKey, sha256};

const ID: &str = "id";
const LANE: &str = "lane";
const CORRELATION_ID: &str = "correlation_id";
const TRACE_PARENT: &str = "traceparent";
const REDRIVES: &str = "redrives";
const ENQUEUED_AT: &str = "enqueued_at";
/// The delay in seconds.
const DELAY: &str = "delay";
/// The SHA-256 of a payload in the object store.
const POINTER: &str = "pointer";
const TYPE: &str = "String";

/// A message ready to be sent.
#[derive(Debug)]
pub struct Packed {
    pub body: String,
    pub attributes: Vec<(&'static str, String)>,
    /// A payload to be stored before.
    pub stored: Option<(ContentKey, Bytes)>,
}

impl Packed {
    /// The size that SQS counts: the body, and name, type and value of every attribute.
    pub fn size_bytes(&self) -> usize {
        let attributes = self.attributes.iter();
        let attributes: usize = attributes
            .map(|(name, value)| name.len() + TYPE.len() + value.len())
            .sum();
        self.body.len() + attributes
    }

    pub fn attributes(&self) -> HashMap<String, MessageAttributeValue> {
        let value = |text: &str| {
            MessageAttributeValue::builder()
                .data_type(TYPE)
                .string_value(text)
                .build()
        };
        let attributes = self.attributes.iter();
        attributes
            .map(|(name, text)| ((*name).to_owned(), value(text).expect("an attribute has a type")))
            .collect()
    }
}

/// Packs a message. The payload of one that is larger than `max_bytes` goes to the object store.
pub fn pack(outbox: &OutboxMessage, max_bytes: usize) -> Packed {
    let message = &outbox.message;
    let enqueued_at = outbox.enqueued_at.format(&Rfc3339);
    let mut attributes = vec![
        (ID, message.id.to_string()),
        (LANE, message.lane.as_str().to_owned()),
        (ENQUEUED_AT, enqueued_at.expect("a time of this age can be written")),
    ];
    attributes.extend(message.correlation_id.map(|id| (CORRELATION_ID, id.to_string())));
    attributes.extend(message.trace_parent.clone().map(|parent| (TRACE_PARENT, parent)));
    if message.redrives > 0 {
        attributes.push((REDRIVES, message.redrives.to_string()));
    }
    if !message.delay.is_zero() {
        attributes.push((DELAY, message.delay.as_secs_f64().ceil().to_string()));
    }
    let mut packed = Packed {
        body: escape(&message.payload),
        attributes,
        stored: None,
    };
    if packed.size_bytes() > max_bytes {
        let bytes = Bytes::from(std::mem::take(&mut packed.body));
        let key = payload_key(sha256(&bytes));
        let pointer = hex::encode(key.sha256);
        packed.body = json!({ "pointer": pointer, "bytes": bytes.len() }).to_string();
        packed.attributes.push((POINTER, pointer));
        packed.stored = Some((key, bytes));
    }
    packed
}

/// JSON of characters that SQS takes. JSON itself escapes control characters.
fn escape(payload: &Value) -> String {
    let json = payload.to_string();
    if json.contains(['\u{fffe}', '\u{ffff}']) {
        return json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
    }
    json
}

/// A received message.
#[derive(Debug, PartialEq)]
pub struct Unpacked {
    pub id: MessageId,
    pub lane: Lane,
    pub receipt_handle: String,
    pub content: Content,
    pub correlation_id: Option<Uuid>,
    pub trace_parent: Option<String>,
    pub redrives: u32,
    pub receives: u32,
    pub enqueued_at: OffsetDateTime,
    pub sent_at: OffsetDateTime,
    /// The delay it was sent with.
    pub delay: Duration,
}

/// The payload, or its place.
#[derive(Debug, PartialEq)]
pub enum Content {
    Here(Value),
    /// In the object store.
    At(ContentKey),
    /// The payload is lost: what is kept instead, and the reason.
    Broken(Value, String),
}

/// Unpacks what SQS delivered; `None` without a receipt handle: such a message can not be settled.
pub fn unpack(message: SqsMessage) -> Option<Unpacked> {
    let receipt_handle = message.receipt_handle?;
    let body = message.body.unwrap_or_default();
    let theirs = message.message_attributes.unwrap_or_default();
    let ours = |name: &str| theirs.get(name).and_then(|value| value.string_value.as_deref());
    let system = message.attributes.unwrap_or_default();
    let number = |name: System| system.get(&name).and_then(|text| text.parse::<u64>().ok());
    let sent_at = number(System::SentTimestamp)
        .and_then(|ms| OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).ok())
        .unwrap_or_else(OffsetDateTime::now_utc);
    let is_bulk = ours(LANE) == Some(Lane::Bulk.as_str());
    let delay = ours(DELAY).and_then(|text| text.parse().ok()).map(Duration::from_secs);
    Some(Unpacked {
        id: ours(ID)
            .and_then(|text| text.parse().ok())
            .map_or_else(|| foreign_id(message.message_id.as_deref(), &body), MessageId),
        lane: if is_bulk { Lane::Bulk } else { Lane::Interactive },
        receipt_handle,
        content: ours(POINTER).map_or_else(|| content(&body), |text| pointer(text, &body)),
        correlation_id: ours(CORRELATION_ID).and_then(|text| text.parse().ok()),
        trace_parent: ours(TRACE_PARENT).map(str::to_owned),
        redrives: ours(REDRIVES)
            .and_then(|text| text.parse::<u16>().ok())
            .unwrap_or(0)
            .into(),
        receives: number(System::ApproximateReceiveCount).map_or(1, |n| n.clamp(1, 1_000_000) as u32),
        enqueued_at: ours(ENQUEUED_AT)
            .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok())
            .filter(|at| (1970..=9999).contains(&at.year()))
            .unwrap_or(sent_at),
        sent_at,
        delay: delay.unwrap_or_default(),
    })
}

/// The id of a message of another program: the same at every receive.
fn foreign_id(theirs: Option<&str>, body: &str) -> MessageId {
    let derived = || {
        let digest = Sha256::digest(theirs.unwrap_or(body));
        Uuid::from_slice(&digest[..16]).expect("16 bytes are an id")
    };
    MessageId(theirs.and_then(|text| text.parse().ok()).unwrap_or_else(derived))
}

/// Reads the payload in a body.
pub fn content(body: &str) -> Content {
    match serde_json::from_str(body) {
        Ok(payload) if !has_nul(&payload) => Content::Here(payload),
        Ok(_) => Content::Broken(
            raw(body),
            "the body holds a NUL character, which the database does not take".into(),
        ),
        Err(error) => Content::Broken(raw(body), format!("the body is not JSON: {error}")),
    }
}

fn pointer(text: &str, body: &str) -> Content {
    let mut sha256 = [0; 32];
    match hex::decode_to_slice(text, &mut sha256) {
        Ok(()) => Content::At(payload_key(sha256)),
        Err(error) => Content::Broken(
            raw(body),
            format!("the pointer to the payload is not a SHA-256: {error}"),
        ),
    }
}

fn raw(body: &str) -> Value {
    json!({ "raw": body.replace('\0', "\u{fffd}") })
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{NewMessage, Queue};

    fn outbox_message(payload: Value) -> OutboxMessage {
        let message = NewMessage {
            lane: Lane::Bulk,
            redrives: 2,
            trace_parent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
            delay: Duration::from_millis(1_500),
            ..NewMessage::new(Queue::new("render"), &payload).with_correlation(Uuid::new_v4())
        };
        let enqueued_at = OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
        OutboxMessage { message, enqueued_at }
    }

    /// As SQS gives back what it was given.
    fn received(packed: &Packed) -> Unpacked {
        let message = SqsMessage::builder()
            .receipt_handle("handle")
            .message_id(Uuid::nil().to_string())
            .body(&packed.body)
            .set_message_attributes(Some(packed.attributes()))
            .attributes(System::ApproximateReceiveCount, "4")
            .attributes(System::SentTimestamp, "1700000001000");
        unpack(message.build()).unwrap()
    }

    fn is_allowed(c: char) -> bool {
        matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    }

    #[test]
    fn message_survives_the_way() {
        let sent = outbox_message(json!({ "text": "\u{1}\u{fffe}\u{ffff}\u{10ffff}\\ufffe" }));
        let packed = pack(&sent, 262_144);
        assert!(packed.body.chars().all(is_allowed), "{}", packed.body);
        let unpacked = received(&packed);
        assert_eq!(unpacked.content, Content::Here(sent.message.payload.clone()));
        assert_eq!(
            (unpacked.id, unpacked.correlation_id, unpacked.trace_parent),
            (sent.message.id, sent.message.correlation_id, sent.message.trace_parent)
        );
        assert_eq!(
            (unpacked.lane, unpacked.redrives, unpacked.receives),
            (Lane::Bulk, 2, 4)
        );
        assert_eq!(
            (unpacked.enqueued_at, unpacked.delay),
            (sent.enqueued_at, Duration::from_secs(2))
        );
    }

    #[test]
    fn payload_is_here_up_to_the_limit_and_elsewhere_above() {
        let around = pack(&outbox_message(json!("")), usize::MAX).size_bytes();
        let fits = pack(&outbox_message(json!("x".repeat(4_096 - around))), 4_096);
        assert_eq!((fits.size_bytes(), fits.stored), (4_096, None));
        let packed = pack(&outbox_message(json!("x".repeat(4_097 - around))), 4_096);
        let (key, bytes) = packed.stored.clone().unwrap();
        assert_eq!((key.sha256, bytes.len()), (sha256(&bytes), 4_097 - around + 2));
        assert!(packed.size_bytes() <= 1_024, "{}", packed.size_bytes());
        assert_eq!(received(&packed).content, Content::At(key));
    }

    #[test]
    fn stranger_keeps_the_id_that_sqs_gave() {
        let theirs = |id: &str| {
            SqsMessage::builder()
                .receipt_handle("handle")
                .message_id(id)
                .body("{")
                .build()
        };
        let id = Uuid::new_v4();
        assert_eq!(unpack(theirs(&id.to_string())).unwrap().id, MessageId(id));
        let odd = || unpack(theirs("17")).unwrap();
        assert_eq!(odd().id, odd().id, "the same at every receive");
        assert!(matches!(odd().content, Content::Broken(kept, _) if kept == json!({ "raw": "{" })));
    }
}
