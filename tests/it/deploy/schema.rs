//! Old and new programs on one database.

use tradepost_tests::TestApp;

#[tokio::test]
async fn a_program_runs_on_a_schema_that_a_newer_one_has_added_to() {
    let mut app = TestApp::start();
    let token = app.trusted("ann");
    app.sql(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'of a newer program', true, '\\x00', 0)",
    )
    .await;
    assert_eq!(app.stop(), Some(0));
    app.restart();
    assert_eq!(app.get("/v1/uploads", Some(&token)).await.0, 200);
}

#[tokio::test]
async fn a_program_refuses_a_schema_that_lacks_what_it_needs() {
    let mut app = TestApp::start();
    app.sql("update schema_floor set migration = 9999").await;
    assert_eq!(app.stop(), Some(0));
    let output = app.tradepostd(&["migrate"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("the database is too new: it needs a program that knows migration 9999"),
        "{text}"
    );
}
