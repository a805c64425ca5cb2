//! The audit log as people see it.

use tradepost_common::Page as Rows;

use super::*;
use crate::list::Step;
use crate::screen::testing::{SIZES, screen, sized};
use crate::shell::Action;
use crate::testdata::{self, ago};

fn row(n: i64) -> AuditRow {
    AuditRow {
        id: n,
        at: ago(60 * n),
        actor: "root".to_owned(),
        uid: 0,
        act: "case.reject".to_owned(),
        subject: format!("case:{n}"),
        detail: serde_json::json!({ "reason": "Contains malware", "items": n }),
    }
}

#[test]
fn audit_says_who_did_what() {
    let mut app = testdata::app();
    app.go("audit");
    let asked = app.sent::<ReadAudit>().remove(0);
    let mut rows: Vec<_> = (1..4).map(row).collect();
    for (row, act) in rows[1..].iter_mut().zip(["operation.start", "operation.resume"]) {
        row.act = act.to_owned();
        row.subject = format!("operation:{}", uuid::Uuid::from_u128(row.id as u128));
    }
    app.answer(asked, Ok(Rows::new(rows, None)));
    for (width, height) in SIZES {
        let shown = sized(&mut app, (width, height));
        assert!(
            shown.contains("operation.resume") && shown.contains("operation.start"),
            "{shown}"
        );
        insta::assert_snapshot!(format!("audit_{width}x{height}"), shown);
    }
    app.act(Action::Step(Step::Down));
    app.act(Action::Open);
    let shown = screen(&mut app);
    assert!(
        shown.contains("Contains malware") && shown.contains("n N next row"),
        "{shown}"
    );
    assert!(
        shown.contains("operation:00000000-0000-0000-0000-000000000002"),
        "{shown}"
    );
    app.act(Action::Back);
}
