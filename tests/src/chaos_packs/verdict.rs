//! Every file, row and object is counted.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use sqlx::PgPool;

use super::{Options, Scene};

/// Four widths in two formats, and the watermarked one.
const RENDITIONS: i64 = 9;
/// The names of the objects that rows refer to, by area.
const NAMES: [(&str, &str); 2] = [
    (
        "m",
        "select encode(sha256, 'hex') from items union select encode(file_sha256, 'hex') from items where file_sha256 is not null",
    ),
    (
        "r",
        "select encode(sha256, 'hex') || '.' || format from renditions
        union select encode(sha256, 'hex') || '.' || format from family_previews",
    ),
];

/// The counts.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Files that are ready or published, each with all renditions and a verdict.
    pub done: i64,
    /// Files that are not.
    pub lost: i64,
    /// Files, renditions, verdicts and contact sheets beyond one of each.
    pub doubled: i64,
    /// Packs that are not at rest, or were rejected.
    pub open: i64,
    pub rows_without_an_object: usize,
    pub objects_without_a_row: usize,
    pub dead_letters: i64,
    /// Messages that are still ready or in flight.
    pub messages: i64,
    /// Failed attempts that were recorded: statements that PostgreSQL took with it.
    pub attempts: i64,
}

impl Verdict {
    pub(super) async fn count(scene: &Scene) -> anyhow::Result<Self> {
        let db = scene.app.database().await;
        let number = async |statement: &str| count(&db, statement).await;
        let done = number(
            "select count(*) from items where state in ('ready', 'published')
                and (select count(*) from renditions where item_id = items.id) = 9
                and exists (select from verdicts join sets on sets.upload_id = verdicts.upload_id
                    where sets.id = items.set_id and verdicts.file_path = items.path)",
        )
        .await?;
        let (mut without_object, mut without_row) = (0, 0);
        for (area, statement) in NAMES {
            let names: Vec<String> = sqlx::query_scalar(statement).fetch_all(&db).await?;
            let names: BTreeSet<_> = names.into_iter().collect();
            let stored = stored(&scene.app.state.join("objects").join(area))?;
            without_object += names.difference(&stored).count();
            without_row += stored.difference(&names).count();
        }
        let verdict = Self {
            done,
            lost: scene.files as i64 - done,
            doubled: number(
                "select (select count(*) - count(distinct (set_id, path)) from items)
                    + (select count(*) - count(distinct (item_id, preset)) from renditions)
                    + (select count(*) - count(distinct (upload_id, file_path, sha256)) from verdicts)
                    + (select count(*) - count(distinct (set_id, format)) from family_previews)
                    + (select count(*) - count(distinct upload_id) from sets)",
            )
            .await?
                + (number("select count(*) from renditions").await? - RENDITIONS * scene.files as i64).max(0),
            open: number(
                "select count(*) from uploads where settled_at is null or state not in ('published', 'in_review')",
            )
            .await?,
            rows_without_an_object: without_object,
            objects_without_a_row: without_row,
            dead_letters: number("select count(*) from dead_letters").await?,
            messages: number("select count(*) from queue_messages where visible_at <= now() or receipt is not null")
                .await?,
            attempts: number("select count(*) from attempts").await?,
        };
        db.close().await;
        Ok(verdict)
    }

    /// Every file is there once, and nothing else.
    pub fn is_good(&self) -> bool {
        let wrong = [self.lost, self.doubled, self.open, self.dead_letters];
        wrong == [0; 4] && [self.rows_without_an_object, self.objects_without_a_row] == [0; 2]
    }

    pub(super) fn print(&self, scene: &Scene, options: &Options, took: Duration) {
        println!(
            "| {} files in {} packs | found | must be |\n|---|---|---|",
            scene.files, scene.packs
        );
        println!("| kills of the daemon | {} | {} |", scene.kills, options.kills);
        println!("| crashes of PostgreSQL | {} | {} |", scene.crashes, options.crashes);
        println!(
            "| files with a verdict and all renditions | {} | {} |",
            self.done, scene.files
        );
        println!("| lost / doubled | {} / {} | 0 / 0 |", self.lost, self.doubled);
        println!("| packs not at rest, or rejected | {} | 0 |", self.open);
        println!("| rows without an object | {} | 0 |", self.rows_without_an_object);
        println!("| objects without a row | {} | 0 |", self.objects_without_a_row);
        println!("| dead letters | {} | 0 |", self.dead_letters);
        println!(
            "| failed attempts recorded / messages still ready or in flight | {} / {} | |",
            self.attempts, self.messages
        );
        println!("\nin {:.0} s", took.as_secs_f64());
    }
}

async fn count(db: &PgPool, statement: &str) -> anyhow::Result<i64> {
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    Ok(sqlx::query_scalar(statement).fetch_one(db).await?)
}

/// The names of the objects below a folder.
fn stored(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.extend(stored(&entry.path())?);
        } else {
            names.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}
