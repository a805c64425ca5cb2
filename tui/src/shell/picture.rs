//! Pictures on a page: the one that fits into a room, or why there is none.

use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::widgets::Widget;
use ratatui_image::Image;

use super::Shell;
use crate::canvas::Canvas;
use crate::graphics::{self, Depth, Graphics};
use crate::picture::{Colour, Focus, PictureKey, PictureOf, Shown, Zoom};
use crate::text;
use crate::theme::{Theme, Tone};

/// The picture of a campaign's sample that fits into the room.
pub fn sample_key(of: PictureOf, room: Rect, zoom: Zoom, cx: &Shell) -> PictureKey {
    PictureKey {
        of,
        columns: room.width,
        rows: room.height,
        focus: Focus::Sharp,
        background: cx.pictures.background,
        colour: colour(cx),
        zoom,
    }
}

pub fn colour(cx: &Shell) -> Colour {
    if cx.theme == Theme::Mono {
        Colour::None
    } else {
        Colour::Full
    }
}

/// Draws the picture, when it is here.
pub fn draw_key(canvas: &mut Canvas<'_>, room: Rect, key: &PictureKey, cx: &Shell) {
    // Pixels cannot be covered: they make way for what is drawn over the screen.
    if cx.has_overlay() && !cx.pictures.graphics.is_text() {
        return;
    }
    draw_shown(canvas, room, cx.pictures.get(key), cx.pictures.graphics);
}

fn draw_shown(canvas: &mut Canvas<'_>, room: Rect, shown: Option<&Shown>, graphics: Graphics) {
    match shown {
        None => centred(canvas, room, "Reading the image …"),
        Some(Shown::Missing) => centred(canvas, room, "No image of this file"),
        Some(Shown::Failed(why)) => centred(canvas, room, why),
        Some(Shown::Shades(lines)) => draw_shades(canvas, room, lines),
        Some(Shown::Encoded(encoded)) => {
            let size = encoded.size();
            let place = middle(room, size.width, size.height);
            Image::new(encoded).allow_clipping(true).render(place, canvas.buffer);
            if graphics.depth == Depth::Indexed && graphics.is_text() {
                flatten(canvas, place);
            }
        }
        // The colour of its cells is the number of the picture.
        Some(Shown::Kitty(picture)) => {
            let size = picture.size();
            picture.render(middle(room, size.width, size.height), canvas.buffer);
        }
    }
}

/// Words in the middle of the room of a picture.
pub fn centred(canvas: &mut Canvas<'_>, area: Rect, words: &str) {
    let lines = text::wrap(words, usize::from(area.width)).len() as u16;
    let y = area.y + area.height.saturating_sub(lines) / 2;
    canvas.paragraph(
        Rect {
            y,
            height: lines.min(area.bottom().saturating_sub(y)),
            ..area
        },
        words,
        Tone::Dim,
    );
}

fn middle(room: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(room.width), height.min(room.height));
    Rect {
        x: room.x + (room.width - width) / 2,
        y: room.y + (room.height - height) / 2,
        width,
        height,
    }
}

fn draw_shades(canvas: &mut Canvas<'_>, room: Rect, lines: &[String]) {
    let width = lines.first().map_or(0, |line| text::width(line)) as u16;
    let place = middle(room, width, lines.len() as u16);
    for (y, line) in (place.y..place.bottom()).zip(lines) {
        canvas.put(place.x, y, place.width, line, Tone::Plain);
    }
}

/// Full colours become the nearest of 256.
fn flatten(canvas: &mut Canvas<'_>, area: Rect) {
    let nearest = |colour| match colour {
        Color::Rgb(r, g, b) => Color::Indexed(graphics::indexed(r, g, b)),
        other => other,
    };
    for position in area.positions() {
        if let Some(cell) = canvas.buffer.cell_mut(position) {
            cell.fg = nearest(cell.fg);
            cell.bg = nearest(cell.bg);
        }
    }
}
