//! The words that people can type: completed as they type, and found in spite of a typing error.

/// Known words with their weight (how many documents have them), in order. Words of weight 0 correct others and complete nothing.
#[derive(Default)]
pub struct Vocabulary {
    words: Vec<(String, u32)>,
    /// The hashes of each word and of it without one of its characters, with the word's place.
    deletions: Vec<(u32, u32)>,
}

impl Vocabulary {
    /// Words that are kept; the rarest are left out.
    pub const MAX_WORDS: usize = 300_000;
    /// Words of this many characters and more may have a typing error; shorter ones lack a character, or have two exchanged.
    const MIN_CHARS: usize = 3;
    const SHORT_CHARS: usize = 3;

    /// Those that are worth keeping.
    pub fn most_frequent(mut words: Vec<(String, u32)>) -> Vec<(String, u32)> {
        words.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        words.truncate(Self::MAX_WORDS);
        words
    }

    pub fn new(words: Vec<(String, u32)>) -> Self {
        let mut words = Self::most_frequent(words);
        words.sort();
        let mut deletions = Vec::new();
        for (place, (word, _)) in (0u32..).zip(&words) {
            if word.contains(' ') || word.chars().count() < Self::MIN_CHARS {
                continue;
            }
            deletions.extend(without_one(word).map(|hash| (hash, place)));
        }
        deletions.sort_unstable();
        Self { words, deletions }
    }

    /// Known words and phrases that begin like this, the most frequent first.
    pub fn complete(&self, prefix: &str, limit: usize) -> Vec<(&str, u32)> {
        /// Words that are looked at.
        const MAX_SEEN: usize = 20_000;
        let start = self.words.partition_point(|(word, _)| word.as_str() < prefix);
        let mut found: Vec<(&str, u32)> = self.words[start..]
            .iter()
            .take(MAX_SEEN)
            .take_while(|(word, _)| word.starts_with(prefix))
            .filter(|(_, weight)| *weight > 0)
            .map(|(word, weight)| (word.as_str(), *weight))
            .collect();
        found.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.len().cmp(&b.0.len())).then(a.0.cmp(b.0)));
        found.truncate(limit);
        found
    }

    /// Known words that differ by one typing error, the likeliest first.
    pub fn correct(&self, word: &str, limit: usize) -> Vec<&str> {
        let mut found: Vec<(&str, f32)> = self
            .close_to(word)
            .into_iter()
            .map(|(known, weight)| (known, plausibility(word, known, weight.into())))
            .collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found.into_iter().take(limit).map(|(known, _)| known).collect()
    }

    /// Known words that differ by one character added, left out, replaced, or by two neighbours exchanged, with their weights.
    pub fn close_to(&self, word: &str) -> Vec<(&str, u32)> {
        let chars = word.chars().count();
        if chars < Self::MIN_CHARS {
            return Vec::new();
        }
        let is_likely = |known: &str| match error(word, known) {
            Some(TypingError::LeftOut | TypingError::Exchanged) => true,
            Some(TypingError::Added | TypingError::Replaced) => chars > Self::SHORT_CHARS,
            None => false,
        };
        let mut places: Vec<u32> = without_one(word).flat_map(|hash| self.places(hash)).collect();
        places.sort_unstable();
        places.dedup();
        places
            .into_iter()
            .map(|place| (self.words[place as usize].0.as_str(), self.words[place as usize].1))
            .filter(|known| is_likely(known.0))
            .collect()
    }

    fn places(&self, hash: u32) -> impl Iterator<Item = u32> + '_ {
        let start = self.deletions.partition_point(|(known, _)| *known < hash);
        self.deletions[start..]
            .iter()
            .take_while(move |(known, _)| *known == hash)
            .map(|(_, place)| *place)
    }
}

/// FNV-1a of the word, and of it without each of its characters.
fn without_one(word: &str) -> impl Iterator<Item = u32> + '_ {
    let chars: Vec<char> = word.chars().collect();
    (0..=chars.len()).map(move |left_out| {
        chars
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != left_out)
            .fold(0x811c_9dc5, |hash: u32, (_, c)| {
                (hash ^ u32::from(*c)).wrapping_mul(0x0100_0193)
            })
    })
}

/// Candidates for a correction: the word with one character after the first left out, added, replaced or exchanged with its neighbour.
pub fn one_error_away(word: &str) -> impl Iterator<Item = String> + '_ {
    /// Longer words are not looked at.
    const MAX_CHARS: usize = 24;
    let chars: Vec<char> = word.chars().collect();
    let last = if (Vocabulary::MIN_CHARS..=MAX_CHARS).contains(&chars.len()) {
        chars.len()
    } else {
        0
    };
    (1..=last).flat_map(move |at| {
        let (head, tail) = (&chars[..at], &chars[at..]);
        let joined = |middle: &[char], rest: &[char]| head.iter().chain(middle).chain(rest).collect::<String>();
        let mut words = Vec::new();
        if let [first, rest @ ..] = tail {
            words.push(joined(&[], rest));
            if let [second, rest @ ..] = rest {
                words.push(joined(&[*second, *first], rest));
            }
        }
        for letter in 'a'..='z' {
            words.push(joined(&[letter], tail));
            if let [_, rest @ ..] = tail {
                words.push(joined(&[letter], rest));
            }
        }
        words
    })
}

/// A typing error, as it is seen in the typed word.
#[derive(Clone, Copy, Eq, PartialEq)]
enum TypingError {
    LeftOut,
    Exchanged,
    Added,
    Replaced,
}

/// Plausibility that somebody typed a word and meant another one, which so many documents have; it compares corrections of one word.
/// An added or replaced character may be any letter; which was left out or exchanged, the correction says. Somebody rarely errs in the
/// first character.
pub fn plausibility(typed: &str, meant: &str, documents: u64) -> f32 {
    const LETTERS: f32 = 26.0;
    const OTHER_FIRST: f32 = 0.1;
    let likelihood = match error(typed, meant) {
        Some(TypingError::LeftOut | TypingError::Exchanged) => LETTERS,
        Some(TypingError::Added | TypingError::Replaced) => 1.0,
        None => return 0.0,
    };
    let first = if typed.chars().next() == meant.chars().next() {
        1.0
    } else {
        OTHER_FIRST
    };
    #[expect(clippy::cast_precision_loss, reason = "a root needs no precision")]
    let frequency = (documents as f32 + 1.0).sqrt();
    likelihood * first * frequency
}

/// The one typing error that makes `typed` of `meant`.
fn error(typed: &str, meant: &str) -> Option<TypingError> {
    let (typed, meant): (Vec<char>, Vec<char>) = (typed.chars().collect(), meant.chars().collect());
    let start = typed.iter().zip(&meant).take_while(|(x, y)| x == y).count();
    let (typed, meant) = (&typed[start..], &meant[start..]);
    let end = typed
        .iter()
        .rev()
        .zip(meant.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    match (&typed[..typed.len() - end], &meant[..meant.len() - end]) {
        ([], [_]) => Some(TypingError::LeftOut),
        ([_], []) => Some(TypingError::Added),
        ([_], [_]) => Some(TypingError::Replaced),
        ([p, q], [r, s]) if p == s && q == r => Some(TypingError::Exchanged),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        Vocabulary::new(
            [("garbage", 9), ("garage", 20), ("gauge", 3), ("arrow", 4)]
                .map(|(word, n)| (word.to_owned(), n))
                .into(),
        )
    }

    #[test]
    fn a_word_with_one_error_is_found() {
        for typed in ["grbage", "garbge", "garbagge", "gabrage", "gorbage"] {
            assert!(vocabulary().correct(typed, 5).contains(&"garbage"), "{typed}");
        }
        assert!(vocabulary().correct("grbge", 5).is_empty());
        let short = Vocabulary::new([("king", 2), ("big", 9)].map(|(word, n)| (word.to_owned(), n)).into());
        assert_eq!(short.correct("kig", 5), ["king"]);
    }

    #[test]
    fn a_character_left_out_is_likelier_than_one_replaced_by_a_certain_other() {
        let words = [("stain", 30), ("sprain", 10)].map(|(word, n)| (word.to_owned(), n));
        assert_eq!(Vocabulary::new(words.into()).correct("srain", 2), ["sprain", "stain"]);
    }

    #[test]
    fn completions_are_the_most_frequent_words_of_a_prefix() {
        assert_eq!(vocabulary().complete("ga", 2), [("garage", 20), ("garbage", 9)]);
    }
}
