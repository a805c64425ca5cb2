//! The overview as people see it.

use tradepost_common::events::Event;

use crate::screen::testing::screen;
use crate::shell::Update;
use crate::testdata;

#[test]
fn overview_has_the_worst_alert_on_top() {
    insta::assert_snapshot!(screen(&mut testdata::app()));
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
    assert!(shown.contains("seen by anna"), "{shown}");
}
