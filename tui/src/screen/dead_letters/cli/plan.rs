//! Acts on dead letters: plan, show the plan, ask, start, watch.

use std::process::ExitCode;

use serde::Serialize;
use tradepost_common::operations::{
    MAX_IDS, NewOperation, Operation, OperationItem, OperationKind, OperationState, Pace, Selection,
};

use super::args::{RunOptions, SelectionArgs};
use crate::cli::{self, IdArg, NOT_CONFIRMED, Output, REFUSED, confirm, follow};
use crate::client::{Client, Turn};
use crate::format;
use crate::plain::{self, Styling};
use crate::query::Query;
use crate::rows::operation::{in_short, in_text, outcome};
use crate::screen::dead_letters::plan::name_to_type;
use crate::text;

/// An act on dead letters, as it was asked for.
pub struct Act {
    pub kind: OperationKind,
    pub which: SelectionArgs,
    pub reason: Option<String>,
    pub pace: Pace,
    pub options: RunOptions,
}

async fn selection(client: &Client, which: SelectionArgs) -> anyhow::Result<Selection> {
    if which.ids.len() > MAX_IDS {
        anyhow::bail!("at most {MAX_IDS} messages can be named; use --group, --queue or --text");
    }
    let ids = IdArg::resolve_all(&which.ids, client).await?;
    Ok(Selection {
        queue: which.queue,
        fingerprint: which.group,
        text: which.text,
        ids: (!ids.is_empty()).then_some(ids),
        ..Selection::default()
    })
}

/// Plans the act and does with the plan what was asked for.
pub async fn run(client: &Client, act: Act, output: Output) -> anyhow::Result<ExitCode> {
    let options = act.options;
    let new = NewOperation {
        kind: act.kind,
        selection: selection(client, act.which).await?,
        upper: None,
        reason: act.reason,
        pace: act.pace,
    };
    let first = client.plan(&new).await?;
    let id = first.id;
    let read = async |plan: &Operation| client.operation(plan.id).await;
    // Whoever gives up while the plan is made or looked at leaves none behind.
    let interrupted = tokio::signal::ctrl_c();
    let plan = tokio::select! {
        plan = follow::until(first, |plan| plan.state != OperationState::Planning, read) => plan?,
        _ = interrupted => {
            client.turn_operation(id, Turn::Cancel).await?;
            return Ok(ExitCode::from(NOT_CONFIRMED));
        }
    };
    if options.dry_run {
        return dry_run(client, plan, output).await;
    }
    if plan.state != OperationState::Planned {
        output.print(&plan, |styling| in_text(&plan, styling))?;
        return Ok(ExitCode::from(REFUSED));
    }
    if plan.eligible() == 0 {
        return nothing_to_do(client, plan, output).await;
    }
    if !options.yes && !confirmed(&plan, output).await? {
        return not_confirmed(client, plan, output).await;
    }
    let started = client.turn_operation(id, Turn::Start).await?;
    if options.wait {
        return watch(client, started, output).await;
    }
    output.print(&started, |_| {
        format!(
            "started: {} of {}; `tradepost ops show {id}`\n",
            started.kind.as_str(),
            format::plural(started.eligible(), "message", "messages")
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Shows the plan where somebody can be asked, and asks.
async fn confirmed(plan: &Operation, output: Output) -> anyhow::Result<bool> {
    if !confirm::can_ask() {
        return Ok(false);
    }
    let styling = match output {
        Output::Json => Styling::Plain,
        Output::Text(styling) => styling,
    };
    eprintln!("{}", in_text(plan, styling));
    let (kind, messages) = (
        plan.kind.as_str(),
        format::plural(plan.eligible(), "message", "messages"),
    );
    match name_to_type(plan.kind, &plan.selection, plan.selection.queue.as_deref()) {
        Some(name) => confirm::ask(&format!("{kind} {messages}? Type {name} to continue:"), &name).await,
        None => confirm::ask(&format!("{kind} {messages}? [y/N]"), "y").await,
    }
}

async fn not_confirmed(client: &Client, plan: Operation, output: Output) -> anyhow::Result<ExitCode> {
    let cancelled = client.turn_operation(plan.id, Turn::Cancel).await?;
    if confirm::can_ask() {
        eprintln!("Nothing was done");
    } else {
        output.print(&cancelled, |styling| in_text(&cancelled, styling))?;
        eprintln!("tradepost: nothing was done: no terminal to confirm on; pass --yes");
    }
    Ok(ExitCode::from(NOT_CONFIRMED))
}

async fn nothing_to_do(client: &Client, plan: Operation, output: Output) -> anyhow::Result<ExitCode> {
    let cancelled = client.turn_operation(plan.id, Turn::Cancel).await?;
    output.print(&cancelled, |styling| in_text(&cancelled, styling))?;
    eprintln!("tradepost: nothing to act on");
    // Nothing there is well; named or found and skipped is not.
    let is_well = cancelled.selected == 0 && cancelled.selection.ids.is_none();
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(REFUSED)
    })
}

/// A plan that was only looked at: the operation, and every message that it leaves out.
#[derive(Serialize)]
struct DryRun {
    operation: Operation,
    left_out: Vec<OperationItem>,
}

async fn dry_run(client: &Client, plan: Operation, output: Output) -> anyhow::Result<ExitCode> {
    let left_out = plan.left_out.iter().map(|l| l.messages).sum::<i64>();
    let query = Query::default().with("state", Some("left_out"));
    let wanted = usize::try_from(left_out).unwrap_or(0);
    let items = match wanted {
        0 => Vec::new(),
        wanted => {
            let read = async |query: Query| client.operation_items(plan.id, &query).await;
            cli::collect(wanted, query, read).await?.rows
        }
    };
    let operation = client.turn_operation(plan.id, Turn::Cancel).await?;
    let dry = DryRun {
        operation,
        left_out: items,
    };
    let now = time::OffsetDateTime::now_utc();
    output.print(&dry, |styling| {
        let mut out = in_text(&dry.operation, styling);
        if !dry.left_out.is_empty() {
            out.push_str(&format!("\n{}", plain::print(&dry.left_out, now, styling)));
        }
        out
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Shows how far it is until it is over or wants somebody. Leaving does not stop it.
async fn watch(client: &Client, started: Operation, output: Output) -> anyhow::Result<ExitCode> {
    let id = started.id;
    let is_going_on = |state: OperationState| !state.is_over() && state != OperationState::Stopped;
    let progress = |operation: &Operation| is_going_on(operation.state).then(|| in_short(operation));
    let read = async |operation: &Operation| client.operation(operation.id).await;
    let Some(operation) = follow::follow(started, progress, read).await? else {
        eprintln!("The operation continues in the daemon: `tradepost ops show {id}`");
        return Ok(ExitCode::from(REFUSED));
    };
    output.print(&operation, |_| format!("{}\n", text::clean(&outcome(&operation))))?;
    Ok(match operation.state {
        OperationState::Done if operation.refailed == 0 => ExitCode::SUCCESS,
        _ => ExitCode::from(REFUSED),
    })
}
