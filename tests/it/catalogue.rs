//! The published catalogue, for everybody.

mod documents;
mod lists;
mod source;
