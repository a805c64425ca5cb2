//! The audit log as people see it.

use tradepost_common::Page as Rows;

use super::*;
use crate::screen::testing::screen;
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
    let rows = (1..4).map(row).collect();
    app.answer(asked, Ok(Rows { rows, next: None }));
    insta::assert_snapshot!(screen(&mut app));
}
