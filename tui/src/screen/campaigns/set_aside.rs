//! Items that a campaign could not draw: set aside, with why.

use tradepost_common::campaigns::Failure as SetAside;
use tradepost_common::ids::ItemId;

use crate::format;
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::theme::Tone;

impl Row for SetAside {
    type Id = ItemId;

    fn id(&self) -> ItemId {
        self.item
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<SetAside>;

static COLUMNS: [Col; 7] = [
    Col::left(
        "ITEM",
        Width::Fixed(36),
        |f, _| Cell::plain(f.item.to_string()),
        |f| Key::text(f.item.to_string()),
    )
    .only(Place::Print),
    Col::left(
        "UPLOAD",
        Width::Fixed(36),
        |f, _| Cell::plain(f.upload_id.to_string()),
        |f| Key::text(f.upload_id.to_string()),
    )
    .only(Place::Print),
    Col::left(
        "FAILURE",
        Width::Fixed(8),
        |f, _| Cell::new(f.failure.as_str().replace('_', " "), Tone::Bad),
        |f| Key::text(f.failure.as_str()),
    ),
    Col::left(
        "KIND",
        Width::Fixed(12),
        |f, _| Cell::dim(&f.kind),
        |f| Key::text(&f.kind),
    )
    .rank(3),
    Col::left(
        "FILE",
        Width::GrowPath(20),
        |f, _| Cell::plain(&f.path),
        |f| Key::text(&f.path),
    ),
    Col::right(
        "AGE",
        Width::Fixed(6),
        |f, now| Cell::dim(format::ago(f.at, now)),
        |f| Key::time(f.at),
    )
    .rank(1),
    Col::left(
        "WHY",
        Width::Grow(28),
        |f, _| Cell::plain(&f.reason),
        |f| Key::text(&f.reason),
    ),
];
