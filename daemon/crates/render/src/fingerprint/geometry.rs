//! Hashes the outlines of a drawing: equal for the same outlines in the same arrangement, whatever their colours, size and path commands.
//!
//! Every outline is described by its box, its middle, its length and its area, in parts of the picture's box. These do not depend on where an
//! outline starts, how it is cut into curves, or which of several paths it belongs to; so optimisers leave them as they are.

use resvg::usvg::{Group, ImageKind, Node, Path, Tree};
use sha2::{Digest, Sha256};

use super::outline::{Ends, Outline, outlines};

/// Steps across the whole picture. Finer steps separate an optimised copy from its original, coarser ones join different icons.
const STEPS: f64 = 128.0;
/// Round numbers, which icons are made of, must not lie on the border between two steps.
const SHIFT: f64 = 0.37;
/// Outlines are described by these many numbers.
const NUMBERS: usize = 11;
/// A picture with more than this is described by its first ones.
const MAX_OUTLINES: usize = 100_000;

/// The hash, and `true` when the drawing is too simple for it to mean anything: at most one shape without any detail.
pub(super) fn geometry(tree: &Tree) -> ([u8; 16], bool) {
    let mut found = Vec::new();
    collect(tree.root(), &mut found);
    let mut descriptions = describe(&found);
    let simple = is_simple(&found);
    descriptions.sort_unstable();
    let mut hash = Sha256::new();
    hash.update(b"geometry 1");
    for description in &descriptions {
        description.iter().for_each(|number| hash.update(number.to_le_bytes()));
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    (half, simple)
}

/// The use of an outline.
#[derive(Clone, Copy)]
enum Drawn {
    Filled = 1,
    Stroked = 2,
    Both = 3,
    Picture = 4,
}

struct Found {
    outline: Outline,
    drawn: Drawn,
    /// Hash of an embedded picture.
    content: i64,
    points: usize,
}

fn collect(group: &Group, found: &mut Vec<Found>) {
    for node in group.children() {
        if found.len() >= MAX_OUTLINES {
            return;
        }
        match node {
            Node::Group(group) => collect(group, found),
            Node::Text(text) => collect(text.flattened(), found),
            Node::Path(path) if path.is_visible() => collect_path(path, found),
            Node::Image(image) if image.is_visible() => {
                let bounds = image.abs_bounding_box();
                let outline = Outline {
                    left: bounds.left().into(),
                    top: bounds.top().into(),
                    right: bounds.right().into(),
                    bottom: bounds.bottom().into(),
                    ..Outline::default()
                };
                let content = content(image.kind());
                found.push(Found {
                    outline,
                    drawn: Drawn::Picture,
                    content,
                    points: usize::MAX,
                });
            }
            Node::Path(_) | Node::Image(_) => {}
        }
    }
}

fn collect_path(path: &Path, found: &mut Vec<Found>) {
    let drawn = match (path.fill(), path.stroke()) {
        (Some(_), Some(_)) => Drawn::Both,
        (Some(_), None) => Drawn::Filled,
        (None, Some(_)) => Drawn::Stroked,
        (None, None) => return,
    };
    let ends = match drawn {
        Drawn::Filled => Ends::Joined,
        _ => Ends::AsWritten,
    };
    let Some(data) = path.data().clone().transform(path.abs_transform()) else {
        return;
    };
    let points = data.len();
    found.extend(outlines(&data, ends).into_iter().map(|outline| Found {
        outline,
        drawn,
        content: 0,
        points,
    }));
}

fn content(kind: &ImageKind) -> i64 {
    let digest = match kind {
        ImageKind::JPEG(data) | ImageKind::PNG(data) | ImageKind::GIF(data) | ImageKind::WEBP(data) => {
            Sha256::digest(data.as_slice())
        }
        ImageKind::SVG(_) => Sha256::digest(b"svg"),
    };
    digest
        .iter()
        .take(8)
        .fold(0, |number, &byte| (number << 8) | i64::from(byte))
}

fn describe(found: &[Found]) -> Vec<[i64; NUMBERS + 2]> {
    let start = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
    let (left, top, right, bottom) = found.iter().fold(start, |(left, top, right, bottom), found| {
        let outline = &found.outline;
        (
            left.min(outline.left),
            top.min(outline.top),
            right.max(outline.right),
            bottom.max(outline.bottom),
        )
    });
    let size = (right - left).max(bottom - top);
    let scale = if size > 0.0 && size.is_finite() {
        1.0 / size
    } else {
        1.0
    };
    // A number that is too large or none at all becomes the largest or zero.
    let step = |value: f64| (value * scale * STEPS + SHIFT).floor() as i64;
    let description = |found: &Found| {
        let outline = &found.outline;
        [
            found.drawn as i64,
            found.content,
            step(outline.left - left),
            step(outline.top - top),
            step(outline.right - left),
            step(outline.bottom - top),
            step(outline.x - left),
            step(outline.y - top),
            step(outline.length),
            step(outline.area.sqrt()),
            step(outline.lean),
            step(outline.points_x),
            step(outline.points_y),
        ]
    };
    found.iter().map(description).collect()
}

/// A single square, disc or line is too common to be a copy.
fn is_simple(found: &[Found]) -> bool {
    match found {
        [] => true,
        [only] => only.points <= 6,
        _ => false,
    }
}
