//! Machines as people see them, and how one is drained.

use crossterm::event::KeyCode;
use tradepost_common::machines::{HeldLease, MachineState};

use super::*;
use crate::screen::testing::{assert_sizes, screen};
use crate::shell::App;
use crate::testdata::{self, ago};

fn machine(name: &str, state: MachineState, roles: &[&str], leases: &[&str]) -> Machine {
    let is_drained = state == MachineState::Drained;
    Machine {
        name: name.to_owned(),
        state,
        version: "0.1.0".to_owned(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        region: Some("eu-central-1".to_owned()),
        address: "http://10.0.0.4:8780".to_owned(),
        worker: format!("{name}:4711"),
        leases: leases
            .iter()
            .map(|lease| HeldLease {
                name: (*lease).to_owned(),
                epoch: 12,
            })
            .collect(),
        cores: 2,
        load_average: 0.42,
        cpu_cores: 0.11,
        started_at: ago(86_400),
        seen_at: ago(if state == MachineState::Silent { 95 } else { 2 }),
        drained_at: is_drained.then(|| ago(600)),
        drained_by: is_drained.then(|| "anna".to_owned()),
        drain_reason: is_drained.then(|| "new disk".to_owned()),
    }
}

fn opened() -> App {
    let mut app = testdata::app();
    app.press('\'');
    app.press('m');
    assert_eq!(app.shell.page.name, "machines");
    let rows = vec![
        machine("shop-1", MachineState::Drained, &["api", "workers"], &[]),
        machine(
            "shop-2",
            MachineState::Serving,
            &["api", "workers", "scheduler"],
            &["operations", "scheduler"],
        ),
        machine("shop-3", MachineState::Silent, &["scheduler"], &[]),
    ];
    let asked = app.sent::<ReadMachines>().remove(0);
    app.answer(asked, Ok(rows));
    app.shell.effects.clear();
    app
}

#[test]
fn machines_say_what_they_do_and_which_are_drained() {
    assert_sizes!("machines", opened());
}

#[test]
fn machine_is_resumed_or_drained_with_a_reason_when_armed() {
    let mut app = opened();
    app.press('D');
    assert!(!app.is_asking(), "{}", screen(&mut app));
    app.code(KeyCode::Esc);
    app.press('W');
    for (name, duty) in [("shop-1", Duty::Serving), ("shop-2", Duty::Drained)] {
        app.press('D');
        app.code(KeyCode::Enter);
        assert_eq!(app.sent::<TurnOne>(), [], "a reason is needed");
        app.paste("new disk");
        app.code(KeyCode::Enter);
        let turn = TurnOne::new(name, duty, Text::parse("new disk").unwrap());
        assert_eq!(app.drain_sent::<TurnOne>(), [turn]);
        app.press('j');
    }
}

#[test]
fn list_is_read_again_because_heartbeats_are_in_no_event() {
    let mut app = opened();
    app.tick();
    assert_eq!(app.sent::<ReadMachines>().len(), 0);
    app.shell.clock.instant += REFRESH;
    app.tick();
    app.tick();
    assert_eq!(app.sent::<ReadMachines>().len(), 1);
}
