//! What an operator asks for: checked, and said in words.

use tradepost_common::operations::{MAX_IDS, NewOperation, OperationKind, Pace, Selection};
use tradepost_common::problem::Fault;

use crate::error::{ApiError, ApiResult};

/// Whether an operation can be planned; every fault at once.
pub fn new_operation(new: &NewOperation) -> ApiResult<()> {
    let mut faults = pace(new.pace);
    let mut fault = |at: &str, message: &str| {
        faults.push(Fault {
            at: at.to_owned(),
            message: message.to_owned(),
        });
    };
    if new.kind == OperationKind::Edit {
        fault("kind", "is made by POST /v1/dead/{id}/edit");
    }
    let reason = new.reason.as_deref().map(|reason| reason.trim().chars().count());
    if !new.kind.sends() && !reason.is_some_and(|length| (1..=500).contains(&length)) {
        fault("reason", "must say why in 1 to 500 characters");
    }
    let selection = &new.selection;
    if selection
        .queue
        .as_deref()
        .is_some_and(|queue| queue.is_empty() || queue.len() > 100)
    {
        fault("selection.queue", "must be the name of a queue");
    }
    let is_fingerprint = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if selection
        .fingerprint
        .as_deref()
        .is_some_and(|text| !is_fingerprint(text))
    {
        fault("selection.fingerprint", "must be 16 hexadecimal digits");
    }
    if selection
        .text
        .as_deref()
        .is_some_and(|text| text.is_empty() || text.len() > 200 || text.contains('\0'))
    {
        fault("selection.text", "must have 1 to 200 bytes, none of them NUL");
    }
    if selection
        .ids
        .as_ref()
        .is_some_and(|ids| ids.is_empty() || ids.len() > MAX_IDS)
    {
        fault("selection.ids", "must name 1 to 1,000 messages");
    }
    if new.upper.is_some_and(|upper| upper < 0) {
        fault("upper", "must not be negative");
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(ApiError::Invalid(faults))
    }
}

/// What is wrong with a pace.
pub fn pace(pace: Pace) -> Vec<Fault> {
    let checks = [
        (
            "pace.rate_per_second",
            (1..=100_000).contains(&pace.rate_per_second),
            "must be between 1 and 100,000",
        ),
        ("pace.canary", pace.canary <= 10_000, "must be at most 10,000"),
        (
            "pace.canary_wait_seconds",
            (1..=86_400).contains(&pace.canary_wait_seconds),
            "must be between 1 and 86,400",
        ),
        (
            "pace.stop_at_percent",
            pace.stop_at_percent <= 100,
            "must be at most 100",
        ),
    ];
    let wrong = checks.into_iter().filter(|(_, is_right, _)| !is_right);
    wrong
        .map(|(at, _, message)| Fault {
            at: at.to_owned(),
            message: message.to_owned(),
        })
        .collect()
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
