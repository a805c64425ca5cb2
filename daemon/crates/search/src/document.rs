//! Documents, and the answers of a search.

use serde::{Deserialize, Serialize};

/// An item as the index knows it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Document {
    /// The key: a document with the same id replaces it.
    pub id: String,
    pub kind: String,
    /// The name as given; it is split into words at spaces, hyphens, underscores and changes of case.
    pub title: String,
    pub tags: Vec<String>,
    pub family: String,
    pub set: String,
    pub contributor: String,
    pub styles: Vec<String>,
    /// Its category and those above it.
    pub categories: Vec<String>,
    /// Names of its main colours.
    pub colours: Vec<String>,
    /// `one-colour` or `many-coloured`.
    pub palette: String,
    /// Minor units.
    pub price: u64,
    /// Names of ranges of its prices.
    pub prices: Vec<String>,
    pub licence: String,
    /// Sales, downloads and favourites, weighed by the caller.
    pub popularity: u64,
    /// 1 before all others that match as well, -1 behind them.
    pub standing: i64,
    /// Seconds since 1970.
    pub created: i64,
}

/// Fields that a search counts and filters by.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    Kind,
    Tag,
    Contributor,
    Style,
    Category,
    Colour,
    /// One colour or many.
    Palette,
    Licence,
    /// A range of prices.
    Price,
}

impl Facet {
    pub const ALL: [Facet; 9] = [
        Facet::Kind,
        Facet::Tag,
        Facet::Contributor,
        Facet::Style,
        Facet::Category,
        Facet::Colour,
        Facet::Palette,
        Facet::Licence,
        Facet::Price,
    ];

    /// The name of the field.
    pub fn name(self) -> &'static str {
        match self {
            Facet::Kind => "kind",
            Facet::Tag => "tag",
            Facet::Contributor => "contributor",
            Facet::Style => "style",
            Facet::Category => "category",
            Facet::Colour => "colour",
            Facet::Palette => "palette",
            Facet::Licence => "licence",
            Facet::Price => "price_range",
        }
    }
}

/// A value that hits must have.
#[derive(Clone, Debug)]
pub struct Filter {
    pub facet: Facet,
    pub value: String,
}

/// A document that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    pub id: String,
    pub score: f32,
}

/// Hits from an offset, best first.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub hits: Vec<Hit>,
    /// Documents that match, on all pages.
    pub total: u64,
    /// Values with their counts, by facet, most frequent first.
    pub facets: Vec<(Facet, Vec<(String, u64)>)>,
    /// The counts are of a part of what matches, multiplied up.
    pub is_sampled: bool,
}

/// The size of an index.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    pub documents: u64,
    pub segments: u64,
    pub size_bytes: u64,
    /// Words that have synonyms.
    pub synonyms: u64,
}
