//! Old and new programs on one database, and migrations that let both work (expand, then contract).

use std::path::Path;

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

/// From this one on, programs of the release before run on the schema of the next one.
const FIRST: &str = "0043";
/// Constraints that a migration made anew so that they allow more than before.
const WIDENED: [(&str, &str); 1] = [("0061_provider_statement.sql", "payouts_paid_with_a_transaction")];

#[test]
fn migrations_take_nothing_away_from_the_release_before() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut judged = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".sql") || name.as_str() < FIRST {
            continue;
        }
        judged += 1;
        let faults = faults(&name, &std::fs::read_to_string(&path).unwrap());
        assert!(
            faults.is_empty(),
            "{name} breaks the program of the release before: {faults:#?}\nExpand now and contract a release later, in a migration \
             with the line `-- contract: <reason>` that raises schema_floor. A constraint that allows more is listed in WIDENED."
        );
    }
    assert!(judged > 5, "the migrations are there");
}

#[test]
fn each_way_to_break_the_release_before_is_found() {
    for bad in [
        "drop table carts",
        "drop view current_renditions",
        "drop function item_state(uuid)",
        "alter table carts rename to baskets",
        "alter table carts rename column id to cart_id",
        "alter table carts drop column id",
        "alter table carts add column a text, drop column b",
        "alter table carts add column a text not null",
        "alter table carts alter column a set not null",
        "alter table carts alter column a type integer",
        "alter table carts alter a drop default",
        "alter table carts add constraint carts_whole check (a > 0)",
        "alter table carts drop constraint carts_whole; alter table carts add constraint carts_whole check (a > 1)",
        "create unique index carts_once on carts (a)",
        "-- contract: nobody reads it\ndrop table carts",
    ] {
        assert_eq!(faults("0099_bad.sql", bad).len(), 1, "{bad}");
    }
    for good in [
        "create table boxes (id uuid primary key, a text not null); create unique index boxes_once on boxes (a)",
        "create table boxes (id uuid); alter table boxes add constraint boxes_whole check (id is not null)",
        "alter table carts add column a text, add column b numeric(8, 2) not null default 0",
        "alter table carts drop constraint carts_whole",
        "drop index carts_by_a",
        "alter table carts add column a int default 1; alter table carts alter column a drop default",
        "create function f() returns void language sql as $$ drop table carts; $$",
        "-- drop table carts;\nselect 1",
        "-- contract: nobody reads it\ndrop table carts; update schema_floor set migration = 98",
    ] {
        assert_eq!(faults("0099_good.sql", good), Vec::<String>::new(), "{good}");
    }
}

/// Statements and actions that a program of the release before can not live with.
fn faults(file: &str, text: &str) -> Vec<String> {
    let is_contract = text.lines().any(|line| line.starts_with("-- contract: "));
    if is_contract && text.contains("update schema_floor") {
        return Vec::new();
    }
    let statements = statements(text);
    let is_new = |table: &str| {
        let made = format!("create table {table} ");
        statements.iter().any(|statement| statement.starts_with(&made))
    };
    let mut faults = Vec::new();
    for statement in &statements {
        let words: Vec<_> = statement.split(' ').collect();
        let is_bad = match words.as_slice() {
            ["drop", kind, ..] => *kind != "index",
            ["create", "unique", "index", ..] => {
                let table = words.iter().skip_while(|word| **word != "on").nth(1);
                !table.is_some_and(|table| is_new(table.trim_end_matches('(')))
            }
            ["alter", "table", table, ..] if !is_new(table) => {
                let actions = statement.splitn(4, ' ').nth(3).unwrap_or_default();
                let is_own = |column: &str| {
                    let added = format!("alter table {table} add column {column} ");
                    statements.iter().any(|statement| statement.starts_with(&added))
                };
                actions_of(actions)
                    .into_iter()
                    .any(|action| is_bad_action(file, action, is_own))
            }
            ["alter", "table", ..] => false,
            ["alter", ..] => statement.contains(" rename "),
            _ => false,
        };
        if is_bad {
            faults.push(statement.clone());
        }
    }
    faults
}

fn is_bad_action(file: &str, action: &str, is_own: impl Fn(&str) -> bool) -> bool {
    let words: Vec<_> = action.split(' ').collect();
    match words.as_slice() {
        ["add", "constraint", name, ..] => !WIDENED.contains(&(file, *name)),
        ["add", "column", ..] => {
            action.contains("not null") && !action.contains(" default ") && !action.contains(" generated ")
        }
        ["drop", "constraint", ..] => false,
        ["add" | "drop" | "rename", ..] => true,
        // The default is for the rows that are there.
        ["alter", "column", column, "drop", "default"] => !is_own(column),
        ["alter", ..] => ["set not null", " type ", "drop default"]
            .iter()
            .any(|part| action.contains(part)),
        _ => false,
    }
}

/// The actions of an `alter table`, which commas outside of parentheses separate.
fn actions_of(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let parts = text.split(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    parts.map(str::trim).collect()
}

/// Statements in lower case and single spaces, without comments and without the bodies of functions.
fn statements(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.split("--").next().unwrap_or_default());
    let text = lines.collect::<Vec<_>>().join(" ").to_lowercase();
    let outside: String = text.split("$$").step_by(2).collect();
    let statements = outside
        .split(';')
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    statements.filter(|statement| !statement.is_empty()).collect()
}
