//! The canary's renditions beside the public ones, the worst first.

use tradepost_common::campaigns::Sample;

use super::words;
use crate::format;
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::theme::Tone;

impl Row for Sample {
    /// The item and the preset.
    type Id = String;

    fn id(&self) -> String {
        format!("{}/{}", self.item, self.preset)
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<Sample>;

static COLUMNS: [Col; 11] = [
    Col::left(
        "ITEM",
        Width::Fixed(36),
        |s, _| Cell::plain(s.item.to_string()),
        |s| Key::text(s.item.to_string()),
    )
    .only(Place::Print),
    Col::right(
        "PSNR",
        Width::Fixed(7),
        |s, _| psnr(s),
        |s| Key::Number(s.psnr_db.unwrap_or(-1.0)),
    ),
    Col::right(
        "MAX",
        Width::Fixed(3),
        |s, _| Cell::plain(s.max_difference.map_or("-".to_owned(), |d| d.to_string())),
        |s| Key::count(s.max_difference.map_or(-1, i64::from)),
    ),
    Col::right(
        "DIFFERS",
        Width::Fixed(7),
        |s, _| Cell::plain(s.differing.map_or("-".to_owned(), percent)),
        |s| Key::Number(s.differing.unwrap_or(-1.0)),
    ),
    Col::right(
        "BYTES",
        Width::Fixed(7),
        |s, _| bytes(s),
        |s| Key::Number(s.old_bytes.map_or(0.0, |old| s.new_bytes as f64 / old.max(1) as f64)),
    ),
    Col::left(
        "PRESET",
        Width::Fixed(16),
        |s, _| Cell::plain(&s.preset),
        |s| Key::text(&s.preset),
    ),
    Col::left(
        "FILE",
        Width::GrowPath(16),
        |s, _| Cell::plain(&s.path),
        |s| Key::text(&s.path),
    ),
    Col::right(
        "SIZE",
        Width::Fixed(9),
        |s, _| Cell::dim(format!("{}x{}", s.width, s.height)),
        |s| Key::count(s.width.into()),
    )
    .rank(2),
    Col::left(
        "KIND",
        Width::Fixed(12),
        |s, _| Cell::dim(&s.kind),
        |s| Key::text(&s.kind),
    )
    .rank(3),
    Col::right(
        "OLD",
        Width::Fixed(9),
        |s, _| Cell::dim(s.old_bytes.map_or("-".to_owned(), format::bytes)),
        |s| Key::count(s.old_bytes.unwrap_or(-1)),
    )
    .rank(4),
    Col::right(
        "NEW",
        Width::Fixed(9),
        |s, _| Cell::dim(format::bytes(s.new_bytes)),
        |s| Key::count(s.new_bytes),
    )
    .rank(5),
];

/// Below this a difference is seen at a glance, in dB.
const PLAIN_TO_SEE_DB: f64 = 30.0;
/// From this on nobody sees one, in dB.
const UNSEEN_DB: f64 = 40.0;

/// Their similarity: `41.2 dB`, `same`; `new` when there is nothing to compare with.
pub fn psnr(sample: &Sample) -> Cell {
    match sample.psnr_db {
        None if sample.old_bytes.is_none() => Cell::new("new", Tone::Warn),
        None => Cell::new("resized", Tone::Warn),
        Some(db) if db >= 100.0 => Cell::new("same", Tone::Good),
        Some(db) => {
            let tone = match db {
                db if db < PLAIN_TO_SEE_DB => Tone::Bad,
                db if db < UNSEEN_DB => Tone::Warn,
                _ => Tone::Good,
            };
            Cell::new(format!("{db:.1} dB"), tone)
        }
    }
}

/// `3.1 %`; what is not nothing never reads as nothing.
fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p > 0.0 && p < 0.1 => "<0.1 %".to_owned(),
        p => format!("{p:.1} %"),
    }
}

fn bytes(sample: &Sample) -> Cell {
    let Some(old) = sample.old_bytes else {
        return Cell::dim("-");
    };
    let tone = if sample.new_bytes > old {
        Tone::Warn
    } else {
        Tone::Plain
    };
    Cell::new(words::share(old, sample.new_bytes).as_deref().unwrap_or("-"), tone)
}

/// `41.2 dB · at most 12 of 255 · 3.1 % of pixels differ`.
pub fn metric_in_words(sample: &Sample) -> (String, Tone) {
    let shown = psnr(sample);
    let words = match shown.text.as_str() {
        "new" => "No rendition is public now: nothing to compare with".to_owned(),
        "resized" => "The size differs from the public rendition: not measured".to_owned(),
        "same" => "Identical pixels".to_owned(),
        db => {
            let mut words = db.to_owned();
            if let Some(most) = sample.max_difference {
                words.push_str(&format!(" · at most {most} of 255"));
            }
            if let Some(share) = sample.differing {
                words.push_str(&format!(" · {} of pixels differ", percent(share)));
            }
            words
        }
    };
    (words, shown.tone)
}
