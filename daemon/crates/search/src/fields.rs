//! The fields of a document in the index.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{TantivyDocument, Term};

use crate::words::Stems;
use crate::{Document, Facet};

pub struct Fields {
    pub schema: Schema,
    pub id: Field,
    /// The stems of title, tags, family, set, contributor, styles and categories.
    pub text: Field,
    pub facets: [Field; Facet::ALL.len()],
    pub price: Field,
    pub popularity: Field,
    pub created: Field,
    pub standing: Field,
}

impl Fields {
    pub fn new() -> Self {
        let mut schema = Schema::builder();
        let text = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer("whitespace")
                .set_index_option(IndexRecordOption::WithFreqs),
        );
        Self {
            id: schema.add_text_field("id", STRING | STORED),
            text: schema.add_text_field("text", text),
            facets: Facet::ALL.map(|facet| schema.add_text_field(facet.name(), STRING | FAST)),
            price: schema.add_u64_field("price", FAST | INDEXED),
            popularity: schema.add_u64_field("popularity", FAST),
            created: schema.add_i64_field("created", FAST),
            standing: schema.add_i64_field("standing", FAST),
            schema: schema.build(),
        }
    }

    pub fn term(&self, stem: &str) -> Term {
        Term::from_field_text(self.text, stem)
    }

    pub fn facet(&self, facet: Facet) -> Field {
        self.facets[Facet::ALL
            .iter()
            .position(|known| *known == facet)
            .expect("ALL has every facet")]
    }

    pub fn document(&self, document: &Document, stems: &mut Stems) -> TantivyDocument {
        let mut row = TantivyDocument::default();
        row.add_text(self.id, &document.id);
        row.add_text(self.text, text(document, stems));
        for (facet, field) in Facet::ALL.iter().zip(self.facets) {
            for value in values(document, *facet) {
                row.add_text(field, value);
            }
        }
        row.add_u64(self.price, document.price);
        row.add_u64(self.popularity, document.popularity);
        row.add_i64(self.created, document.created);
        row.add_i64(self.standing, document.standing);
        row
    }
}

/// The factor of the score of a document that stands before or behind all others that match.
pub fn standing_factor(standing: i64) -> f32 {
    match standing {
        1 => 1e3,
        -1 => 1e-3,
        _ => 1.0,
    }
}

/// The stems of a document, each once.
pub fn text(document: &Document, stems: &mut Stems) -> String {
    let others = [&document.family, &document.set, &document.contributor];
    let labels = document.tags.iter().chain(&document.styles).chain(&document.categories);
    let texts: Vec<_> = std::iter::once(&document.title)
        .chain(labels)
        .chain(others)
        .map(|text| stems.stems_in(text))
        .collect();
    let mut words: Vec<&str> = Vec::new();
    for stem in texts.iter().flat_map(|stems| stems.iter()) {
        if !words.contains(&stem.as_str()) {
            words.push(stem);
        }
    }
    words.join(" ")
}

/// The values of a facet.
pub fn values(document: &Document, facet: Facet) -> Vec<&str> {
    /// Bytes of a value; longer ones are not counted.
    const MAX_BYTES: usize = 200;
    let values: Vec<&str> = match facet {
        Facet::Kind => vec![&document.kind],
        Facet::Tag => document.tags.iter().map(String::as_str).collect(),
        Facet::Contributor => vec![&document.contributor],
        Facet::Style => document.styles.iter().map(String::as_str).collect(),
        Facet::Category => document.categories.iter().map(String::as_str).collect(),
        Facet::Colour => document.colours.iter().map(String::as_str).collect(),
        Facet::Palette => vec![&document.palette],
        Facet::Licence => vec![&document.licence],
        Facet::Price => document.prices.iter().map(String::as_str).collect(),
    };
    values
        .into_iter()
        .filter(|value| !value.is_empty() && value.len() <= MAX_BYTES)
        .collect()
}
