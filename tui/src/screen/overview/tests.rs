//! The overview as people see it.

use tradepost_common::events::Event;
use tradepost_common::latency::LatencyRow;

use crate::screen::testing::{SIZES, screen, sized};
use crate::shell::{App, Update};
use crate::testdata;

#[test]
fn overview_has_the_worst_alert_on_top() {
    insta::assert_snapshot!(screen(&mut testdata::app()));
}

/// A marketplace in which much goes on.
fn busy() -> App {
    let mut app = testdata::app();
    let names = ["scan", "unpack", "render", "preview", "campaign"];
    let queues = names
        .map(|name| testdata::queue(name, name.len() as i64 * 303))
        .to_vec();
    let mut latency = app.shell.live.latency.clone();
    for n in 0..20 {
        let name = format!("POST /v1/uploads/{{id}}/complete/{n}");
        latency.push(LatencyRow {
            name,
            ..latency[0].clone()
        });
    }
    let mut overview = app.shell.live.overview.clone().unwrap();
    overview.counts.renditions = 11_261_080;
    overview.parts[1].detail =
        "clamd does not answer on /run/clamav/clamd.ctl: connection refused; uploads wait".to_owned();
    for event in [
        Event::Queues { queues },
        Event::Latency { latency },
        Event::Overview(Box::new(overview)),
    ] {
        app.update(Update::Event(event));
    }
    app
}

#[test]
fn overview_clips_no_figure_and_fills_every_terminal() {
    for size in SIZES {
        let shown = sized(&mut busy(), size);
        for figure in ["11,261,080", "open cases 3", "dead letters 2", "OUT/s", "jail children"] {
            assert!(shown.contains(figure), "{figure} at {size:?}\n{shown}");
        }
        if size.0 > 80 {
            assert!(
                shown.contains("MAX/60s") && shown.contains("uploads wait"),
                "{size:?}\n{shown}"
            );
        }
        insta::assert_snapshot!(format!("overview_{}x{}", size.0, size.1), shown);
    }
}

#[test]
fn queues_without_room_are_counted() {
    let mut app = testdata::app();
    let queues = [
        "scan", "unpack", "render", "preview", "settle", "pay", "notify", "mail", "webhook",
    ]
    .map(|name| testdata::queue(name, name.len() as i64))
    .to_vec();
    app.update(Update::Event(Event::Queues { queues }));
    let shown = sized(&mut app, (80, 24));
    let listed = shown
        .lines()
        .filter(|line| line.contains("webhook") || line.contains("scan"))
        .count();
    assert!(shown.contains("queues with less in them") && listed > 0, "{shown}");
    assert!(!sized(&mut app, (120, 40)).contains("with less in them"));
}

#[test]
fn acknowledged_alert_is_seen_and_no_longer_shouts() {
    let mut app = testdata::app();
    let mut overview = app.shell.live.overview.clone().unwrap();
    for alert in &mut overview.alerts {
        alert.acknowledged_by = Some("anna".to_owned());
    }
    app.update(Update::Event(Event::Overview(Box::new(overview))));
    let shown = screen(&mut app);
    assert!(shown.contains("acknowledged by anna"), "{shown}");
}
