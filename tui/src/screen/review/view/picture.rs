//! The picture of the file under the cursor.

use ratatui::layout::Rect;
use tradepost_common::review::CaseItem;

use crate::canvas::{Canvas, split_top};
use crate::picture::{Focus, PictureKey, PictureOf, Zoom};
use crate::screen::review::case::CaseView;
use crate::shell::Shell;
use crate::shell::picture::{centred, colour, draw_key};
use crate::text;
use crate::theme::Tone;

/// Draws the picture of the file under the cursor and notes which picture there is room for.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, case: &CaseView, cx: &mut Shell) {
    let Some(item) = case.file() else {
        canvas.paragraph(area, "Select a file first", Tone::Dim);
        return;
    };
    let (room, caption) = split_top(area, area.height.saturating_sub(1));
    draw_caption(canvas, caption, case, item);
    if !item.has_picture {
        centred(canvas, room, "No image of this file");
        return;
    }
    let key = key(PictureOf::Case(case.id, item.id), room, case.focus(item), case, cx);
    cx.pictures.on_screen.insert(0, key.clone());
    draw_key(canvas, room, &key, cx);
}

/// The picture that fits into the room.
pub fn key(of: PictureOf, room: Rect, focus: Focus, case: &CaseView, cx: &Shell) -> PictureKey {
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
        colour: colour(cx),
        zoom,
    }
}

fn draw_caption(canvas: &mut Canvas<'_>, area: Rect, case: &CaseView, item: &CaseItem) {
    let how = match case.focus(item) {
        _ if !item.has_picture => String::new(),
        Focus::Blurred => "BLURRED: b".to_owned(),
        Focus::Sharp if case.zoom.is_whole() => case.background.as_str().to_owned(),
        Focus::Sharp => format!("{}x {}", case.zoom.times(), case.background.as_str()),
    };
    let room = usize::from(area.width).saturating_sub(text::width(&how) + 1);
    let path = text::clean(&item.path).into_owned();
    canvas.put(area.x, area.y, area.width, &text::cut_front(&path, room), Tone::Plain);
    canvas.put_right(area, &how, if how.starts_with('B') { Tone::Warn } else { Tone::Dim });
}
