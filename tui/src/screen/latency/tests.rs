//! Latencies as people see them.

use crate::screen::testing::{assert_sizes, screen};
use crate::testdata;

#[test]
fn latency_shows_the_last_minute() {
    let mut app = testdata::app();
    app.go("latency");
    assert_sizes!("latency", app);
    app.press('c');
    assert_eq!(app.status(), "Columns: since the daemon started");
    let shown = screen(&mut app);
    assert!(shown.contains("P50/all") && !shown.contains("P50/60s"), "{shown}");
}
