//! Checks what an operator asks for, and says it in words.

use tradepost_common::operations::{MAX_IDS, NewOperation, OperationKind, Pace, Selection};
use tradepost_common::text::Text;

use crate::error::{ApiError, ApiResult};
use crate::operations::service::is_rate;

/// Refuses an operation that can not be planned, with every fault at once.
pub fn new_operation(new: &NewOperation) -> ApiResult<()> {
    let Pace {
        rate_per_second,
        canary,
        canary_wait_seconds,
        stop_at_percent,
    } = new.pace;
    let Selection {
        queue,
        fingerprint,
        text,
        ids,
        ..
    } = &new.selection;
    let is_queue = |queue: &String| (1..=100).contains(&queue.len());
    let is_fingerprint = |text: &String| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_text = |text: &String| (1..=200).contains(&text.len());
    let reason = reason(new);
    let has_reason = reason.as_ref().is_ok_and(|reason| new.kind.sends() || reason.is_some());
    let has_ids = ids.as_ref().is_none_or(|ids| (1..=MAX_IDS).contains(&ids.len()));
    ApiError::unless_all([
        (
            "pace.rate_per_second",
            is_rate(rate_per_second),
            "must be between 1 and 100,000",
        ),
        ("pace.canary", canary <= 10_000, "must be at most 10,000"),
        (
            "pace.canary_wait_seconds",
            (1..=86_400).contains(&canary_wait_seconds),
            "must be between 1 and 86,400",
        ),
        ("pace.stop_at_percent", stop_at_percent <= 100, "must be at most 100"),
        (
            "kind",
            new.kind != OperationKind::Edit,
            "is made by POST /v1/dead/{id}/edit",
        ),
        ("reason", has_reason, "must have 1 to 500 characters"),
        (
            "selection.queue",
            queue.as_ref().is_none_or(is_queue),
            "must be the name of a queue",
        ),
        (
            "selection.fingerprint",
            fingerprint.as_ref().is_none_or(is_fingerprint),
            "must be 16 hexadecimal digits",
        ),
        (
            "selection.text",
            text.as_ref().is_none_or(is_text),
            "must have 1 to 200 bytes",
        ),
        ("selection.ids", has_ids, "must name 1 to 1,000 messages"),
        (
            "upper",
            new.upper.is_none_or(|upper| upper >= 0),
            "must not be negative",
        ),
    ])
}

/// The reason, where one is given.
///
/// # Errors
/// It is no line of at most 500 characters.
pub fn reason(new: &NewOperation) -> Result<Option<Text<500>>, String> {
    let given = new.reason.as_deref().filter(|reason| !reason.trim().is_empty());
    given.map(Text::parse).transpose()
}

/// A selection as a person reads it.
pub fn describe(selection: &Selection) -> String {
    let mut parts = Vec::new();
    if let Some(ids) = &selection.ids {
        parts.push(format!("{} marked", ids.len()));
    }
    parts.extend(selection.queue.as_ref().map(|queue| format!("queue {queue}")));
    parts.extend(
        selection
            .fingerprint
            .as_ref()
            .map(|print| format!("fingerprint {print}")),
    );
    parts.extend(selection.text.as_ref().map(|text| format!("with {text:?}")));
    parts.extend(selection.upload.map(|upload| format!("upload {upload}")));
    parts.extend(selection.redriven.map(|redriven| {
        let text = if redriven { "redriven before" } else { "never redriven" };
        text.to_owned()
    }));
    if parts.is_empty() {
        return "all dead letters".to_owned();
    }
    parts.join(", ")
}
