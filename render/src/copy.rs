//! Whether the published copy looks as the original does.

use resvg::tiny_skia::Pixmap;
use resvg::usvg::Tree;

use super::engine::draw_at;
use super::paint::Scratch;

/// Wide enough for a lost shape, colour or filter to show; twice as wide would cost up to four times as much.
const WIDTH_PX: u32 = 256;

/// Draws both and compares every pixel. No tolerance: both are drawn by the same code, so that any difference is one of the files.
pub fn same_picture(original: &Tree, copy: &Tree) -> bool {
    same_picture_with(original, copy, &mut Scratch::default())
}

/// The same, in memory that is used again.
pub(super) fn same_picture_with(original: &Tree, copy: &Tree, scratch: &mut Scratch) -> bool {
    let first = draw_at(original, WIDTH_PX, scratch);
    match (first, draw_at(copy, WIDTH_PX, scratch)) {
        (Some(first), Some(second)) => is_equal(&first, &second),
        _ => false,
    }
}

fn is_equal(first: &Pixmap, second: &Pixmap) -> bool {
    (first.width(), first.height()) == (second.width(), second.height()) && first.data() == second.data()
}
