//! Words that occur together: from pairs of what is said and what is meant, a bounded table of related words.

use std::collections::HashMap;

/// Counts of words in texts, and of pairs of words. A source is what a person may type, a target what a document has.
#[derive(Default)]
pub struct Pairs {
    ids: HashMap<String, u32>,
    words: Vec<String>,
    sources: Vec<f32>,
    targets: Vec<f32>,
    pairs: HashMap<(u32, u32), f32>,
    texts: f32,
}

/// Related words of a word, the strongest first; strengths are 0 to 1, the strongest 1.
pub type Related = Vec<(String, f32)>;

/// The rule that lets a pair into the table.
pub struct Significance {
    /// The least log-likelihood gain over chance, in nats.
    pub gain: f32,
    /// Related words that are kept of a word.
    pub related: usize,
}

impl Pairs {
    /// Words that are counted of one text.
    const MAX_OF_TEXT: usize = 32;
    /// Pairs that are counted in all: about 400 MB.
    const MAX_PAIRS: usize = 8_000_000;

    /// Counts a text: each source with each target, by the weight of the target.
    pub fn add(&mut self, sources: &[String], targets: &[(String, f32)]) {
        let sources: Vec<u32> = sources
            .iter()
            .take(Self::MAX_OF_TEXT)
            .map(|word| self.id(word))
            .collect();
        let targets: Vec<(u32, f32)> = targets
            .iter()
            .take(Self::MAX_OF_TEXT)
            .map(|(word, weight)| (self.id(word), *weight))
            .collect();
        self.texts += 1.0;
        for source in &sources {
            self.sources[*source as usize] += 1.0;
        }
        for (target, weight) in &targets {
            self.targets[*target as usize] += weight;
            for source in &sources {
                if source == target
                    || (self.pairs.len() >= Self::MAX_PAIRS && !self.pairs.contains_key(&(*source, *target)))
                {
                    continue;
                }
                *self.pairs.entry((*source, *target)).or_default() += weight;
            }
        }
    }

    fn id(&mut self, word: &str) -> u32 {
        if let Some(id) = self.ids.get(word) {
            return *id;
        }
        let id = u32::try_from(self.words.len()).expect("words are bounded by pairs");
        self.ids.insert(word.to_owned(), id);
        self.words.push(word.to_owned());
        self.sources.push(0.0);
        self.targets.push(0.0);
        id
    }

    /// The table: for each source its related words, by the share of its texts that have the target and by the lift over chance.
    pub fn table(&self, significance: &Significance) -> HashMap<String, Related> {
        let mut rows: HashMap<u32, Vec<(u32, f32)>> = HashMap::new();
        for (&(source, target), &count) in &self.pairs {
            let share = count / self.sources[source as usize];
            let lift = share / ((self.targets[target as usize] + 0.5) / self.texts);
            if count * lift.ln() < significance.gain {
                continue;
            }
            let share = count / (self.sources[source as usize] + 2.0);
            rows.entry(source).or_default().push((target, share * lift.ln()));
        }
        rows.into_iter()
            .map(|(source, row)| {
                (
                    self.words[source as usize].clone(),
                    self.strongest(row, significance.related),
                )
            })
            .collect()
    }

    fn strongest(&self, mut row: Vec<(u32, f32)>, related: usize) -> Related {
        row.sort_by(|a, b| {
            b.1.total_cmp(&a.1)
                .then_with(|| self.words[a.0 as usize].cmp(&self.words[b.0 as usize]))
        });
        row.truncate(related);
        let best = row.first().map_or(1.0, |(_, strength)| *strength);
        row.into_iter()
            .map(|(target, strength)| (self.words[target as usize].clone(), strength / best))
            .collect()
    }
}
