//! A file of the case beside what it looks like: who had it first, and how near they are.

use ratatui::layout::Rect;
use tradepost_common::review::{LookAlike, Relation, similar_percent};

use super::picture;
use crate::canvas::{Canvas, Spans, split_left, split_top};
use crate::picture::{Focus, PictureKey, PictureOf};
use crate::screen::review::case::CaseView;
use crate::shell::Shell;
use crate::shell::picture::draw_key;
use crate::text;
use crate::theme::Tone;

/// Lines below the pictures.
const FACTS: u16 = 3;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, case: &CaseView, pairs: &[LookAlike], cx: &mut Shell) {
    let Some(pair) = pairs.get(case.look) else {
        canvas.paragraph(area, "This case has no look-alikes", Tone::Dim);
        return;
    };
    let (pictures, facts) = split_top(area, area.height.saturating_sub(FACTS));
    let (left, right) = split_left(pictures, pictures.width / 2);
    let width = left.width.saturating_sub(1);
    let focus = case.focus_of_pair(pair);
    let ours = picture::key(PictureOf::Case(case.id, pair.item), below(left, width), focus, case, cx);
    let theirs = picture::key(PictureOf::Item(pair.other), below(right, width), focus, case, cx);
    draw_side(
        canvas,
        Rect { width, ..left },
        &ours,
        &format!("this case: {}", pair.path),
        cx,
    );
    draw_side(
        canvas,
        Rect { width, ..right },
        &theirs,
        &format!("known: {}", pair.other_path),
        cx,
    );
    cx.pictures.on_screen.insert(0, ours);
    cx.pictures.on_screen.extend(vec![theirs]);
    draw_facts(canvas, facts, pair, focus, (case.look, pairs.len()));
}

/// The room of a picture, below its caption.
fn below(area: Rect, width: u16) -> Rect {
    split_top(Rect { width, ..area }, 1).1
}

fn draw_side(canvas: &mut Canvas<'_>, area: Rect, key: &PictureKey, caption: &str, cx: &Shell) {
    let (head, room) = split_top(area, 1);
    let caption = text::clean(caption).into_owned();
    canvas.line(head, &text::cut_front(&caption, usize::from(head.width)), Tone::Accent);
    draw_key(canvas, room, key, cx);
}

fn draw_facts(canvas: &mut Canvas<'_>, area: Rect, pair: &LookAlike, focus: Focus, (at, of): (usize, usize)) {
    let (first, rest) = split_top(area, 1);
    let (second, third) = split_top(rest, 1);
    let blurred = match focus {
        Focus::Blurred => " · BLURRED: b",
        Focus::Sharp => "",
    };
    if first.height > 0 {
        let line: Spans = vec![
            (relation_in_words(pair), relation_tone(pair)),
            (format!(" · {} of {of}", at + 1), Tone::Plain),
            (blurred.to_owned(), Tone::Warn),
        ];
        canvas.put_spans(first, &line);
    }
    let (whose, tone) = if pair.same_contributor {
        ("same contributor", Tone::Plain)
    } else {
        ("ANOTHER CONTRIBUTOR", Tone::Bad)
    };
    if second.height > 0 {
        let order = order_in_words(pair);
        let since = format!(" · {} · {order}, since {}", pair.other_state, pair.other_since.date());
        let line: Spans = vec![
            (format!("{} ", pair.other_title), Tone::Plain),
            (format!("of {} ({whose})", pair.other_contributor), tone),
            (since, Tone::Plain),
        ];
        canvas.put_spans(second, &line);
    }
    canvas.line(
        third,
        "] [ next, previous · b blur · B background · z Z zoom · d back",
        Tone::Dim,
    );
}

/// `SAME DRAWING`, `LOOKS ALIKE: 92 % similar`.
pub fn relation_in_words(pair: &LookAlike) -> String {
    match pair.relation {
        Relation::Exact => "SAME BYTES".to_owned(),
        Relation::Geometry => "SAME DRAWING".to_owned(),
        Relation::Look => format!("LOOKS ALIKE: {} % similar", similar_percent(pair.distance)),
    }
}

/// The other file came `earlier` or `later`.
pub fn order_in_words(pair: &LookAlike) -> &'static str {
    if pair.other_is_later() { "later" } else { "earlier" }
}

fn relation_tone(pair: &LookAlike) -> Tone {
    match pair.relation {
        Relation::Exact | Relation::Geometry => Tone::Bad,
        Relation::Look => Tone::Warn,
    }
}
