//! The weights of the ranking.

/// The weights of a ranking; [`Ranking::default`] is the one in use.
#[derive(Clone, Copy, Debug)]
pub struct Ranking {
    /// Weight of the strongest synonym; that of the word itself is 1.
    pub synonyms: f32,
    /// Synonyms of a word that are searched for.
    pub related: usize,
    /// Weight of a translation.
    pub translations: f32,
    /// Weight of a corrected word.
    pub corrections: f32,
    /// Weight of a completed word.
    pub completions: f32,
    /// The share of the weaker ones among the meanings of a word that a document has.
    pub tie: f32,
    /// The power of a word's rarity that makes it heavier than others of the query; 1 is that of BM25.
    pub rarity: f32,
    /// Gain of a document for each factor of e in popularity.
    pub popularity: f32,
}

impl Default for Ranking {
    fn default() -> Self {
        Self {
            synonyms: 0.7,
            related: 40,
            translations: 0.8,
            corrections: 0.9,
            completions: 0.4,
            tie: 0.3,
            rarity: 0.5,
            popularity: 0.02,
        }
    }
}

impl Ranking {
    /// Sets a weight by its name, for measurements; an unknown name is left out.
    pub fn set(&mut self, name: &str, value: f32) {
        match name {
            "synonyms" => self.synonyms = value,
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
            "related" => self.related = value as usize,
            "translations" => self.translations = value,
            "corrections" => self.corrections = value,
            "completions" => self.completions = value,
            "tie" => self.tie = value,
            "rarity" => self.rarity = value,
            _ => {}
        }
    }

    /// BM25 of the words as typed.
    pub const PLAIN: Self = Self {
        synonyms: 0.0,
        related: 0,
        translations: 0.0,
        corrections: 0.0,
        completions: 0.0,
        tie: 0.0,
        rarity: 1.0,
        popularity: 0.0,
    };
}
