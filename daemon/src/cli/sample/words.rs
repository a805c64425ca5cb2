//! Names, tags and numbers that are skewed as those of a catalogue: a few are everywhere, most are rare.

use rand::RngExt as _;
use rand::rngs::StdRng;

/// Slug, name and parent.
pub const CATEGORIES: [(&str, &str, Option<&str>); 14] = [
    ("interface", "Interface", None),
    ("arrows", "Arrows", Some("interface")),
    ("controls", "Controls", Some("interface")),
    ("editing", "Editing", Some("interface")),
    ("nature", "Nature", None),
    ("animals", "Animals", Some("nature")),
    ("birds", "Birds", Some("animals")),
    ("plants", "Plants", Some("nature")),
    ("weather", "Weather", Some("nature")),
    ("business", "Business", None),
    ("money", "Money", Some("business")),
    ("transport", "Transport", None),
    ("food", "Food and drink", None),
    ("sports", "Sports", None),
];

const STYLES: [&str; 7] = [
    "outline",
    "filled",
    "duotone",
    "flat",
    "hand-drawn",
    "pixel",
    "isometric",
];
const KINDS: [&str; 5] = ["icon", "illustration", "texture", "model", "audio"];
const LICENCES: [&str; 5] = ["MIT", "CC-BY-4.0", "ISC", "Apache-2.0", "CC0-1.0"];
const PRICES: [i64; 8] = [0, 900, 0, 1_900, 400, 0, 4_900, 12_000];
const NOUNS: [&str; 64] = [
    "arrow", "user", "heart", "star", "home", "file", "folder", "cloud", "phone", "mail", "camera", "music", "video",
    "map", "car", "cart", "lock", "key", "bell", "book", "calendar", "chart", "clock", "tree", "leaf", "flower", "sun",
    "moon", "rain", "snow", "dog", "cat", "bird", "fish", "horse", "bear", "bus", "train", "plane", "ship", "bicycle",
    "rocket", "coin", "wallet", "bank", "apple", "bread", "coffee", "cup", "fork", "pizza", "ball", "medal", "trophy",
    "hammer", "brush", "pen", "shield", "flag", "globe", "battery", "wifi", "printer", "umbrella",
];
const MODIFIERS: [&str; 24] = [
    "left", "right", "up", "down", "small", "large", "round", "square", "double", "plus", "minus", "off", "broken",
    "open", "closed", "new", "old", "happy", "angry", "flying", "golden", "silver", "tiny", "wild",
];

/// Draws ranks from 0: the n-th comes as often as the first divided by n to the power of an exponent.
pub struct Zipf {
    ranks: f64,
    exponent: f64,
}

impl Zipf {
    pub fn new(ranks: usize, exponent: f64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a rank that was made up")]
        let ranks = ranks as f64;
        Self { ranks, exponent }
    }

    /// By the inverse of the integral of the density.
    pub fn draw(&self, random: &mut StdRng) -> usize {
        let uniform: f64 = random.random();
        let end = self.ranks + 1.0;
        let drawn = if (self.exponent - 1.0).abs() < 1e-9 {
            end.powf(uniform)
        } else {
            let power = 1.0 - self.exponent;
            (uniform * (end.powf(power) - 1.0) + 1.0).powf(1.0 / power)
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between 1 and the number of ranks"
        )]
        let rank = drawn.min(self.ranks) as usize;
        rank.saturating_sub(1)
    }
}

fn pick<'a>(words: &[&'a str], random: &mut StdRng) -> &'a str {
    words[Zipf::new(words.len(), 1.0).draw(random).min(words.len() - 1)]
}

/// A noun with up to so many words before it. Rare ones have a number, so that there are many.
pub fn title(random: &mut StdRng, most: usize) -> String {
    let mut words = Vec::new();
    for _ in 0..Zipf::new(most + 1, 0.5).draw(random) {
        words.push(pick(&MODIFIERS, random).to_owned());
    }
    words.push(noun(random));
    words.join(" ")
}

/// One of a vocabulary of 6,400 words.
fn noun(random: &mut StdRng) -> String {
    let noun = pick(&NOUNS, random);
    match Zipf::new(100, 1.3).draw(random) {
        0 => noun.to_owned(),
        number => format!("{noun}{}", letters(number)),
    }
}

/// Two letters that stand for a number.
fn letters(number: usize) -> String {
    let letter = |n: usize| char::from(b"bcdfghklmnprstvwz"[n % 17]);
    [letter(number), 'o', letter(number / 17)].iter().collect()
}

pub fn tags(random: &mut StdRng, most: usize) -> Vec<String> {
    let count = 1 + random.random_range(0..most);
    let mut tags: Vec<_> = (0..count).map(|_| noun(random)).collect();
    tags.sort();
    tags.dedup();
    tags
}

pub fn contributor(random: &mut StdRng) -> String {
    format!("sample-{:03}", Zipf::new(400, 1.0).draw(random))
}

pub fn category(random: &mut StdRng) -> &'static str {
    CATEGORIES[Zipf::new(CATEGORIES.len(), 0.8).draw(random)].0
}

pub fn style(random: &mut StdRng) -> &'static str {
    pick(&STYLES, random)
}

pub fn kind(random: &mut StdRng) -> &'static str {
    KINDS[Zipf::new(KINDS.len(), 1.6).draw(random)]
}

pub fn licence(random: &mut StdRng) -> &'static str {
    pick(&LICENCES, random)
}

/// In cents.
pub fn price(random: &mut StdRng) -> i64 {
    PRICES[random.random_range(0..PRICES.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn first_rank_comes_as_often_as_its_law_says() {
        let (mut random, zipf) = (StdRng::seed_from_u64(7), Zipf::new(1_000, 1.0));
        let drawn: Vec<_> = (0..20_000).map(|_| zipf.draw(&mut random)).collect();
        let share = |rank: usize| drawn.iter().filter(|drawn| **drawn == rank).count() as f64 / 20_000.0;
        // The logarithm of 2 and of 1.5 over that of 1,001.
        assert!((share(0) - 0.100).abs() < 0.01, "{}", share(0));
        assert!((share(1) - 0.059).abs() < 0.01, "{}", share(1));
        assert!(drawn.iter().all(|rank| *rank < 1_000));
    }
}
