//! Families, sets, items and their renditions: drafts until a pack is published, the public catalogue after.

mod delisting;
pub mod documents;
mod drafts;
pub mod gc;
pub mod listing;
mod queries;
pub mod routes;
pub mod service;
pub mod takedown;
pub mod undo;

/// The name that fits the bytes of a file: the sanitized copy of compressed SVG is not compressed.
pub fn name_of_copy<'a>(path: &'a str, bytes: &[u8]) -> &'a str {
    const GZIP: &[u8] = &[0x1f, 0x8b];
    match path.strip_suffix('z') {
        Some(plain) if plain.ends_with(".svg") && !bytes.starts_with(GZIP) => plain,
        _ => path,
    }
}
