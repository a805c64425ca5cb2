//! Builds an index of documents as `tradepostd sample catalogue` makes them, without a database, and measures it: `million [DOCUMENTS]`.
//!
//! Prints the time to build and to open it, its size, its memory, and how long queries take, at their first page and at page 500. Beside the time
//! on the clock it prints that of the processor, which other work on the machine hardly changes.

#[path = "../../../src/cli/sample/words.rs"]
mod words;

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tradepost_search::{Document, Embedded, Facet, Filter, Index, Ranking};

use words::Zipf;

/// Queries of each kind.
const QUERIES: usize = 400;
/// Hits of a page, and the offset of page 500.
const LIMIT: usize = 20;
const PAGE_500: usize = 499 * LIMIT;
/// Items of a family, which share what is said of it.
const FAMILY: u64 = 200;

/// All that the items of a family share.
struct Family {
    name: String,
    set: String,
    kind: &'static str,
    contributor: String,
    category: &'static str,
    style: &'static str,
    licence: &'static str,
    tags: Vec<String>,
    price: u64,
}

impl Family {
    fn new(random: &mut StdRng) -> Self {
        Self {
            name: words::title(random, 2),
            set: words::title(random, 1),
            kind: words::kind(random),
            contributor: words::contributor(random),
            category: words::category(random),
            style: words::style(random),
            licence: words::licence(random),
            tags: words::tags(random, 2),
            price: words::price(random).unsigned_abs(),
        }
    }

    fn document(&self, number: u64, random: &mut StdRng) -> Document {
        let mut categories = vec![self.category.to_owned()];
        while let Some((_, _, Some(above))) = words::CATEGORIES
            .iter()
            .find(|(slug, _, _)| Some(*slug) == categories.last().map(String::as_str))
        {
            categories.push((*above).to_owned());
        }
        let mut tags = words::tags(random, 6);
        tags.extend(self.tags.clone());
        let doublings = if random.random_range(0..4) == 0 {
            Zipf::new(18, 1.0).draw(random)
        } else {
            0
        };
        Document {
            id: uuid(number),
            kind: self.kind.to_owned(),
            title: words::title(random, 2),
            tags,
            family: self.name.clone(),
            set: self.set.clone(),
            contributor: self.contributor.clone(),
            styles: vec![self.style.to_owned()],
            categories,
            price: self.price,
            prices: vec![if self.price == 0 { "free" } else { "5-to-20" }.to_owned()],
            licence: self.licence.to_owned(),
            popularity: (1 << doublings) - 1,
            created: 1_700_000_000,
            ..Document::default()
        }
    }
}

/// As long as the ids of items, and as ordered.
fn uuid(number: u64) -> String {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!(
        "{:08x}-{:04x}-7{:03x}-8000-{:012x}",
        number >> 16,
        number & 0xffff,
        mixed & 0xfff,
        mixed >> 16
    )
}

fn documents(count: u64) -> impl Iterator<Item = anyhow::Result<Document>> {
    let mut random = StdRng::seed_from_u64(1);
    let mut family = Family::new(&mut random);
    (0..count).map(move |number| {
        if number % FAMILY == 0 {
            family = Family::new(&mut random);
        }
        Ok(family.document(number, &mut random))
    })
}

/// One character of the longest word left out.
fn with_typing_error(text: &str, random: &mut StdRng) -> String {
    let longest = text.split(' ').max_by_key(|word| word.len()).unwrap_or_default();
    if longest.len() < 4 {
        return text.to_owned();
    }
    let mut typed = longest.to_owned();
    typed.remove(random.random_range(1..longest.len()));
    text.replacen(longest, &typed, 1)
}

type Asked = (String, Vec<Filter>);

fn queries(random: &mut StdRng) -> [(&'static str, Vec<Asked>); 4] {
    const GERMAN: [&str; 16] = [
        "Pfeil links",
        "Herz",
        "Stern",
        "Haus",
        "Datei",
        "Wolke",
        "Regenschirm",
        "Kalender",
        "Fahrrad",
        "Hund",
        "Katze",
        "Rakete",
        "Kaffee",
        "Schlüssel",
        "kleine Blume",
        "Einkaufswagen",
    ];
    let mut make = |one: &mut dyn FnMut(&mut StdRng) -> Asked| (0..QUERIES).map(|_| one(random)).collect();
    let facets = |random: &mut StdRng| {
        let filter = |facet, value: &str| Filter {
            facet,
            value: value.to_owned(),
        };
        vec![
            filter(Facet::Kind, words::kind(random)),
            filter(Facet::Style, words::style(random)),
        ]
    };
    [
        (
            "two facets and a typing error",
            make(&mut |random| {
                let text = words::title(random, 2);
                (with_typing_error(&text, random), facets(random))
            }),
        ),
        (
            "two words",
            make(&mut |random| {
                (
                    format!("{} {}", words::title(random, 1), words::title(random, 1)),
                    Vec::new(),
                )
            }),
        ),
        (
            "the beginning of a word",
            make(&mut |random| {
                let mut text = words::title(random, 1);
                text.pop();
                (text, Vec::new())
            }),
        ),
        (
            "German",
            make(&mut |random| (GERMAN[random.random_range(0..GERMAN.len())].to_owned(), Vec::new())),
        ),
    ]
}

fn measure(name: &str, index: &dyn Index, asked: &[Asked], offset: usize) -> anyhow::Result<()> {
    let (mut took, mut worked) = (Vec::new(), Vec::new());
    let mut found = 0;
    for (text, filters) in asked {
        let (started, cpu) = (Instant::now(), cpu("/proc/thread-self/schedstat")?);
        found += index.search(text, filters, offset, LIMIT)?.total;
        took.push(started.elapsed());
        worked.push(self::cpu("/proc/thread-self/schedstat")? - cpu);
    }
    took.sort_unstable();
    worked.sort_unstable();
    let percentile = |of: &[Duration], percent: usize| of[of.len() * percent / 100].as_secs_f64() * 1e3;
    println!(
        "| {name} | {} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
        offset / LIMIT + 1,
        found / asked.len() as u64,
        percentile(&took, 50),
        percentile(&took, 95),
        percentile(&took, 99),
        percentile(&worked, 95),
        percentile(&worked, 99)
    );
    Ok(())
}

/// The time on the processor of a thread, or of the main one.
fn cpu(schedstat: &str) -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string(schedstat)?;
    let nanoseconds = text.split(' ').next().unwrap_or_default();
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}

/// The time on the processor of all threads that there are and were.
fn cpu_of_all() -> anyhow::Result<f64> {
    /// Linux counts in these for programs.
    const TICKS_A_SECOND: f64 = 100.0;
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let ticks = text.split_whitespace().skip(13).take(2);
    Ok(ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS_A_SECOND)
}

fn memory(when: &str) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let megabytes = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        let kilobytes = line
            .split_whitespace()
            .nth(1)
            .and_then(|number| number.parse::<u64>().ok());
        kilobytes.unwrap_or(0) >> 10
    };
    println!(
        "memory {when}: {} MB at most, {} MB now, of them {} MB of files",
        megabytes("VmHWM"),
        megabytes("VmRSS"),
        megabytes("RssFile")
    );
}

fn main() -> anyhow::Result<()> {
    let count = std::env::args().nth(1).map_or(Ok(1_000_000), |count| count.parse())?;
    let folder = tempfile::tempdir()?;
    let index = Embedded::open(folder.path(), Ranking::default())?;
    let started = Instant::now();
    index.rebuild(&mut documents(count), 1)?;
    println!(
        "built in {:.1} s, {:.1} s of processor, documents made included",
        started.elapsed().as_secs_f64(),
        cpu_of_all()?
    );
    memory("after the build");
    drop(index);
    let started = Instant::now();
    let index = Embedded::open(folder.path(), Ranking::default())?;
    println!("opened in {:.2} s", started.elapsed().as_secs_f64());
    let stats = index.stats()?;
    println!(
        "{} documents in {} segments, {} MB, {} words with synonyms",
        stats.documents,
        stats.segments,
        stats.size_bytes >> 20,
        stats.synonyms
    );
    println!(
        "\n| queries | page | found, mean | p50 ms | p95 ms | p99 ms | p95 of processor | p99 of processor |\n|---|---|---|---|---|---|---|---|"
    );
    // The first query makes the translations.
    index.search("Herz", &[], 0, LIMIT)?;
    for (name, asked) in queries(&mut StdRng::seed_from_u64(2)) {
        for offset in [0, PAGE_500] {
            measure(name, &index, &asked, offset)?;
        }
    }
    println!();
    memory("after the queries");
    Ok(())
}
