//! Uploads as rows and as text.

use tradepost_common::ids::UploadId;
use tradepost_common::uploads::{StageTime, UploadColumn, UploadRow, UploadState};

use crate::plain::{Styling, paint};
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::theme::Tone;
use crate::{format, text};

impl Row for UploadRow {
    type Id = UploadId;

    fn id(&self) -> UploadId {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<UploadRow>;

static COLUMNS: [Col; 10] = [
    Col::left(
        "UPLOAD",
        Width::Fixed(36),
        |u, _| Cell::plain(u.id.to_string()),
        |u| Key::text(u.id.to_string()),
    )
    .only(Place::Print),
    Col::left(
        "STATE",
        Width::Fixed(13),
        |u, _| state(u.state),
        |u| Key::count(u.state as i64),
    )
    .sorted_as(UploadColumn::State.as_str()),
    Col::left(
        "PACK",
        Width::Grow(20),
        |u, _| Cell::plain(u.title.as_deref().unwrap_or(&u.file_name)),
        |u| Key::text(u.title.as_deref().unwrap_or(&u.file_name)),
    )
    .sorted_as(UploadColumn::Pack.as_str()),
    Col::left(
        "FROM",
        Width::Grow(10),
        |u, _| Cell::plain(&u.account),
        |u| Key::text(&u.account),
    )
    .sorted_as(UploadColumn::Account.as_str())
    .rank(1),
    Col::right(
        "SIZE",
        Width::Fixed(9),
        |u, _| Cell::dim(format::bytes(u.size_bytes)),
        |u| Key::count(u.size_bytes),
    )
    .sorted_as(UploadColumn::Size.as_str())
    .rank(3),
    Col::right("FILES", Width::Fixed(11), |u, _| files(u), |u| Key::count(u.files))
        .sorted_as(UploadColumn::Files.as_str()),
    Col::right(
        "FINDINGS",
        Width::Fixed(8),
        |u, _| Cell::number(u.findings, Tone::Warn),
        |u| Key::count(u.findings),
    )
    .sorted_as(UploadColumn::Findings.as_str()),
    Col::right(
        "DEAD",
        Width::Fixed(4),
        |u, _| Cell::number(u.dead_letters, Tone::Bad),
        |u| Key::count(u.dead_letters),
    )
    .sorted_as(UploadColumn::DeadLetters.as_str())
    .rank(4),
    Col::right("TOOK", Width::Fixed(6), took, |u| Key::Number(seconds(u, u.created_at)))
        .sorted_as(UploadColumn::Took.as_str())
        .rank(2),
    Col::right(
        "AGE",
        Width::Fixed(6),
        |u, now| Cell::dim(format::ago(u.created_at, now)),
        |u| Key::time(u.created_at),
    )
    .sorted_as(UploadColumn::Created.as_str()),
];

/// The word of a state; capitals for what did not go well.
pub fn state(state: UploadState) -> Cell {
    match state {
        UploadState::Rejected => Cell::new("REJECTED", Tone::Bad),
        UploadState::Expired => Cell::new("EXPIRED", Tone::Warn),
        UploadState::InReview => Cell::new("in review", Tone::Warn),
        UploadState::Published => Cell::new("published", Tone::Good),
        UploadState::AwaitingBytes => Cell::dim("awaits bytes"),
        working => Cell::new(working.as_str(), Tone::Accent),
    }
}

fn files(upload: &UploadRow) -> Cell {
    if upload.files == 0 {
        return Cell::dim("-");
    }
    let tone = if upload.files == upload.files_done {
        Tone::Dim
    } else {
        Tone::Plain
    };
    Cell::new(format!("{}/{}", upload.files_done, upload.files), tone)
}

fn seconds(upload: &UploadRow, now: time::OffsetDateTime) -> f64 {
    (upload.settled_at.unwrap_or(now) - upload.created_at).as_seconds_f64()
}

fn took(upload: &UploadRow, now: time::OffsetDateTime) -> Cell {
    let tone = if upload.state.is_settled() {
        Tone::Dim
    } else {
        Tone::Plain
    };
    Cell::new(format::took(seconds(upload, now)), tone)
}

/// An upload and its state, a fact a line.
pub fn head(upload: &UploadRow, styling: Styling) -> String {
    let state = state(upload.state);
    format!(
        "upload    {}\nstate     {}\npack      {}\ntitle     {}\nfrom      {}\nsize      {}\nfiles     {}/{}\n",
        upload.id,
        paint(&state.text, state.tone, styling),
        text::clean(&upload.file_name),
        text::clean(upload.title.as_deref().unwrap_or("-")),
        text::clean(&upload.account),
        format::bytes(upload.size_bytes),
        upload.files_done,
        upload.files,
    )
}

/// The time at each stage.
pub fn stages(stages: &[StageTime]) -> String {
    let mut out = "\nSTAGE          TOOK\n".to_owned();
    for stage in stages {
        let here = if stage.left_at.is_none() { "  is here" } else { "" };
        out.push_str(&format!(
            "{:<9} {:>9}{here}\n",
            text::clean(stage.stage.as_str()),
            format::took(stage.seconds)
        ));
    }
    out
}
