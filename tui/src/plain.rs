//! Tables for the command line: aligned, stable, nothing cut.

use time::OffsetDateTime;

use crate::table::{Align, Cell, Column, Place, Row};
use crate::text;
use crate::theme::Tone;

/// Whether printed tables carry colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    None,
    Ansi,
}

/// The rows as an aligned table, with or without colour, every column and nothing cut.
pub fn print<R: Row>(rows: &[R], now: OffsetDateTime, ink: Ink) -> String {
    let columns: Vec<&Column<R>> = R::columns().iter().filter(|c| c.place != Place::Screen).collect();
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| columns.iter().map(|c| (c.cell)(row, now)).collect())
        .collect();
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(i, c)| {
            let widest = cells.iter().map(|row| text::width(&row[i].text)).max();
            widest.unwrap_or(0).max(text::width(c.title))
        })
        .collect();
    let mut out = String::new();
    let titles: Vec<Cell> = columns.iter().map(|c| Cell::new(c.title, Tone::Accent)).collect();
    for row in std::iter::once(&titles).chain(&cells) {
        print_line(&mut out, row, &columns, &widths, ink);
    }
    out
}

fn print_line<R>(out: &mut String, row: &[Cell], columns: &[&Column<R>], widths: &[usize], ink: Ink) {
    for (i, cell) in row.iter().enumerate() {
        let pad = " ".repeat(widths[i].saturating_sub(text::width(&cell.text)));
        let shown = paint(&cell.text, cell.tone, ink);
        let is_last = i + 1 == row.len();
        match columns[i].align {
            Align::Right => out.push_str(&format!("{pad}{shown}")),
            Align::Left if is_last => out.push_str(&shown),
            Align::Left => out.push_str(&format!("{shown}{pad}")),
        }
        if !is_last {
            out.push_str("  ");
        }
    }
    // A stable table has no spaces at the end of its lines.
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

/// The text with the colour of its meaning.
pub fn paint(text: &str, tone: Tone, ink: Ink) -> String {
    let code = match (ink, tone) {
        (Ink::None, _) | (_, Tone::Plain) => return text.to_owned(),
        (Ink::Ansi, Tone::Dim) => "2",
        (Ink::Ansi, Tone::Accent) => "1",
        (Ink::Ansi, Tone::Good) => "32",
        (Ink::Ansi, Tone::Warn | Tone::Banner) => "33",
        (Ink::Ansi, Tone::Bad | Tone::Loud) => "1;31",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}
