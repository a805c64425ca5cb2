//! Builds an index of made-up documents, and prints its time, its size and the time of queries: `million [DOCUMENTS]`.
//!
//! Words are Zipf's: the nth most frequent word is as frequent as the first divided by n.

use std::time::{Duration, Instant};

use tradepost_search::{Document, Index, Ranking};

const WORDS: u64 = 30_000;

/// Numbers that look random (splitmix64), the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// Below `end`; about as many below 10 as from 10 to 100.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a made-up rank"
    )]
    fn zipf(&mut self, end: u64) -> u64 {
        let share = self.below(1 << 30) as f64 / f64::from(1u32 << 30);
        ((end as f64).powf(share) - 1.0) as u64
    }
}

/// A word of syllables for a rank.
fn word(mut rank: u64) -> String {
    const SYLLABLES: [&str; 32] = [
        "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta", "ve", "wi",
        "xo", "zu", "bri", "cla", "dre", "flo", "gru", "pli", "sta", "tro", "sho", "the", "spi", "kra",
    ];
    rank += 32;
    let mut word = String::new();
    while rank > 0 {
        word.push_str(SYLLABLES[(rank % 32) as usize]);
        rank /= 32;
    }
    word
}

fn document(number: u64, numbers: &mut Numbers) -> Document {
    let mut words = |count: u64| -> Vec<String> { (0..count).map(|_| word(numbers.zipf(WORDS))).collect() };
    let (title, tags) = (words(3).join("-"), words(8));
    Document {
        // As long as the ids of items.
        id: format!(
            "{number:08x}-0000-7000-8000-{:012x}",
            number.wrapping_mul(0x9e37_79b9_7f4a) & 0xffff_ffff_ffff
        ),
        kind: "icon".to_owned(),
        title,
        tags,
        family: format!("{} {}", word(number / 400 % WORDS), number / 400),
        set: "outline".to_owned(),
        contributor: format!("contributor-{}", numbers.zipf(5_000)),
        styles: vec![word(numbers.zipf(12))],
        categories: vec![word(numbers.zipf(60))],
        colours: vec![word(numbers.zipf(12))],
        price: numbers.zipf(10_000),
        licence: word(numbers.zipf(6)),
        popularity: numbers.zipf(100_000),
        created: 1_700_000_000,
        ..Document::default()
    }
}

fn main() -> anyhow::Result<()> {
    let documents = std::env::args().nth(1).map_or(Ok(1_000_000), |count| count.parse())?;
    let folder = tempfile::tempdir()?;
    let index = Index::open(folder.path(), Ranking::default())?;
    let mut numbers = Numbers(1);
    let started = Instant::now();
    index.rebuild((0..documents).map(|number| Ok(document(number, &mut numbers))))?;
    let stats = index.stats()?;
    println!(
        "{} documents, {} segments: {:.1} s",
        stats.documents,
        stats.segments,
        started.elapsed().as_secs_f64()
    );
    println!(
        "index: {} MB; words with synonyms: {}",
        stats.size_bytes >> 20,
        stats.synonyms
    );
    let mut took: Vec<Duration> = Vec::new();
    for query in 0..500 {
        let mut text = format!("{} {}", word(numbers.zipf(WORDS)), word(numbers.zipf(WORDS)));
        if query % 2 == 0 {
            text.remove(2);
        }
        let started = Instant::now();
        index.search(&text, &[], 0, 50)?;
        took.push(started.elapsed());
    }
    took.sort_unstable();
    println!(
        "a query of two words, half of them with a typing error, all facets: median {:.1?}, p95 {:.1?}",
        took[250], took[475]
    );
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status
        .lines()
        .filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS"))
    {
        println!("{line}");
    }
    Ok(())
}
