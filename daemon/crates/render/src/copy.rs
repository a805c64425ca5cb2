//! Compares the published copy with the original.

use resvg::tiny_skia::Pixmap;
use resvg::usvg::Tree;

use super::frame::draw_at;
use super::paint::Scratch;
use super::stencil::{CoverageSizes, Stencil};

/// Wide enough for a lost shape, colour or filter to show; twice as wide would cost up to four times as much.
const WIDTH_PX: u32 = 256;

/// Draws both and compares every pixel. No tolerance: both are drawn by the same code, so that any difference is one of the files.
pub fn same_picture(original: &Tree, copy: &Tree) -> bool {
    same_drawing(original, copy, &mut CoverageSizes::default(), &mut Scratch::default())
}

/// As [`same_picture`], with buffers that are used again.
pub(super) fn same_drawing(original: &Tree, copy: &Tree, coverages: &mut CoverageSizes, scratch: &mut Scratch) -> bool {
    if let Some(same) = same_coverage(original, copy, coverages) {
        return same;
    }
    let first = draw_at(original, WIDTH_PX, scratch);
    match (first, draw_at(copy, WIDTH_PX, scratch)) {
        (Some(first), Some(second)) => is_equal(&first, &second),
        _ => false,
    }
}

/// `None` when one of them is no drawing of one colour, or not of the other's.
fn same_coverage(original: &Tree, copy: &Tree, coverages: &mut CoverageSizes) -> Option<bool> {
    let (first, second) = (Stencil::from_tree(original)?, Stencil::from_tree(copy)?);
    if first.colour != second.colour {
        return None;
    }
    let first = coverages.draw_alone(&first, original, WIDTH_PX)?;
    let second = coverages.draw_alone(&second, copy, WIDTH_PX)?;
    let is_same = (first.width, first.height) == (second.width, second.height) && first.values == second.values;
    coverages.recycle(first);
    coverages.recycle(second);
    Some(is_same)
}

fn is_equal(first: &Pixmap, second: &Pixmap) -> bool {
    (first.width(), first.height()) == (second.width(), second.height()) && first.data() == second.data()
}
