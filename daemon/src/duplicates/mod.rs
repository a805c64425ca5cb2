//! Duplicates and look-alikes: files that are the same as, have the same outlines as, or look like files already known.
//!
//! Fingerprints are stored when a file is settled, and compared when its whole pack is: by then they are committed. So of two packs that
//! come at the same time at least one finds the other: whichever compares later. Files of one pack are not compared with each other.

pub mod colours;
mod picture;
mod queries;
pub mod routes;
pub mod service;

use tradepost_common::ids::{ItemId, UploadId};
use tradepost_common::review::Relation;
use tradepost_render::fingerprint::Fingerprint;
use tradepost_render::fingerprint::colours::Colours;

/// Bits in which the perceptual hashes of pictures that look alike differ at most; the index finds up to 7.
pub const LOOK_RADIUS: i32 = tradepost_render::fingerprint::LOOK_RADIUS as i32;

/// Fingerprint of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prints {
    /// Hash of the normalised outlines; `None` for a picture made of pixels.
    pub geometry: Option<[u8; 16]>,
    /// The perceptual hash of the rendering.
    pub look: u64,
    /// Too simple to say anything about where it comes from.
    pub plain: bool,
    pub colours: Colours,
}

impl Prints {
    /// The colours as values of the catalogue.
    fn facets(&self) -> Vec<String> {
        let palette = if self.colours.is_one {
            "one-colour"
        } else {
            "many-coloured"
        };
        let mut facets: Vec<_> = self.colours.names().map(|name| format!("colour:{name}")).collect();
        if !facets.is_empty() {
            facets.push(format!("palette:{palette}"));
        }
        facets
    }
}

impl From<Fingerprint> for Prints {
    fn from(fingerprint: Fingerprint) -> Self {
        let Fingerprint {
            geometry,
            look,
            plain,
            colours,
        } = fingerprint;
        Self {
            geometry,
            look,
            plain,
            colours,
        }
    }
}

/// A file that is like one of another pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    pub item: ItemId,
    pub path: String,
    pub other: ItemId,
    pub other_upload: UploadId,
    pub relation: Relation,
    /// Bits that differ; 0 for `exact` and `geometry`.
    pub distance: i32,
    pub same_contributor: bool,
}
