//! The result of each pack, with every finding and its file.

use serde_json::json;
use tradepost_common::uploads::UploadState;

use super::Pack;
use crate::cli::Output;
use crate::format;
use crate::plain::{Styling, paint};
use crate::rows::{finding, upload};
use crate::text;
use crate::theme::Tone;

pub fn print(packs: &[Pack], output: Output) -> anyhow::Result<()> {
    let value: Vec<_> = packs
        .iter()
        .map(|pack| {
            json!({
                "pack": pack.path,
                "id": pack.id,
                "state": pack.state(),
                "refused": pack.refused,
                "trace": pack.trace,
            })
        })
        .collect();
    output.print(&value, |styling| {
        packs.iter().map(|pack| in_text(pack, styling)).collect()
    })
}

fn in_text(pack: &Pack, styling: Styling) -> String {
    let name = text::clean(&pack.name);
    if let Some(why) = &pack.refused {
        return format!("{name}: {} {why}\n", paint("NOT ACCEPTED", Tone::Bad, styling));
    }
    let id = pack.id.map(|id| id.to_string()).unwrap_or_default();
    let Some(trace) = &pack.trace else {
        return format!("{name}: uploaded as {id}; follow it with `tradepost uploads {id}` or --wait\n");
    };
    let upload = &trace.upload;
    let state = upload::state(upload.state);
    let took = upload.settled_at.map_or_else(String::new, |at| {
        format!(" in {}", format::took((at - upload.created_at).as_seconds_f64()))
    });
    let files = format::plural(upload.files, "file", "files");
    let mut out = format!(
        "{name}: {}{took}, {files} · {id}\n",
        paint(&state.text, state.tone, styling)
    );
    if upload.state == UploadState::InReview {
        out.push_str("  waiting for a moderator\n");
    }
    out.push_str(&finding::in_full(&trace.findings, styling));
    if !trace.findings.is_empty() {
        out.push('\n');
    }
    let all: i64 = trace.finding_counts.iter().map(|count| count.findings).sum();
    let listed = trace.findings.len() as i64;
    if all > listed {
        let by_rule = trace
            .finding_counts
            .iter()
            .map(|count| format!("{} {}", count.findings, count.rule));
        let by_rule: Vec<String> = by_rule.collect();
        out.push_str(&format!(
            "  {} more: GET /v1/uploads/{id}/findings. All by rule: {}\n",
            all - listed,
            by_rule.join(", ")
        ));
    }
    out
}
