//! The picture of the file under the cursor, or why there is none.

use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::widgets::Widget;
use ratatui_image::Image;
use tradepost_common::review::CaseItem;

use super::paper::{Paper, split_top};
use crate::graphics::{self, Depth};
use crate::picture::{Colour, Focus, PictureKey, PictureOf, Shown, Zoom};
use crate::state::App;
use crate::state::case::CaseView;
use crate::text;
use crate::theme::{Theme, Tone};

/// Draws the picture of the file under the cursor and notes which picture there is room for.
pub fn draw(paper: &mut Paper<'_>, area: Rect, case: &CaseView, app: &mut App) {
    let Some(item) = case.file() else {
        paper.paragraph(area, "no file to look at", Tone::Dim);
        return;
    };
    let (room, caption) = split_top(area, area.height.saturating_sub(1));
    draw_caption(paper, caption, case, item);
    if !item.has_picture {
        centred(paper, room, "no picture of this file");
        return;
    }
    let key = key(PictureOf::Case(case.id, item.id), room, case.focus(item), case, app);
    app.picture_wish = Some(key.clone());
    draw_key(paper, room, &key, app);
}

/// The picture of a campaign's sample that fits into the room.
pub fn sample_key(of: PictureOf, room: Rect, zoom: Zoom, app: &App) -> PictureKey {
    PictureKey {
        of,
        columns: room.width,
        rows: room.height,
        focus: Focus::Sharp,
        background: app.background,
        colour: colour(app),
        zoom,
    }
}

fn colour(app: &App) -> Colour {
    if app.theme == Theme::Mono {
        Colour::None
    } else {
        Colour::Full
    }
}

/// The picture that fits into the room.
pub fn key(of: PictureOf, room: Rect, focus: Focus, case: &CaseView, app: &App) -> PictureKey {
    let zoom = match focus {
        Focus::Sharp => case.zoom,
        Focus::Blurred => Zoom::default(),
    };
    PictureKey {
        of,
        columns: room.width,
        rows: room.height,
        focus,
        background: case.background,
        colour: colour(app),
        zoom,
    }
}

/// Draws the picture, when it is here.
pub fn draw_key(paper: &mut Paper<'_>, room: Rect, key: &PictureKey, app: &App) {
    // Pixels cannot be covered: they make way for what is drawn over the screen.
    if app.prompt.as_ref().is_some_and(super::covers_screen) && app.graphics.cell != (1, 2) {
        return;
    }
    draw_shown(paper, room, app.picture(key), app.graphics.depth);
}

fn draw_shown(paper: &mut Paper<'_>, room: Rect, shown: Option<&Shown>, depth: Depth) {
    match shown {
        None => centred(paper, room, "picture …"),
        Some(Shown::Missing) => centred(paper, room, "no picture of this file"),
        Some(Shown::Failed(why)) => centred(paper, room, why),
        Some(Shown::Shades(lines)) => draw_shades(paper, room, lines),
        Some(Shown::Encoded(encoded)) => {
            let size = encoded.size();
            let place = middle(room, size.width, size.height);
            Image::new(encoded).allow_clipping(true).render(place, paper.buffer);
            if depth == Depth::Indexed {
                flatten(paper, place);
            }
        }
    }
}

fn draw_caption(paper: &mut Paper<'_>, area: Rect, case: &CaseView, item: &CaseItem) {
    let how = match case.focus(item) {
        _ if !item.has_picture => String::new(),
        Focus::Blurred => "BLURRED: b".to_owned(),
        Focus::Sharp if case.zoom.is_whole() => case.background.as_str().to_owned(),
        Focus::Sharp => format!("{}x {}", case.zoom.times(), case.background.as_str()),
    };
    let room = usize::from(area.width).saturating_sub(text::width(&how) + 1);
    let path = text::clean(&item.path).into_owned();
    paper.put(area.x, area.y, area.width, &text::cut_front(&path, room), Tone::Plain);
    paper.put_right(area, &how, if how.starts_with('B') { Tone::Warn } else { Tone::Dim });
}

/// Words in the middle of the room of a picture.
pub fn centred(paper: &mut Paper<'_>, area: Rect, words: &str) {
    let lines = text::wrap(words, usize::from(area.width)).len() as u16;
    let y = area.y + area.height.saturating_sub(lines) / 2;
    paper.paragraph(
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

fn draw_shades(paper: &mut Paper<'_>, room: Rect, lines: &[String]) {
    let width = lines.first().map_or(0, |line| text::width(line)) as u16;
    let place = middle(room, width, lines.len() as u16);
    for (y, line) in (place.y..place.bottom()).zip(lines) {
        paper.put(place.x, y, place.width, line, Tone::Plain);
    }
}

/// Full colours become the nearest of 256.
fn flatten(paper: &mut Paper<'_>, area: Rect) {
    let nearest = |colour| match colour {
        Color::Rgb(r, g, b) => Color::Indexed(graphics::indexed(r, g, b)),
        other => other,
    };
    for position in area.positions() {
        if let Some(cell) = paper.buffer.cell_mut(position) {
            cell.fg = nearest(cell.fg);
            cell.bg = nearest(cell.bg);
        }
    }
}
