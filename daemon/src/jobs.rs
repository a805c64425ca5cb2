//! The jobs that messages carry: a payload struct for each kind, and the queue it goes through.

mod alert;
mod event;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tradepost_common::catalog::Kind;
use tradepost_common::ids::{CampaignId, ItemId, OrderId, PaymentId, RefundId, SetId, UploadId};
use tradepost_common::problem::Fault;
use tradepost_common::uploads::UploadState;
use tradepost_queue::{NewMessage, Queue};
use uuid::Uuid;

use crate::trace;

pub use self::alert::{AlertChannel, AlertJob};
pub use self::event::Event;

pub const SCAN: Queue = Queue::new("scan");
pub const UNPACK: Queue = Queue::new("unpack");
pub const RENDER: Queue = Queue::new("render");
pub const PREVIEW: Queue = Queue::new("preview");
pub const SETTLE: Queue = Queue::new("settle");
pub const PAY: Queue = Queue::new("pay");
pub const NOTIFY: Queue = Queue::new("notify");
pub const MAIL: Queue = Queue::new("mail");
pub const WEBHOOK: Queue = Queue::new("webhook");

/// All queues: those of the stages of an upload in their order, then those of orders, then those that tell people.
pub const QUEUES: [Queue; 9] = [SCAN, UNPACK, RENDER, PREVIEW, SETTLE, PAY, NOTIFY, MAIL, WEBHOOK];

/// The handlers of a queue that run at once when the configuration does not say.
pub fn default_concurrency(queue: Queue, cores: u32) -> u32 {
    match queue {
        SCAN | UNPACK | SETTLE | NOTIFY | MAIL => 2,
        WEBHOOK => 4,
        // They wait for the payment provider.
        PAY => 8,
        // One in three is kept from messages that yield, another one waits for scanner, disk or database.
        RENDER => cores * 3,
        _ => 1,
    }
}

/// The handlers of these queues wait while the scanner is away.
pub fn needs_scanner(queue: Queue) -> bool {
    matches!(queue, SCAN | RENDER)
}

/// The payload of a message, tagged by `job`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    Scan(ScanJob),
    Unpack(UnpackJob),
    Render(RenderJob),
    RenderBatch(RenderBatchJob),
    Campaign(CampaignJob),
    Preview(PreviewJob),
    Settle(SettleJob),
    Pay(PayJob),
    Refund(RefundJob),
    ProviderEvent(ProviderEventJob),
    Notify(NotifyJob),
    Mail(MailJob),
    Webhook(WebhookJob),
    Alert(AlertJob),
}

const TAGS: &str = "expected one of scan, unpack, render, render_batch, campaign, preview, settle, pay, refund, provider_event, notify, mail, webhook, alert";

/// Scans an uploaded pack: a ZIP by its first bytes, and clean by the scanner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanJob {
    pub upload_id: UploadId,
    /// Scans a published pack again, with daily signatures of this number or newer ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<i32>,
}

/// Opens a pack in the jail, validates its manifest, creates the drafts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnpackJob {
    pub upload_id: UploadId,
}

/// Scans, inspects and renders one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenderJob {
    pub upload_id: UploadId,
    pub set_id: SetId,
    pub item_id: ItemId,
    pub kind: Kind,
    pub path: String,
}

/// Scans, inspects and renders several files of a pack. A file that does not succeed gets a message of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenderBatchJob {
    pub upload_id: UploadId,
    pub set_id: SetId,
    pub kind: Kind,
    pub items: Vec<ItemId>,
    /// For people: the first file, and how many more there are.
    pub path: String,
}

/// Renders some items of a campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CampaignJob {
    pub campaign: CampaignId,
    /// Messages of an earlier run are void.
    pub run: i32,
    /// The first position in the plan.
    pub from: i32,
    /// The position after the last.
    pub to: i32,
    /// Only items of the canary.
    pub canary: bool,
}

/// Makes the contact sheet and settles the upload, once all its files are settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreviewJob {
    pub upload_id: UploadId,
    pub set_id: SetId,
}

/// Moves the money of an order and grants what it bought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettleJob {
    pub order_id: OrderId,
}

/// Tells people by mail and webhook about an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotifyJob {
    /// The id of the event: a message that comes twice tells nobody twice.
    pub id: Uuid,
    pub event: Event,
}

/// Hands a mail to the mail server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MailJob {
    pub mail_id: Uuid,
}

/// Posts an event to a webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WebhookJob {
    pub delivery_id: Uuid,
}

/// Brings a payment by card as far as the provider lets it come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayJob {
    pub payment_id: PaymentId,
}

/// Has the provider pay a refund.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RefundJob {
    pub refund_id: RefundId,
}

/// Looks at an object of the payment provider that may have changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderEventJob {
    /// `payment_intent`, `refund`, `dispute`; `disputes`: all that were opened lately.
    pub object: String,
    pub object_id: String,
    /// The event that said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

impl Job {
    pub fn queue(&self) -> Queue {
        match self {
            Self::Scan(_) => SCAN,
            Self::Unpack(_) => UNPACK,
            Self::Render(_) | Self::RenderBatch(_) | Self::Campaign(_) => RENDER,
            Self::Preview(_) => PREVIEW,
            Self::Settle(_) => SETTLE,
            Self::Notify(_) | Self::Alert(_) => NOTIFY,
            Self::Mail(_) => MAIL,
            Self::Webhook(_) => WEBHOOK,
            Self::Pay(_) | Self::Refund(_) | Self::ProviderEvent(_) => PAY,
        }
    }

    pub fn upload_id(&self) -> Option<UploadId> {
        match self {
            Self::Scan(job) => Some(job.upload_id),
            Self::Unpack(job) => Some(job.upload_id),
            Self::Render(job) => Some(job.upload_id),
            Self::RenderBatch(job) => Some(job.upload_id),
            Self::Preview(job) => Some(job.upload_id),
            Self::Campaign(_) | Self::Settle(_) | Self::Pay(_) | Self::Refund(_) | Self::ProviderEvent(_) => None,
            Self::Notify(_) | Self::Mail(_) | Self::Webhook(_) | Self::Alert(_) => None,
        }
    }

    pub fn order_id(&self) -> Option<OrderId> {
        match self {
            Self::Settle(job) => Some(job.order_id),
            Self::Notify(job) => job.event.order_id(),
            _ => None,
        }
    }

    /// A message of the interactive lane that carries this job, for the current trace. All messages of an upload or an order have its id.
    pub fn message(&self) -> NewMessage {
        let upload_id = self.upload_id().map(|id| id.0);
        let order_id = || self.order_id().map(|id| id.0);
        NewMessage {
            trace_parent: trace::current().map(|parent| parent.to_string()),
            ..NewMessage::new(self.queue(), self).with_correlation(upload_id.or_else(order_id))
        }
    }

    /// Reads a payload. Unknown fields are ignored: a newer release may have sent them.
    ///
    /// # Errors
    /// The fault, with a JSON pointer to the place.
    pub fn parse(payload: &Value) -> Result<Self, Fault> {
        let fields = payload
            .as_object()
            .ok_or_else(|| fault("", "invalid type, expected an object with the field `job`"))?;
        let tag = fields
            .get("job")
            .ok_or_else(|| fault("", format!("missing field `job`, {TAGS}")))?;
        match tag.as_str() {
            Some("scan") => read(payload).map(Self::Scan),
            Some("unpack") => read(payload).map(Self::Unpack),
            Some("render") => read(payload).map(Self::Render),
            Some("render_batch") => read(payload).map(Self::RenderBatch),
            Some("campaign") => read(payload).map(Self::Campaign),
            Some("preview") => read(payload).map(Self::Preview),
            Some("settle") => read(payload).map(Self::Settle),
            Some("notify") => read(payload).map(Self::Notify),
            Some("mail") => read(payload).map(Self::Mail),
            Some("webhook") => read(payload).map(Self::Webhook),
            Some("alert") => read(payload).map(Self::Alert),
            Some("pay") => read(payload).map(Self::Pay),
            Some("refund") => read(payload).map(Self::Refund),
            Some("provider_event") => read(payload).map(Self::ProviderEvent),
            _ => Err(fault("/job", format!("no such job, {TAGS}"))),
        }
    }

    /// Checks the payload that an operator wants to send to a queue.
    ///
    /// # Errors
    /// The fault, with a JSON pointer to the place. An unknown field is one.
    pub fn check(queue: &str, payload: &Value) -> Result<Self, Fault> {
        let job = Self::parse(payload)?;
        let takes = job.queue().as_str();
        if takes != queue {
            return Err(fault(
                "/job",
                format!("jobs of this kind go to the queue {takes}, not to {queue}"),
            ));
        }
        let known = serde_json::to_value(&job).expect("a job is always JSON");
        let mut fields = payload.as_object().into_iter().flat_map(|fields| fields.keys());
        match fields.find(|key| known.get(key).is_none()) {
            Some(key) => Err(fault(&format!("/{key}"), "the queue knows no such field")),
            None => Ok(job),
        }
    }

    /// Doing this job has no effect any more in this state of its upload.
    pub fn is_pointless(&self, upload: UploadState) -> bool {
        match self {
            // The contact sheet of a published set may be made again.
            Self::Preview(_) if matches!(upload, UploadState::Published | UploadState::InReview) => false,
            Self::Scan(_) | Self::Unpack(_) | Self::Render(_) | Self::RenderBatch(_) | Self::Preview(_) => {
                upload.is_settled()
            }
            Self::Campaign(_) | Self::Settle(_) | Self::Pay(_) | Self::Refund(_) | Self::ProviderEvent(_) => false,
            Self::Notify(_) | Self::Mail(_) | Self::Webhook(_) | Self::Alert(_) => false,
        }
    }
}

fn read<T: DeserializeOwned>(payload: &Value) -> Result<T, Fault> {
    serde_path_to_error::deserialize(payload).map_err(|error| {
        let pointer: String = error.path().iter().map(|segment| format!("/{segment}")).collect();
        fault(&pointer, error.inner().to_string())
    })
}

fn fault(pointer: &str, message: impl Into<String>) -> Fault {
    Fault {
        at: format!("/payload{pointer}"),
        message: message.into(),
    }
}
