//! Families, sets, items and their renditions: drafts until a pack is published, the public catalogue after.

pub mod cached;
mod categories;
pub mod control_routes;
pub mod counts;
mod curate;
mod delisting;
pub mod documents;
mod drafts;
pub mod entries;
pub mod files;
pub mod filters;
pub mod gc;
pub mod label_routes;
pub mod labels;
pub mod listing;
pub mod picture_routes;
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
