//! Whether the published copy looks as the original does.

use resvg::tiny_skia::Pixmap;
use resvg::usvg::Tree;

use super::engine::draw_at;

/// Wide enough for a lost shape, colour or filter to show; twice as wide would cost up to four times as much.
const WIDTH_PX: u32 = 256;

/// Draws both and compares every pixel. No tolerance: both are drawn by the same code, so that any difference is one of the files.
pub fn same_picture(original: &Tree, copy: &Tree) -> bool {
    let (first, second) = (draw_at(original, WIDTH_PX), draw_at(copy, WIDTH_PX));
    match (first, second) {
        (Some(first), Some(second)) => is_equal(&first, &second),
        _ => false,
    }
}

fn is_equal(first: &Pixmap, second: &Pixmap) -> bool {
    (first.width(), first.height()) == (second.width(), second.height()) && first.data() == second.data()
}
