//! `tradepost catalogue`: finds, shows, labels, pins, buries and withdraws.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use tradepost_common::catalog::{Category, Entry, Labels, SetStanding, Standing, Withdraw};
use tradepost_common::sales::{Product, ProductKind};
use tradepost_common::text::Text;
use uuid::Uuid;

use super::acts::parse_labels;
use crate::cli::{NOT_CONFIRMED, Output, Twin, confirm};
use crate::client::Client;
use crate::text::clean;

/// The catalogue: find items as the public does, label, pin, bury, withdraw.
#[derive(Debug, Args)]
pub struct CatalogueArgs {
    #[command(subcommand)]
    part: CatalogueCommand,
}

/// Something in the catalogue.
#[derive(Debug, Args)]
struct What {
    /// Its id.
    id: Uuid,
    /// item, set or family.
    #[arg(long, default_value = "item", value_name = "KIND")]
    kind: ProductKind,
}

impl What {
    fn product(&self) -> Product {
        self.kind.with(self.id)
    }
}

#[derive(Debug, Subcommand)]
enum CatalogueCommand {
    /// Find items, the best first.
    Find {
        /// Words; none: the most popular.
        words: Vec<String>,
        /// Maximum number of rows, at most 200.
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
    /// Show what an entry is found by, and its counts.
    Show {
        #[command(flatten)]
        what: What,
    },
    /// The tree of categories.
    Categories,
    /// Replace the labels that are named; the others stay.
    Label {
        #[command(flatten)]
        what: What,
        /// A slug; an empty one: that of the set or family.
        #[arg(long)]
        category: Option<String>,
        /// With commas between.
        #[arg(long)]
        tags: Option<String>,
        /// With commas between.
        #[arg(long)]
        styles: Option<String>,
    },
    /// Put it before all others that match as well (pinned), behind them (buried), or back (normal).
    Place {
        #[command(flatten)]
        what: What,
        /// pinned, normal or buried.
        standing: Standing,
        /// Recorded in the audit log.
        #[arg(long)]
        reason: String,
    },
    /// Take it out of the catalogue. Who bought it keeps it.
    Withdraw {
        #[command(flatten)]
        what: What,
        /// Recorded in the audit log.
        #[arg(long)]
        reason: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

impl Twin for CatalogueArgs {
    const NAME: &'static str = "catalogue";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        match self.part {
            CatalogueCommand::Find { words, limit } => {
                let found = client.find_items(&words.join(" "), limit).await?;
                output.print_rows(&found, &found)?;
            }
            CatalogueCommand::Show { what } => {
                let entry = client.entry(what.product()).await?;
                output.print(&entry, |_| in_text(&entry))?;
            }
            CatalogueCommand::Categories => {
                let tree = client.categories().await?;
                output.print(&tree, |_| tree.iter().map(line).collect())?;
            }
            CatalogueCommand::Label {
                what,
                category,
                tags,
                styles,
            } => {
                let product = what.product();
                let old = client.entry(product).await?.labels;
                let labels = changed(old, category, tags, styles).map_err(anyhow::Error::msg)?;
                let labels = client.set_labels(product, &labels).await?;
                output.print(&labels, |_| format!("the {} is labelled\n", what.kind))?;
            }
            CatalogueCommand::Place { what, standing, reason } => {
                let reason = parse_reason(&reason)?;
                let entry = client
                    .set_standing(what.product(), &SetStanding { standing, reason })
                    .await?;
                output.print(&entry, |_| format!("{} is {}\n", clean(&entry.title), entry.standing))?;
            }
            CatalogueCommand::Withdraw { what, reason, yes } => {
                let reason = parse_reason(&reason)?;
                let entry = client.entry(what.product()).await?;
                let question = format!("Withdraw the {} {}? Type yes:", entry.kind, clean(&entry.title));
                if !yes && !is_confirmed(&question).await? {
                    return Ok(ExitCode::from(NOT_CONFIRMED));
                }
                let gone = client.withdraw(what.product(), &Withdraw { reason }).await?;
                output.print(&gone, |_| format!("{} items are withdrawn\n", gone.items))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn parse_reason(typed: &str) -> anyhow::Result<Text<200>> {
    Text::parse(typed).map_err(anyhow::Error::msg).context("the reason")
}

fn changed(
    old: Labels,
    category: Option<String>,
    tags: Option<String>,
    styles: Option<String>,
) -> Result<Labels, String> {
    let tags = tags.map(|typed| parse_labels(&typed, Labels::MAX_TAGS)).transpose()?;
    let styles = styles
        .map(|typed| parse_labels(&typed, Labels::MAX_STYLES))
        .transpose()?;
    Ok(Labels {
        category: match category {
            Some(slug) if slug.is_empty() => None,
            Some(slug) => Some(slug),
            None => old.category,
        },
        tags: tags.unwrap_or(old.tags),
        styles: styles.unwrap_or(old.styles),
    })
}

fn in_text(entry: &Entry) -> String {
    let counts = entry.counts;
    let mut lines = vec![
        format!("{} {} of {}", entry.kind, clean(&entry.title), entry.contributor),
        format!("found by    {}", clean(&entry.facets.join(" "))),
        format!(
            "counts      {} views, {} downloads, {} favourites, {} sales",
            counts.views, counts.downloads, counts.favourites, counts.sales
        ),
        format!("popularity  {:.1}", entry.popularity),
        format!("place       {}", entry.standing),
    ];
    lines.extend(
        entry
            .reason
            .as_deref()
            .map(|reason| format!("reason      {}", clean(reason))),
    );
    lines.join("\n") + "\n"
}

fn line(category: &Category) -> String {
    let indent = "  ".repeat(usize::try_from(category.depth).unwrap_or_default());
    format!("{indent}{}  {}\n", category.slug, clean(&category.name))
}

/// Without a terminal nobody can be asked, and nothing is done.
async fn is_confirmed(question: &str) -> anyhow::Result<bool> {
    if confirm::can_ask() {
        return confirm::ask(question, "yes").await;
    }
    Ok(false)
}
