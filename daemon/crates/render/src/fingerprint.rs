//! Fingerprints that copies share: the same outlines, or the same look.

pub mod colours;
mod geometry;
mod look;
mod outline;

use resvg::tiny_skia::Pixmap;
use resvg::usvg::Tree;
use serde::{Deserialize, Serialize};

use self::colours::Colours;
pub use self::look::distance;

/// Two pictures whose looks differ in no more bits look alike: 5 in 100,000 pairs of different icons do; two bits more find a few copies more in a hundred.
pub const LOOK_RADIUS: u32 = 6;

/// The fingerprint of a picture and its colours. All but the colours is independent of colour, size, position, name and source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Equal for the same outlines in the same arrangement; `None` of a picture without outlines.
    pub geometry: Option<[u8; 16]>,
    /// Near in bits for what looks alike; compared by [`distance`].
    pub look: u64,
    /// Too simple to be a copy of anything.
    pub plain: bool,
    pub colours: Colours,
}

/// The fingerprint of a picture that has no outlines, drawn at any width from 64 px: only its look says anything.
pub fn of_pixels(pixels: &Pixmap) -> Fingerprint {
    let colours = Colours::new(pixels);
    let (look, plain) = look::look(pixels, colours);
    Fingerprint {
        geometry: None,
        look,
        plain,
        colours,
    }
}

/// Takes the fingerprint of a picture; `pixels` are the picture drawn at any width from 64 px.
pub fn fingerprint(tree: &Tree, pixels: &Pixmap) -> Fingerprint {
    let colours = Colours::new(pixels);
    let (look, plain) = look::look(pixels, colours);
    let (geometry, simple) = geometry::geometry(tree);
    Fingerprint {
        geometry: Some(geometry),
        look,
        plain: plain || simple,
        colours,
    }
}
