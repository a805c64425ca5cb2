//! The list, and the token under the cursor in full.

use ratatui::layout::Rect;
use time::OffsetDateTime;
use tradepost_common::ids::TokenId;
use tradepost_common::tokens::{TokenRow, TokenState};

use super::Tokens;
use crate::canvas::document::Document;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::shell::Shell;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

impl Row for TokenRow {
    type Id = TokenId;

    fn id(&self) -> TokenId {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<TokenRow>;

static COLUMNS: [Col; 8] = [
    Col::left(
        "ACCOUNT",
        Width::Grow(12),
        |t, _| Cell::plain(&t.account),
        |t| Key::text(&t.account),
    ),
    Col::left(
        "ROLE",
        Width::Fixed(11),
        |t, _| Cell::dim(t.role.as_str()),
        |t| Key::text(t.role.as_str()),
    ),
    Col::left("STATE", Width::Fixed(7), |t, _| state(t), |t| Key::text(state(t).text)),
    Col::left(
        "CREATED",
        Width::Fixed(10),
        |t, _| Cell::dim(format::date(t.created_at)),
        |t| Key::time(t.created_at),
    ),
    Col::left(
        "LAST USE (UTC)",
        Width::Fixed(16),
        |t, _| moment(t.last_used_at, format::minute),
        |t| when(t.last_used_at),
    ),
    Col::left(
        "EXPIRES",
        Width::Fixed(10),
        |t, _| moment(t.expires_at, format::date),
        |t| when(t.expires_at),
    ),
    Col::left(
        "REVOKED",
        Width::Fixed(10),
        |t, _| moment(t.revoked_at, format::date),
        |t| when(t.revoked_at),
    )
    .rank(1),
    Col::left(
        "ID",
        Width::Fixed(36),
        |t, _| Cell::dim(t.id.to_string()),
        |t| Key::text(t.id.to_string()),
    )
    .rank(2),
];

fn state(token: &TokenRow) -> Cell {
    match token.state {
        TokenState::Revoked => Cell::dim("revoked"),
        TokenState::Expired => Cell::new("expired", Tone::Warn),
        TokenState::Active if token.banned => Cell::new("banned", Tone::Bad),
        TokenState::Active => Cell::new("active", Tone::Good),
    }
}

fn moment(at: Option<OffsetDateTime>, format: fn(OffsetDateTime) -> String) -> Cell {
    at.map_or_else(|| Cell::dim("-"), |at| Cell::plain(format(at)))
}

fn when(at: Option<OffsetDateTime>) -> Key {
    at.map_or(Key::count(0), Key::time)
}

/// `last used 2026-11-22 05:00`.
pub fn last_use(token: &TokenRow) -> String {
    let used = token.last_used_at.map(format::minute);
    used.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"))
}

impl Tokens {
    pub fn draw_list(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, table) = split_top(area, 1);
        canvas.heading(head, &format!("Tokens {}", listing::paged_position(&self.paged)));
        let empty = self
            .paged
            .when_empty("No tokens: `tradepostd token create --account NAME`");
        cx.rows_area = listing::draw(canvas, table, &mut self.paged.list, &Look::new(cx.clock.utc, &empty));
    }

    /// The token under the cursor.
    pub fn document(&self) -> Option<Document> {
        let token = self.paged.list.selected()?;
        let mut document = Document::new(format!("{} of {}", token.id, token.account));
        document.words(in_words(token), Tone::Plain);
        Some(document)
    }
}

fn in_words(token: &TokenRow) -> String {
    let mut words = format!(
        "{}, created {}, {}",
        token.role,
        format::minute(token.created_at),
        last_use(token)
    );
    match (token.revoked_at, token.expires_at) {
        (Some(at), _) => words.push_str(&format!(", revoked {}", format::minute(at))),
        (None, Some(at)) => words.push_str(&format!(", expires {}", format::minute(at))),
        (None, None) => words.push_str(", never expires"),
    }
    if token.banned {
        words.push_str("; the account is banned: its tokens are refused");
    }
    words
}
