//! The search index of a catalogue: documents in, ranked hits with facets out.
//!
//! The truth is elsewhere (PostgreSQL); an [`Index`] is a projection that [`Index::rebuild`] makes again at any time. It is [`Embedded`], or in
//! an [`OpenSearch`] that several machines share. A query matches a
//! document that has any of its words, and ranks by the words that it has (BM25), by coverage and by popularity. Its words are widened by
//! synonyms that are mined from the names and tags of the catalogue and from the emoji keywords of CLDR, which also translate German,
//! French, Spanish and Japanese.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod alike;
mod document;
mod embedded;
mod facets;
mod fields;
mod found;
mod generation;
mod index;
mod meanings;
mod mined;
mod opensearch;
mod pairs;
mod query;
mod ranking;
mod synonyms;
mod thesaurus;
mod vocabulary;
mod words;

pub use self::document::{Document, Facet, Filter, Hit, Page, Stats};
pub use self::embedded::Embedded;
pub use self::index::{Documents, Index};
pub use self::opensearch::{OpenSearch, Unreachable};
pub use self::ranking::Ranking;
