//! A sample of a canary: what is shown now, what was drawn, and where they differ, side by side.

use ratatui::layout::Rect;
use tradepost_common::campaigns::{Sample, Side};

use super::super::detail::Detail;
use super::super::looking::picture_of;
use super::super::{sample, words};
use crate::canvas::{Canvas, split_left, split_top};
use crate::format;
use crate::picture::PictureKey;
use crate::shell::Shell;
use crate::shell::picture;
use crate::text;
use crate::theme::{Theme, Tone};

/// Lines below the pictures.
const FACTS: u16 = 3;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, view: &Detail, cx: &mut Shell) {
    let Some(sample) = view.sample() else {
        return;
    };
    let (pictures, below) = split_top(area, area.height.saturating_sub(FACTS));
    let places = places(pictures, view.looking.sides());
    let key = |of: &Sample, side: Side, room: Rect| {
        let wanted = missing(of, side).is_none();
        wanted.then(|| picture::sample_key(picture_of(view.id, of, side), room, view.looking.zoom, cx))
    };
    let mut wishes: Vec<PictureKey> = Vec::new();
    for (side, place) in &places {
        let (head, room) = split_top(*place, 1);
        draw_side(canvas, head, sample, *side);
        match key(sample, *side, room) {
            Some(key) => {
                picture::draw_key(canvas, room, &key, cx);
                wishes.push(key);
            }
            None => picture::centred(canvas, room, missing(sample, *side).unwrap_or_default()),
        }
    }
    // Those of the next sample are worth having before they are asked for.
    if let Some(next) = view.next_sample() {
        let ahead = places
            .iter()
            .filter_map(|(side, place)| key(next, *side, split_top(*place, 1).1));
        wishes.extend(ahead);
    }
    cx.pictures.on_screen.extend(wishes);
    draw_facts(canvas, below, view, sample, cx);
}

/// The room of each picture with its heading, from left to right, a column of air between two.
fn places(area: Rect, sides: &[Side]) -> Vec<(Side, Rect)> {
    let mut rest = area;
    let place = |(i, side): (usize, &Side)| {
        let left = sides.len() - i;
        let (place, after) = split_left(rest, rest.width / left as u16);
        rest = after;
        let width = place.width.saturating_sub(u16::from(left > 1));
        (*side, Rect { width, ..place })
    };
    sides.iter().enumerate().map(place).collect()
}

/// The reason why a side has no picture.
fn missing(sample: &Sample, side: Side) -> Option<&'static str> {
    match side {
        Side::New => None,
        Side::Old if sample.old_bytes.is_none() => Some("No rendition is public now"),
        Side::Difference if sample.old_bytes.is_none() => Some("Nothing to compare with"),
        Side::Difference if sample.psnr_db.is_none() => Some("The size differs: no comparison"),
        Side::Old | Side::Difference => None,
    }
}

fn draw_side(canvas: &mut Canvas<'_>, head: Rect, sample: &Sample, side: Side) {
    let words = match side {
        Side::Old => match sample.old_bytes {
            Some(bytes) => format!("OLD: public now, {}", format::bytes(bytes)),
            None => "OLD: none".to_owned(),
        },
        Side::New => format!("NEW: {}", format::bytes(sample.new_bytes)),
        Side::Difference if canvas.theme == Theme::Mono => "DIFFERENCE: darker".to_owned(),
        Side::Difference => "DIFFERENCE: in red".to_owned(),
    };
    canvas.line(head, &words, Tone::Accent);
}

fn draw_facts(canvas: &mut Canvas<'_>, area: Rect, view: &Detail, sample: &Sample, cx: &Shell) {
    let (first, rest) = split_top(area, 1);
    let (second, third) = split_top(rest, 1);
    let list = &view.samples.list;
    let zoom = match view.looking.zoom.times() {
        1 => String::new(),
        times => format!("{times}x "),
    };
    let how = format!(
        "{zoom}{} · {} of {}",
        cx.pictures.background.as_str(),
        list.cursor() + 1,
        list.shown_len()
    );
    let name = format!(
        "{} · {} {}x{}",
        text::clean(&sample.path),
        sample.preset,
        sample.width,
        sample.height
    );
    let room = usize::from(first.width).saturating_sub(text::width(&how) + 2);
    if first.height > 0 {
        canvas.put(
            first.x,
            first.y,
            first.width,
            &text::cut_front(&name, room),
            Tone::Plain,
        );
        canvas.put_right(first, &how, Tone::Dim);
    }
    let (words, tone) = sample::metric_in_words(sample);
    if second.height > 0 {
        let bytes = sample.old_bytes.map(|old| words::change(old, sample.new_bytes));
        let bytes = bytes.map_or(String::new(), |words| format!(" · {words}"));
        canvas.put_spans(second, &[(words, tone), (bytes, Tone::Plain)]);
    }
    let keys = "n N next, previous · f one alone · z Z zoom · B background · Esc back";
    canvas.line(third, keys, Tone::Dim);
}
