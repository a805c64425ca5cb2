//! Copies whole stores, several sections at once, and says how far it is.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::time::Instant;

use anyhow::Context as _;
use futures_util::stream::{self, TryStreamExt as _};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use tradepost_store::Store;
use tradepost_store::copy::{Copied, Section, copy, names, sections, verify};
use tradepostd::objects::AREAS;

/// Sections that are copied at once.
const AT_ONCE: usize = 8;

/// Copies what the target lacks.
pub async fn copy_all(from: &Store, to: &Store) -> anyhow::Result<Copied> {
    let [packs, quarantine, content @ ..] = &sections(&AREAS)[..] else {
        anyhow::bail!("there are always these sections");
    };
    let bar = bar(2 + content.len());
    let mut total = Copied::default();
    // One after the other: a pack that is moved meanwhile is found in quarantine.
    for section in [packs, quarantine] {
        add(&mut total, &copy_section(from, to, *section, &bar).await?);
    }
    let copies = stream::iter(content.iter().map(anyhow::Ok));
    let copies = copies.map_ok(|section| copy_section(from, to, *section, &bar));
    let counts: Vec<_> = copies.try_buffer_unordered(AT_ONCE).try_collect().await?;
    counts.iter().for_each(|count| add(&mut total, count));
    bar.finish_and_clear();
    Ok(total)
}

/// Reads everything. Returns the counts, and the names of what is damaged.
pub async fn verify_all(store: &Store) -> anyhow::Result<(Copied, Vec<String>)> {
    let sections = sections(&AREAS);
    let bar = bar(sections.len());
    let (mut total, mut damaged) = (Copied::default(), Vec::new());
    for section in sections {
        damaged.extend(
            verify(store, section, &mut total)
                .await
                .context("reading the objects")?,
        );
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok((total, damaged))
}

/// The names of all objects.
pub async fn names_of(store: &Store) -> anyhow::Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for section in sections(&AREAS) {
        all.extend(names(store, section).await.context("listing the objects")?);
    }
    Ok(all)
}

/// The counts in words.
pub fn describe(copied: &Copied) -> String {
    format!(
        "{} objects: {} copied ({}), {} were there already, {} were moved or deleted meanwhile",
        copied.seen,
        copied.copied,
        HumanBytes(copied.copied_bytes),
        copied.present,
        copied.vanished
    )
}

async fn copy_section(from: &Store, to: &Store, section: Section, bar: &ProgressBar) -> anyhow::Result<Copied> {
    let mut counts = Copied::default();
    let started = Instant::now();
    copy(from, to, section, &mut counts).await?;
    tracing::debug!(?section, ?counts, took = ?started.elapsed(), "copied a section");
    bar.inc(1);
    Ok(counts)
}

fn add(total: &mut Copied, more: &Copied) {
    total.seen += more.seen;
    total.present += more.present;
    total.copied += more.copied;
    total.copied_bytes += more.copied_bytes;
    total.vanished += more.vanished;
}

fn bar(sections: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} sections, {elapsed}, {eta} left");
    let bar = ProgressBar::new(sections as u64);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
