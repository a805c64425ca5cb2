//! Changes, withdrawals and deletes of items while the daemon is killed, and with it its PostgreSQL; then the index is compared with the
//! truth.
//!
//! An item is changed by giving it a tag that nobody else has: whoever has it by the truth must be found by it, and nobody else.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::TestApp;
use crate::opensearch::OpenSearch;

/// The amount of chaos.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Changes, withdrawals and deletes in all.
    #[arg(long, default_value_t = 10_000)]
    pub changes: u32,
    /// Times that the daemon is killed with SIGKILL.
    #[arg(long, default_value_t = 50)]
    pub kills: u32,
    /// Items of the catalogue.
    #[arg(long, default_value_t = 5_000)]
    pub items: u32,
    /// Keeps the index on a server that speaks the protocol of OpenSearch.
    #[arg(long)]
    pub opensearch: bool,
}

/// The outcome.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub kills: u32,
    pub changed: u32,
    pub withdrawn: u32,
    pub deleted: u32,
    /// Withdrawn and deleted items that a search found after their withdrawal was committed, at once or in the end.
    pub found_though_gone: u32,
    /// Changed items that are not found by their tag in the end, or that are found by an old one.
    pub missed: u32,
    /// Differences of the index and the catalogue, as the control socket tells them.
    pub missing: u64,
    pub surplus: u64,
}

impl Verdict {
    /// Nothing was missed and nothing found that is gone.
    pub fn is_good(&self) -> bool {
        [self.found_though_gone, self.missed] == [0; 2] && [self.missing, self.surplus] == [0; 2]
    }

    pub fn print(&self, took: Duration) {
        println!("| | found | goal |\n|---|---|---|");
        println!("| kills of the daemon | {} | |", self.kills);
        println!(
            "| changed, withdrawn, deleted | {}, {}, {} | |",
            self.changed, self.withdrawn, self.deleted
        );
        println!("| found though gone | {} | 0 |", self.found_though_gone);
        println!("| missed | {} | 0 |", self.missed);
        println!(
            "| missing and too many in the index | {}, {} | 0, 0 |",
            self.missing, self.surplus
        );
        println!("\nin {:.0} s", took.as_secs_f64());
    }
}

/// Runs the whole story and prints the outcome. `false`: something was missed, or found though gone.
pub async fn run(options: &Options) -> anyhow::Result<bool> {
    let started = Instant::now();
    let verdict = tell(options).await?;
    verdict.print(started.elapsed());
    Ok(verdict.is_good())
}

/// The items as they should be.
struct Story {
    app: TestApp,
    db: PgPool,
    random: StdRng,
    /// Published items.
    items: Vec<Uuid>,
    /// The item of each tag, and whether it still has it.
    tags: BTreeMap<String, (Uuid, bool)>,
    verdict: Verdict,
}

/// Changes, withdraws, deletes and kills.
pub async fn tell(options: &Options) -> anyhow::Result<Verdict> {
    let server = match options.opensearch {
        true => Some(OpenSearch::start().context("no OpenSearch server: make/opensearch")?),
        false => None,
    };
    let app = TestApp::start_with(server.as_ref().map(OpenSearch::options).unwrap_or_default());
    let items = options.items.to_string();
    let made = app.tradepostd(&["sample", "catalogue", "--items", &items]);
    anyhow::ensure!(made.status.success(), "no catalogue: {made:?}");
    let db = app.database().await;
    let items = sqlx::query_scalar("select id from items where state = 'published'")
        .fetch_all(&db)
        .await?;
    let mut story = Story {
        app,
        db,
        random: StdRng::seed_from_u64(1),
        items,
        tags: BTreeMap::new(),
        verdict: Verdict::default(),
    };
    for number in 0..options.changes {
        story.step(number).await?;
        // The feed is at work on the last changes.
        if (number + 1) * options.kills / options.changes > number * options.kills / options.changes {
            story.kill().await;
        }
    }
    story.compare().await
}

impl Story {
    async fn step(&mut self, number: u32) -> anyhow::Result<()> {
        let gone = match number % 5 {
            0..=2 => None,
            3 => Some("update items set state = 'blocked' where id = $1"),
            _ => Some("delete from items where id = $1"),
        };
        let tagged: Vec<_> = self.tags.iter().filter(|(_, (_, has))| *has).collect();
        match (gone, tagged.choose(&mut self.random)) {
            (Some(statement), Some((tag, (item, _)))) => {
                let (tag, item) = ((*tag).clone(), *item);
                self.end(statement, item).await?;
                self.tags.insert(tag.clone(), (item, false));
                if !self.found(&tag).await?.is_empty() {
                    self.verdict.found_though_gone += 1;
                }
                if number % 5 == 3 {
                    self.verdict.withdrawn += 1;
                } else {
                    self.verdict.deleted += 1;
                }
            }
            _ => self.change(number).await?,
        }
        Ok(())
    }

    /// Ends the publication of an item.
    async fn end(&mut self, statement: &'static str, item: Uuid) -> anyhow::Result<()> {
        sqlx::query(statement).bind(item).execute(&self.db).await?;
        self.items.retain(|known| *known != item);
        Ok(())
    }

    async fn change(&mut self, number: u32) -> anyhow::Result<()> {
        let item = self.items[self.random.random_range(0..self.items.len())];
        let tag = format!("change{number}");
        sqlx::query("update items set tags = array[$2] where id = $1")
            .bind(item)
            .bind(&tag)
            .execute(&self.db)
            .await?;
        for (other, has) in self.tags.values_mut() {
            *has &= *other != item;
        }
        self.tags.insert(tag, (item, true));
        self.verdict.changed += 1;
        Ok(())
    }

    async fn kill(&mut self) {
        self.db.close().await;
        self.app.kill();
        self.app.restart();
        self.db = self.app.database().await;
        self.verdict.kills += 1;
    }

    /// The items that have a tag, as the public search finds them.
    async fn found(&self, tag: &str) -> anyhow::Result<Vec<Uuid>> {
        let (status, found) = self.app.get(&format!("/v1/search?tag={tag}"), None).await;
        anyhow::ensure!(status.is_success(), "{status}: {found}");
        let ids = found["rows"].as_array().into_iter().flatten();
        Ok(ids
            .filter_map(|row| row["id"].as_str().and_then(|id| id.parse().ok()))
            .collect())
    }

    /// Waits until the feed has done its work, and compares.
    async fn compare(mut self) -> anyhow::Result<Verdict> {
        let published = self.items.len() as u64;
        self.app
            .until("/v1/search", |status: &Value| {
                status["waiting"] == 0 && status["rebuild"].is_null() && status["documents"].as_u64() >= Some(published)
            })
            .await;
        let differences = self.app.look("/v1/search/differences").await;
        self.verdict.missing = differences["missing"].as_u64().unwrap_or(u64::MAX);
        self.verdict.surplus = differences["withdrawn"].as_u64().unwrap_or(u64::MAX);
        for (tag, (item, has)) in &self.tags {
            let found = self.found(tag).await?;
            let is_gone = !self.items.contains(item);
            match (has, is_gone) {
                (true, _) if found != [*item] => self.verdict.missed += 1,
                (false, true) if !found.is_empty() => self.verdict.found_though_gone += 1,
                (false, false) if !found.is_empty() => self.verdict.missed += 1,
                _ => {}
            }
        }
        self.db.close().await;
        Ok(self.verdict)
    }
}
