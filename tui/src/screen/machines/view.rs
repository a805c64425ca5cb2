//! The list, and the machine under the cursor in full.

use ratatui::layout::Rect;
use time::OffsetDateTime;
use tradepost_common::machines::{Machine, MachineState};

use super::Machines;
use crate::canvas::document::Document;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::shell::Shell;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

impl Row for Machine {
    type Id = String;

    fn id(&self) -> String {
        self.name.clone()
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<Machine>;

static COLUMNS: [Col; 11] = [
    Col::left(
        "MACHINE",
        Width::Grow(12),
        |m, _| Cell::plain(&m.name),
        |m| Key::text(&m.name),
    ),
    Col::left(
        "STATE",
        Width::Fixed(8),
        |m, _| state(m),
        |m| Key::text(m.state.as_str()),
    ),
    Col::right(
        "SEEN",
        Width::Fixed(6),
        |m, now| Cell::dim(seen(m, now)),
        |m| Key::time(m.seen_at),
    ),
    Col::left(
        "ROLES",
        Width::Grow(21),
        |m, _| Cell::plain(m.roles.join(" ")),
        |m| Key::text(m.roles.join(" ")),
    )
    .rank(1),
    Col::left(
        "LEASES",
        Width::Grow(20),
        |m, _| Cell::plain(leases(m)),
        |m| Key::count(m.leases.len() as i64),
    ),
    Col::right("LOAD", Width::Fixed(6), |m, _| load(m), |m| Key::Number(m.load_average)),
    Col::right(
        "CPU",
        Width::Fixed(5),
        |m, _| Cell::plain(format!("{:.2}", m.cpu_cores)),
        |m| Key::Number(m.cpu_cores),
    )
    .rank(2),
    Col::left(
        "VERSION",
        Width::Fixed(8),
        |m, _| Cell::plain(&m.version),
        |m| Key::text(&m.version),
    )
    .rank(3),
    Col::left(
        "REGION",
        Width::Fixed(12),
        |m, _| Cell::dim(m.region.as_deref().unwrap_or("-")),
        |m| Key::text(m.region.clone().unwrap_or_default()),
    )
    .rank(4),
    Col::left(
        "ADDRESS",
        Width::Grow(12),
        |m, _| Cell::dim(&m.address),
        |m| Key::text(&m.address),
    )
    .rank(5),
    Col::left(
        "STARTED",
        Width::Fixed(16),
        |m, _| Cell::dim(format::minute(m.started_at)),
        |m| Key::time(m.started_at),
    )
    .rank(6),
];

fn state(machine: &Machine) -> Cell {
    Cell::new(machine.state.as_str(), tone(machine.state))
}

fn tone(state: MachineState) -> Tone {
    match state {
        MachineState::Serving => Tone::Good,
        MachineState::Drained | MachineState::Stopping => Tone::Warn,
        MachineState::Stopped => Tone::Dim,
        MachineState::Silent => Tone::Bad,
    }
}

fn seen(machine: &Machine, now: OffsetDateTime) -> String {
    format::ago(machine.seen_at, now)
}

/// `operations scheduler`.
fn leases(machine: &Machine) -> String {
    let names: Vec<_> = machine.leases.iter().map(|lease| lease.name.as_str()).collect();
    names.join(" ")
}

fn load(machine: &Machine) -> Cell {
    let tone = if machine.load_average > f64::from(machine.cores) {
        Tone::Warn
    } else {
        Tone::Plain
    };
    Cell::new(format!("{:.2}", machine.load_average), tone)
}

impl Machines {
    pub fn draw_list(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, table) = split_top(area, 1);
        canvas.heading(head, &format!("Machines {}", listing::position(&self.list)));
        let empty = self
            .read
            .error
            .clone()
            .unwrap_or_else(|| "Reading the machines".to_owned());
        cx.rows_area = listing::draw(canvas, table, &mut self.list, &Look::new(cx.clock.utc, &empty));
    }

    /// The machine under the cursor.
    pub fn document(&self, cx: &Shell) -> Option<Document> {
        let machine = self.list.selected()?;
        let mut document = Document::new(&machine.name);
        document.fact_in("state", machine.state.as_str(), tone(machine.state));
        if let (Some(at), Some(by), Some(reason)) = (machine.drained_at, &machine.drained_by, &machine.drain_reason) {
            document.fact_in(
                "drained",
                format!("{} UTC by {by}: {reason}", format::minute(at)),
                Tone::Warn,
            );
        }
        let seen = format::ago(machine.seen_at, cx.clock.utc);
        document.fact(
            "last seen",
            format!("{} UTC, {seen} ago", format::stamp(machine.seen_at)),
        );
        document.fact("started", format!("{} UTC", format::minute(machine.started_at)));
        document.fact("process", format!("{}, version {}", machine.worker, machine.version));
        document.fact("roles", machine.roles.join(", "));
        if !machine.address.is_empty() {
            document.fact("address", &machine.address);
        }
        if let Some(region) = &machine.region {
            document.fact("region", region);
        }
        let leases: Vec<_> = machine
            .leases
            .iter()
            .map(|lease| format!("{} (epoch {})", lease.name, lease.epoch))
            .collect();
        document.fact(
            "leases",
            if leases.is_empty() {
                "none".to_owned()
            } else {
                leases.join(", ")
            },
        );
        document.fact(
            "load",
            format!(
                "{:.2} on {}, the daemon uses {:.2} cores",
                machine.load_average,
                format::plural(machine.cores.into(), "core", "cores"),
                machine.cpu_cores
            ),
        );
        Some(document)
    }
}
