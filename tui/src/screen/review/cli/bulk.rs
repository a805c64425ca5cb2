//! `tradepost cases bulk`: plan, show the plan, ask, decide.

use std::process::ExitCode;

use serde::Serialize;
use tradepost_common::ids::CaseId;
use tradepost_common::review::{Bulk, BulkAct, BulkDone, BulkPlan, BulkPreview, BulkWhich, LeftOut};

use super::args::{BulkArgs, BulkCommand};
use crate::cli::IdArg;
use crate::cli::Output;
use crate::cli::confirm;
use crate::cli::{NOT_CONFIRMED, REFUSED};
use crate::client::Client;
use crate::format;
use crate::screen::review::bulk::number_to_type;
use crate::screen::review::view::bulk::preview_in_words;
use crate::text;

/// The most cases that the daemon decides at once.
const MOST: usize = 1_000;

pub async fn run(client: &Client, command: BulkCommand, output: Output) -> anyhow::Result<ExitCode> {
    let (args, act) = match command {
        BulkCommand::Approve(args) => (args, BulkAct::Approve),
        BulkCommand::Reject { which, why } => {
            anyhow::ensure!(
                why.template.is_some() || why.reason.is_some(),
                "a rejection needs a reason: --template, --reason or both"
            );
            let act = BulkAct::Reject {
                template: why.template,
                reason: why.reason,
            };
            (which, act)
        }
    };
    let (dry_run, yes) = (args.dry_run, args.yes);
    let plan = BulkPlan {
        which: which(client, args).await?,
        act,
    };
    let preview = client.plan_bulk(&plan).await?;
    if dry_run {
        output.print(&preview, |_| plan_in_text(&preview, &plan.act))?;
        return Ok(ExitCode::SUCCESS);
    }
    if preview.cases.is_empty() {
        return nothing_to_do(&preview, &plan, output);
    }
    if !yes && !confirmed(&preview, &plan.act).await? {
        output.print(&preview, |_| plan_in_text(&preview, &plan.act))?;
        eprintln!("tradepost: nothing was decided; pass --yes to decide without a question");
        return Ok(ExitCode::from(NOT_CONFIRMED));
    }
    let body = Bulk {
        act: plan.act,
        confirm: number_to_type(&preview),
        cases: preview.cases,
    };
    let done = client.bulk(&body).await?;
    output.print(&done, |_| done_in_text(&done, &body.act))?;
    Ok(match done.left_out.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(REFUSED),
    })
}

async fn which(client: &Client, args: BulkArgs) -> anyhow::Result<BulkWhich> {
    anyhow::ensure!(args.cases.len() <= MOST, "at most {MOST} cases can be decided at once");
    Ok(match (args.cluster, args.contributor) {
        (Some(cluster), _) => BulkWhich::Cluster(cluster),
        (None, Some(contributor)) => BulkWhich::Contributor(contributor),
        (None, None) => BulkWhich::Cases(IdArg::resolve_all(&args.cases, client).await?),
    })
}

fn verb(act: &BulkAct) -> &'static str {
    match act {
        BulkAct::Approve => "approve",
        BulkAct::Reject { .. } => "reject",
    }
}

/// Shows the plan where somebody can be asked, and asks: more than twenty cases want their number.
async fn confirmed(preview: &BulkPreview, act: &BulkAct) -> anyhow::Result<bool> {
    if !confirm::can_ask() {
        return Ok(false);
    }
    eprint!("{}", plan_in_text(preview, act));
    let cases = format::plural(preview.cases.len() as i64, "case", "cases");
    match &number_to_type(preview) {
        Some(number) => {
            let question = format!("{} {cases}? Type {number} to continue:", verb(act));
            confirm::ask(&question, number).await
        }
        None => confirm::ask(&format!("{} {cases}? [y/N]", verb(act)), "y").await,
    }
}

fn nothing_to_do(preview: &BulkPreview, plan: &BulkPlan, output: Output) -> anyhow::Result<ExitCode> {
    let nothing = NoDecision {
        decided: [],
        left_out: &preview.left_out,
    };
    output.print(&nothing, |_| plan_in_text(preview, &plan.act))?;
    eprintln!("tradepost: there is nothing to decide");
    // NoDecision there is well; named or found and skipped is not.
    let is_well = preview.left_out.is_empty() && !matches!(plan.which, BulkWhich::Cases(_));
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(REFUSED)
    })
}

/// The shape of [`BulkDone`], when nothing was.
#[derive(Serialize)]
struct NoDecision<'a> {
    decided: [CaseId; 0],
    left_out: &'a [LeftOut],
}

fn plan_in_text(preview: &BulkPreview, act: &BulkAct) -> String {
    let mut out = format!("{}\n", preview_in_words(preview, verb(act)));
    push_left_out(&mut out, &preview.left_out);
    out
}

fn done_in_text(done: &BulkDone, act: &BulkAct) -> String {
    let outcome = match act {
        BulkAct::Approve => "approved",
        BulkAct::Reject { .. } => "rejected",
    };
    let mut out = format!(
        "{} {outcome}, {} skipped\n",
        format::plural(done.decided.len() as i64, "case", "cases"),
        format::count(done.left_out.len() as i64)
    );
    push_left_out(&mut out, &done.left_out);
    out
}

fn push_left_out(out: &mut String, left_out: &[LeftOut]) {
    for left in left_out {
        let (title, why) = (text::clean(&left.title), text::clean(&left.why));
        out.push_str(&format!("{}  {title}: {why}\n", left.case));
    }
}
