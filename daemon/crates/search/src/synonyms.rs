//! The table of synonyms, as small as it can be: it is in memory as long as its index is in use.

use serde::{Deserialize, Serialize};

use crate::alike::Row;

/// Synonyms of English stems, mined with the index.
#[derive(Default, Deserialize, Serialize)]
pub struct Synonyms {
    /// Stems, in order; elsewhere they are numbers.
    stems: Vec<Box<str>>,
    /// The related ones of each stem, the strongest first, with strengths in ten thousandths.
    related: Vec<Box<[(u32, u16)]>>,
    /// Documents and emojis that have a stem, of those that pairs were counted of.
    frequencies: Vec<u32>,
    /// Documents that have a word or a tag; 0 for a word that only CLDR has.
    pub counts: Vec<(String, u32)>,
    /// Documents that it was mined from.
    pub documents: u64,
}

impl Synonyms {
    const PARTS: f32 = 10_000.0;

    /// `stems`, `rows` and `frequencies` have the same places.
    pub fn new(stems: &[String], rows: &[Row], frequencies: &[f32]) -> Self {
        let mut order: Vec<usize> = (0..stems.len()).collect();
        order.sort_unstable_by_key(|place| &stems[*place]);
        let mut numbers = vec![0; stems.len()];
        for (number, place) in (0..).zip(&order) {
            numbers[*place] = number;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "strengths are 0 to 1, frequencies are whole numbers of texts"
        )]
        let (part, whole) = (
            |strength: f32| (strength * Self::PARTS).round() as u16,
            |texts: &f32| *texts as u32,
        );
        let related = |row: &Row| {
            row.iter()
                .map(|(other, strength)| (numbers[*other as usize], part(*strength)))
                .collect()
        };
        Self {
            stems: order.iter().map(|place| stems[*place].as_str().into()).collect(),
            related: order.iter().map(|place| related(&rows[*place])).collect(),
            frequencies: order.iter().map(|place| whole(&frequencies[*place])).collect(),
            ..Self::default()
        }
    }

    /// Stems that have synonyms.
    pub fn len(&self) -> usize {
        self.related.iter().filter(|row| !row.is_empty()).count()
    }

    pub fn has(&self, stem: &str) -> bool {
        self.number(stem).is_some_and(|number| !self.related[number].is_empty())
    }

    /// The synonyms of a stem with their strengths, the strongest first.
    pub fn related(&self, stem: &str) -> impl Iterator<Item = (&str, f32)> {
        let row = self.number(stem).map(|number| &self.related[number]);
        row.into_iter()
            .flatten()
            .map(|(other, parts)| (&*self.stems[*other as usize], f32::from(*parts) / Self::PARTS))
    }

    /// Documents that have a stem, as it was when the synonyms were mined.
    pub fn documents_with(&self, stem: &str) -> u64 {
        self.number(stem).map_or(0, |number| self.frequencies[number].into())
    }

    fn number(&self, stem: &str) -> Option<usize> {
        self.stems.binary_search_by(|known| (**known).cmp(stem)).ok()
    }
}
