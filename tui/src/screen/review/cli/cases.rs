//! `tradepost cases`, `approve` and `reject`.

use std::process::ExitCode;

use anyhow::Context;
use tradepost_common::ids::{CaseId, ItemId};
use tradepost_common::review::{Approve, Ask, Ban, CaseDetail, CaseItem, Decision, Reject, Source};

use super::args::{BanArgs, CaseList, CasesCommand, Why};
use super::bulk;
use crate::cli::confirm;
use crate::cli::{self, Output};
use crate::cli::{NOT_CONFIRMED, REFUSED};
use crate::client::Client;
use crate::plain::{self, Styling, paint};
use crate::query::Query;
use crate::rows::finding;
use crate::screen::review::decide::decision_in_words;
use crate::screen::review::view::compare::{order_in_words, relation_in_words};
use crate::screen::review::view::{case_head, record};
use crate::text;

/// Letters and decisions are wrapped; ids are not.
const WIDTH: usize = 100;

pub async fn run(client: &Client, act: CasesCommand, output: Output) -> anyhow::Result<ExitCode> {
    match act {
        CasesCommand::Ls(asked) => list(client, asked, output).await?,
        CasesCommand::Show { id } => show(client, id.resolve(client).await?, output).await?,
        CasesCommand::Next => return next(client, output).await,
        CasesCommand::Approve { case, except, why } => {
            approve(client, case.resolve(client).await?, &except, why, output).await?
        }
        CasesCommand::Reject { case, why } => reject(client, case.resolve(client).await?, why, output).await?,
        CasesCommand::Skip { case } => {
            let case = case.resolve(client).await?;
            client.skip(case).await?;
            done(client, case, "skipped for an hour", output).await?;
        }
        CasesCommand::Ask { case, question } => {
            let case = case.resolve(client).await?;
            client.ask(case, &Ask { question }).await?;
            done(client, case, "waits for the contributor's answer", output).await?;
        }
        CasesCommand::Ban(args) => return ban(client, args, output).await,
        CasesCommand::Unban { account } => {
            client.unban(&account).await?;
            let answer = serde_json::json!({ "account": account, "banned": false });
            output.print(&answer, |_| format!("{} may upload again\n", text::clean(&account)))?;
        }
        CasesCommand::Undo { case } => {
            let case = case.resolve(client).await?;
            client.undo(case).await?;
            done(client, case, "undone: the case is open again", output).await?;
        }
        CasesCommand::Bulk { act } => return bulk::run(client, act, output).await,
        CasesCommand::Source {
            case,
            file,
            line,
            column,
            lines,
        } => {
            source(
                client,
                case.resolve(client).await?,
                &file,
                (line, column, lines),
                output,
            )
            .await?
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn list(client: &Client, asked: CaseList, output: Output) -> anyhow::Result<()> {
    let query = Query::default()
        .with("which", Some(asked.only))
        .with("cluster", asked.cluster)
        .with("contributor", asked.contributor);
    let query = asked.search.narrow(query);
    let page = cli::collect(asked.search.limit, query, async |query| client.cases(&query).await).await?;
    output.print_rows(&page, &page.rows)
}

/// The case as it is after an act whose own answer says nothing more.
async fn done(client: &Client, case: CaseId, what: &str, output: Output) -> anyhow::Result<()> {
    let detail = client.case(case).await?;
    output.print(&detail.case, |_| {
        format!("{}: {what}\n", text::clean(&detail.case.title))
    })
}

async fn next(client: &Client, output: Output) -> anyhow::Result<ExitCode> {
    match client.next_case().await? {
        Some(row) => {
            output.print(&row, |_| {
                let (title, reason) = (text::clean(&row.title), text::clean(&row.reason));
                format!("{} {title}: {reason}\n", row.id)
            })?;
            Ok(ExitCode::SUCCESS)
        }
        None => {
            output.print(&serde_json::Value::Null, |_| String::new())?;
            eprintln!("tradepost: no case waits for you");
            Ok(ExitCode::from(REFUSED))
        }
    }
}

async fn ban(client: &Client, args: BanArgs, output: Output) -> anyhow::Result<ExitCode> {
    let case = args.case.resolve(client).await?;
    let row = client.case(case).await?.case;
    let who = text::clean(&row.contributor).into_owned();
    let others = match args.reject_open {
        true => " and all their other open cases",
        false => "",
    };
    let title = text::clean(&row.title);
    let question = format!("Ban {who} and reject {title}{others}? [y/N]");
    let confirmed = args.yes || (confirm::can_ask() && confirm::ask(&question, "y").await?);
    if !confirmed {
        eprintln!("tradepost: nothing was done: pass --yes to ban {who} without a question");
        return Ok(ExitCode::from(NOT_CONFIRMED));
    }
    let body = Ban {
        template: args.why.template,
        reason: args.why.reason,
        reject_open: args.reject_open,
    };
    let decision = client.ban(case, &body).await?;
    print_decision(&row.title, &decision, output)?;
    Ok(ExitCode::SUCCESS)
}

async fn source(
    client: &Client,
    case: CaseId,
    file: &str,
    (line, column, lines): (i32, Option<i32>, i32),
    output: Output,
) -> anyhow::Result<()> {
    let item = match file.parse::<ItemId>() {
        Ok(id) => id,
        Err(_) => find_item(&client.case(case).await?.items, file)?,
    };
    let query = Query::default()
        .with("line", Some(line))
        .with("column", column)
        .with("lines", Some(lines));
    let source = client.source(case, item, &query).await?;
    output.print(&source, |styling| source_in_text(&source, line, styling))
}

fn source_in_text(source: &Source, asked: i32, styling: Styling) -> String {
    let digits = source.total_lines.to_string().len();
    let mut out = String::new();
    for (number, line) in (source.first_line..).zip(&source.lines) {
        let (sign, tone) = if number == asked {
            (">", crate::theme::Tone::Accent)
        } else {
            (" ", crate::theme::Tone::Plain)
        };
        let words = text::clean(&line.text).into_owned();
        out.push_str(&format!("{sign} {number:>digits$} | {}", paint(&words, tone, styling)));
        if line.hidden > 0 {
            out.push_str(&format!(" ... {} not shown", line.hidden));
        }
        out.push('\n');
    }
    out
}

pub async fn show(client: &Client, id: CaseId, output: Output) -> anyhow::Result<()> {
    let detail = client.case(id).await?;
    output.print(&detail, |styling| in_text(&detail, styling))
}

fn in_text(detail: &CaseDetail, styling: Styling) -> String {
    let now = time::OffsetDateTime::now_utc();
    let severity = finding::severity(detail.case.severity);
    let record = &detail.record;
    let mut out = format!(
        "case      {}\nupload    {}\nseverity  {}\ntitle     {}\nfrom      {} ({}): {} uploads, {} published, {} rejected\nlicence   {}\nfiles     {} ({} blocked)\n",
        detail.case.id,
        detail.case.upload_id,
        paint(&severity.text, severity.tone, styling),
        text::clean(&detail.case.title),
        text::clean(&record.account),
        text::clean(record.trust.as_str()),
        record.uploads,
        record.published,
        record.rejected,
        text::clean(detail.licence.as_deref().unwrap_or("-")),
        detail.case.items,
        detail.case.items_blocked,
    );
    if detail.decision.is_none() {
        out.push_str(&format!("target    {}\n", case_head::due(&detail.case, now).0));
    }
    if let Some(holder) = &detail.case.claimed_by {
        out.push_str(&format!("held by   {}\n", text::clean(holder)));
    }
    if let Some(decision) = &detail.decision {
        let words = decision_in_words(&detail.case.title, decision);
        out.push_str(&format!(
            "decided   {} by {}\n",
            text::clean(&words),
            text::clean(&decision.by)
        ));
    }
    out.push('\n');
    for (words, tone) in record::lines(detail, WIDTH) {
        out.push_str(&format!("{}\n", paint(&words, tone, styling)));
    }
    out.push_str(&finding::in_full(&detail.findings, styling));
    out.push_str(&looks_in_text(detail));
    out.push_str("\nFILES\n");
    out.push_str(&plain::print(&detail.items, now, styling));
    out
}

fn looks_in_text(detail: &CaseDetail) -> String {
    if detail.look_alikes.is_empty() {
        return String::new();
    }
    let mut out = "\nLOOK-ALIKES\n".to_owned();
    for look in &detail.look_alikes {
        let line = format!(
            "{}  {}  {} of {} ({}, {}, since {})",
            look.path,
            relation_in_words(look),
            look.other_path,
            look.other_contributor,
            look.other_state,
            order_in_words(look),
            look.other_since.date(),
        );
        out.push_str(&format!("{}\n", text::clean(&line)));
    }
    out
}

pub async fn approve(client: &Client, case: CaseId, except: &[String], why: Why, output: Output) -> anyhow::Result<()> {
    let detail = client.case(case).await?;
    let except = except
        .iter()
        .map(|name| find_item(&detail.items, name))
        .collect::<anyhow::Result<_>>()?;
    let body = Approve {
        except,
        template: why.template,
        reason: why.reason,
    };
    let decision = client.approve(case, &body).await?;
    print_decision(&detail.case.title, &decision, output)
}

pub async fn reject(client: &Client, case: CaseId, why: Why, output: Output) -> anyhow::Result<()> {
    anyhow::ensure!(
        why.template.is_some() || why.reason.is_some(),
        "a rejection needs a reason: --template, --reason or both"
    );
    let title = client.case(case).await?.case.title;
    let body = Reject {
        template: why.template,
        reason: why.reason,
    };
    let decision = client.reject(case, &body).await?;
    print_decision(&title, &decision, output)
}

fn print_decision(title: &str, decision: &Decision, output: Output) -> anyhow::Result<()> {
    output.print(decision, |_| {
        format!("{}\n", text::clean(&decision_in_words(title, decision)))
    })
}

/// The item with that path or that id.
fn find_item(items: &[CaseItem], name: &str) -> anyhow::Result<ItemId> {
    items
        .iter()
        .find(|item| item.path == name || item.id.to_string() == name)
        .map(|item| item.id)
        .with_context(|| format!("{name:?} is neither a file of this case nor the id of one; see `tradepost cases ID`"))
}
