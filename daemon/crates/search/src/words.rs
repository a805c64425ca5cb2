//! Words of names, tags and queries.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;
use tantivy::tokenizer::{Language, Stemmer, TextAnalyzer, TokenStream, WhitespaceTokenizer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words that are kept of one text.
const MAX_WORDS: usize = 64;
const MAX_WORD_CHARS: usize = 40;

/// Splits text into lower-case words without diacritics, at everything that is no letter or digit and where the case changes
/// (`arrowLeft`, `arrow-left`). A run of Chinese or Japanese is one word.
pub fn split(text: &str) -> Vec<String> {
    if text.is_ascii() {
        split_decomposed(text.chars())
    } else {
        split_decomposed(text.nfkd())
    }
}

fn split_decomposed(text: impl Iterator<Item = char>) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for c in text {
        if is_combining_mark(c) && !is_unspaced(before) {
            continue;
        }
        let edge = !c.is_alphanumeric() && !is_combining_mark(c)
            || (c.is_uppercase() && before.is_lowercase())
            || is_unspaced(c) != is_unspaced(before);
        if edge && !word.is_empty() {
            words.push(composed(&word));
            word.clear();
        }
        match c {
            'ß' => word.push_str("ss"),
            'œ' | 'Œ' => word.push_str("oe"),
            c if c.is_alphanumeric() || is_combining_mark(c) => word.extend(c.to_lowercase()),
            _ => {}
        }
        before = c;
    }
    if !word.is_empty() {
        words.push(composed(&word));
    }
    words.truncate(MAX_WORDS);
    words
}

fn composed(word: &str) -> String {
    if word.is_ascii() {
        return word[..word.len().min(MAX_WORD_CHARS)].to_owned();
    }
    word.nfc().take(MAX_WORD_CHARS).collect()
}

/// Scripts that put no spaces between words: kana and ideographs, with the marks of kana.
pub fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

/// Reduces the words of a language to their stems, and remembers them.
pub struct Stems {
    analyzer: TextAnalyzer,
    known: FxHashMap<String, String>,
    texts: FxHashMap<String, Arc<[String]>>,
}

impl Stems {
    /// Stems, and texts with their stems, that are remembered.
    const MAX_KNOWN: usize = 100_000;
    const MAX_TEXTS: usize = 50_000;

    /// English stems.
    pub fn new() -> Self {
        Self::of_language(Language::English)
    }

    pub fn of_language(language: Language) -> Self {
        let analyzer = TextAnalyzer::builder(WhitespaceTokenizer::default())
            .filter(Stemmer::new(language))
            .build();
        Self {
            analyzer,
            known: FxHashMap::default(),
            texts: FxHashMap::default(),
        }
    }

    pub fn stem(&mut self, word: &str) -> String {
        if let Some(stem) = self.known.get(word) {
            return stem.clone();
        }
        let stem = self.stem_of(word);
        if self.known.len() < Self::MAX_KNOWN {
            self.known.insert(word.to_owned(), stem.clone());
        }
        stem
    }

    /// A stem that is not remembered.
    pub fn stem_of(&self, word: &str) -> String {
        let mut analyzer = self.analyzer.clone();
        let mut stream = analyzer.token_stream(word);
        if stream.advance() {
            stream.token().text.clone()
        } else {
            word.to_owned()
        }
    }

    /// The stems of the words of a text, each once. Tags and names of families are asked for again and again.
    pub fn stems_in(&mut self, text: &str) -> Arc<[String]> {
        if let Some(stems) = self.texts.get(text) {
            return stems.clone();
        }
        let mut stems: Vec<String> = Vec::new();
        for word in split(text) {
            let stem = self.stem(&word);
            if !stems.contains(&stem) {
                stems.push(stem);
            }
        }
        let stems: Arc<[String]> = stems.into();
        if self.texts.len() >= Self::MAX_TEXTS {
            self.texts.clear();
        }
        self.texts.insert(text.to_owned(), stems.clone());
        stems
    }
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_separators_and_at_changes_of_case() {
        assert_eq!(
            split("arrowLeft-circle_2 Café Straße"),
            ["arrow", "left", "circle", "2", "cafe", "strasse"]
        );
        assert_eq!(split("ガラスのhouse"), ["ガラスの", "house"]);
    }

    #[test]
    fn plurals_have_the_stem_of_their_singular() {
        let mut stems = Stems::new();
        assert_eq!(*stems.stems_in("Arrows arrow batteries"), ["arrow", "batteri"]);
    }
}
