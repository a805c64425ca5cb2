//! The published catalogue, for everybody.

mod counts;
mod documents;
mod edge;
mod labels;
mod lists;
mod orders;
mod shelves;
mod source;
