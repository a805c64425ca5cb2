//! `tradepost cases`, `approve` and `reject`.

use anyhow::Context;
use tradepost_common::ids::{CaseId, ItemId};
use tradepost_common::review::{Approve, CaseDetail, CaseItem, Decision, Reject};

use super::{Output, lists, uploads};
use crate::client::Client;
use crate::plain::{self, Ink, paint};
use crate::query::Query;
use crate::state::answers::decision_in_words;
use crate::text;
use crate::view::findings;

pub async fn list(client: &Client, only: &str, limit: usize, output: Output) -> anyhow::Result<()> {
    let query = Query::default().with("state", Some(only));
    let page = lists::collect(limit, query, async |query| client.cases(&query).await).await?;
    output.print_rows(&page, &page.rows)
}

pub async fn show(client: &Client, id: CaseId, output: Output) -> anyhow::Result<()> {
    let detail = client.case(id).await?;
    output.print(&detail, |ink| in_text(&detail, ink))
}

fn in_text(detail: &CaseDetail, ink: Ink) -> String {
    let now = time::OffsetDateTime::now_utc();
    let severity = findings::severity(detail.case.severity);
    let record = &detail.record;
    let mut out = format!(
        "case      {}\nupload    {}\nseverity  {}\ntitle     {}\nfrom      {} ({}): {} uploads, {} published, {} rejected\nlicence   {}\nfiles     {} ({} blocked)\n",
        detail.case.id,
        detail.case.upload_id,
        paint(&severity.text, severity.tone, ink),
        text::clean(&detail.case.title),
        text::clean(&record.account),
        text::clean(&record.trust),
        record.uploads,
        record.published,
        record.rejected,
        text::clean(detail.licence.as_deref().unwrap_or("-")),
        detail.case.items,
        detail.case.items_blocked,
    );
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
    out.push_str(&uploads::in_full(&detail.findings, ink));
    out.push_str("\nFILES\n");
    out.push_str(&plain::print(&detail.items, now, ink));
    out
}

pub async fn approve(
    client: &Client,
    case: CaseId,
    except: &[String],
    reason: Option<String>,
    output: Output,
) -> anyhow::Result<()> {
    let detail = client.case(case).await?;
    let except = except
        .iter()
        .map(|name| find_item(&detail.items, name))
        .collect::<anyhow::Result<_>>()?;
    let decision = client
        .approve(
            case,
            &Approve {
                except,
                reason,
                template: None,
            },
        )
        .await?;
    print_decision(&detail.case.title, &decision, output)
}

pub async fn reject(client: &Client, case: CaseId, reason: String, output: Output) -> anyhow::Result<()> {
    let title = client.case(case).await?.case.title;
    let decision = client
        .reject(
            case,
            &Reject {
                template: None,
                reason: Some(reason),
            },
        )
        .await?;
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
