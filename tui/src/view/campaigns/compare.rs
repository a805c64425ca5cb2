//! A sample of a canary: what is shown now, what was drawn, and where they differ, side by side.

use ratatui::layout::Rect;
use tradepost_common::campaigns::{Sample, Side};

use super::{facts, samples};
use crate::format;
use crate::picture::PictureKey;
use crate::state::App;
use crate::state::campaigns::{CampaignView, picture_of};
use crate::text;
use crate::theme::Tone;
use crate::view::paper::{Paper, split_left, split_top};
use crate::view::picture;

/// Lines below the pictures.
const FACTS: u16 = 3;

pub fn draw(paper: &mut Paper<'_>, area: Rect, view: &CampaignView, app: &mut App) {
    let Some(sample) = view.sample() else {
        return;
    };
    let sides = view.looking.sides();
    let (pictures, below) = split_top(area, area.height.saturating_sub(FACTS));
    let mut wishes = Vec::with_capacity(sides.len());
    let mut rest = pictures;
    for (i, side) in sides.iter().enumerate() {
        let left = sides.len() - i;
        let (place, after) = split_left(rest, rest.width / left as u16);
        rest = after;
        // A column of air between two.
        let gap = u16::from(left > 1);
        let place = Rect {
            width: place.width.saturating_sub(gap),
            ..place
        };
        let (head, room) = split_top(place, 1);
        let key = picture::sample_key(picture_of(view.id, sample, *side), room, view.looking.zoom, app);
        draw_side(paper, head, sample, *side);
        picture::draw_key(paper, room, &key, app);
        wishes.push(key);
    }
    app.picture_wish = wishes.first().cloned();
    app.beside_wishes = wishes.iter().skip(1).cloned().chain(ahead(view, &wishes)).collect();
    draw_facts(paper, below, view, sample, app);
}

/// The pictures of the next sample, worth having before they are asked for.
fn ahead(view: &CampaignView, wishes: &[PictureKey]) -> Vec<PictureKey> {
    let Some(next) = view.next_sample().filter(|_| view.looking.zoom.is_whole()) else {
        return Vec::new();
    };
    let sides = view.looking.sides().iter();
    let key = |(side, now): (&Side, &PictureKey)| PictureKey {
        of: picture_of(view.id, next, *side),
        ..now.clone()
    };
    sides.zip(wishes).map(key).collect()
}

fn draw_side(paper: &mut Paper<'_>, head: Rect, sample: &Sample, side: Side) {
    let words = match side {
        Side::Old => match sample.old_bytes {
            Some(bytes) => format!("OLD: shown now, {}", format::bytes(bytes)),
            None => "OLD: none".to_owned(),
        },
        Side::New => format!("NEW: {}", format::bytes(sample.new_bytes)),
        Side::Difference => "DIFFERENCE: in red".to_owned(),
    };
    paper.line(head, &words, Tone::Accent);
}

fn draw_facts(paper: &mut Paper<'_>, area: Rect, view: &CampaignView, sample: &Sample, app: &App) {
    let (first, rest) = split_top(area, 1);
    let (second, third) = split_top(rest, 1);
    let list = &view.samples.list;
    let zoom = match view.looking.zoom.times() {
        1 => String::new(),
        times => format!("{times}x "),
    };
    let how = format!(
        "{zoom}{} · {} of {}",
        app.background.as_str(),
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
        paper.put(
            first.x,
            first.y,
            first.width,
            &text::cut_front(&name, room),
            Tone::Plain,
        );
        paper.put_right(first, &how, Tone::Dim);
    }
    let (words, tone) = samples::metric_in_words(sample);
    if second.height > 0 {
        let bytes = sample
            .old_bytes
            .map(|old| facts::change_in_words(old, sample.new_bytes));
        let bytes = bytes.map_or(String::new(), |words| format!(" · {words}"));
        paper.put_spans(second, &[(words, tone), (bytes, Tone::Plain)]);
    }
    let keys = "n N next, previous · f one alone · z Z zoom · B background · Esc back";
    paper.line(third, keys, Tone::Dim);
}
