//! The search finds what is published, and nothing else, whatever is killed.

mod contract;
mod export;
mod pictures;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::opensearch::OpenSearch;
use tradepost_tests::packs::square;
use tradepost_tests::server::Server;
use tradepost_tests::{PackBuilder, TestApp, chaos_search};

/// Runs every named test with the index in the state directory, and with it on OpenSearch.
macro_rules! on_both {
    ($($test:ident)*) => {
        mod embedded {
            $(#[tokio::test]
            async fn $test() {
                super::$test(tradepost_tests::TestApp::start()).await;
            })*
        }
        mod opensearch {
            $(#[tokio::test]
            async fn $test() {
                let Some(server) = tradepost_tests::opensearch::OpenSearch::start() else { return };
                super::$test(tradepost_tests::TestApp::start_with(server.options())).await;
            })*
        }
    };
}

on_both! {
    published_pack_is_found_in_spite_of_a_typing_error_and_counted
    withdrawn_item_is_not_found_from_the_moment_of_its_withdrawal
    index_agrees_with_the_catalogue_after_a_kill
}

fn pack(set: &str) -> PackBuilder {
    PackBuilder::new(set)
        .file("icons/trash-can.svg", square("#a00"))
        .file("icons/arrow-left.svg", square("#0a0"))
        .file("icons/shopping-cart.svg", square("#00a"))
}

async fn publish(app: &TestApp, token: &str, set: &str) {
    let trace = app.upload_and_settle(token, &pack(set).build()).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
}

async fn search(app: &TestApp, query: &str) -> Value {
    let (status, found) = app.get(&format!("/v1/search?{query}"), None).await;
    assert_eq!(status, StatusCode::OK, "{found}");
    found
}

async fn paths(app: &TestApp, query: &str) -> Vec<String> {
    let found = search(app, query).await;
    found["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["path"].as_str().unwrap().to_owned())
        .collect()
}

/// Waits until the index has seen everything; answers with its status.
async fn until_fed(app: &TestApp, documents: u64) -> Value {
    app.until("/v1/search", |status| {
        status["waiting"] == 0 && status["documents"] == documents
    })
    .await
}

async fn assert_index_is_true(app: &TestApp, published: u64) {
    let differences = app.look("/v1/search/differences").await;
    assert_eq!(
        differences,
        json!({"published": published, "indexed": published, "missing": 0, "withdrawn": 0})
    );
}

async fn published_pack_is_found_in_spite_of_a_typing_error_and_counted(app: TestApp) {
    let ann = app.trusted("ann");
    publish(&app, &ann, "Signs").await;
    until_fed(&app, 3).await;
    assert_eq!(paths(&app, "q=trash").await, ["icons/trash-can.svg"]);
    assert_eq!(
        paths(&app, "q=shopping+left").await.len(),
        2,
        "one of the words is enough"
    );
    let (status, _) = app.control(Method::POST, "/v1/search/rebuild", None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    app.until("/v1/search", |status| status["synonyms"].as_u64().unwrap() > 1_000)
        .await;
    assert_eq!(paths(&app, "q=shoping").await[0], "icons/shopping-cart.svg");
    assert_eq!(
        paths(&app, "q=einkaufswagen").await[0],
        "icons/shopping-cart.svg",
        "German"
    );
    assert_eq!(
        app.get("/v1/suggest?q=shop", None).await.1,
        json!({"terms": ["shopping"]})
    );
    let found = search(&app, "contributor=ann&kind=icon&limit=2").await;
    assert_eq!((&found["total"], &found["next"]), (&json!(3), &json!("2")), "{found}");
    let kinds = found["facets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|facet| facet["name"] == "kind")
        .unwrap();
    assert_eq!(kinds["values"], json!([{"value": "icon", "items": 3}]));
    assert_eq!(search(&app, "q=trash&contributor=bob").await["total"], 0);
    assert_index_is_true(&app, 3).await;
}

async fn withdrawn_item_is_not_found_from_the_moment_of_its_withdrawal(app: TestApp) {
    let ann = app.trusted("ann");
    publish(&app, &ann, "Signs").await;
    until_fed(&app, 3).await;
    app.sql("update items set state = 'blocked' where path = 'icons/trash-can.svg'")
        .await;
    assert_eq!(paths(&app, "q=trash").await, Vec::<String>::new());
    until_fed(&app, 2).await;
    assert_index_is_true(&app, 2).await;
}

async fn index_agrees_with_the_catalogue_after_a_kill(mut app: TestApp) {
    let ann = app.trusted("ann");
    publish(&app, &ann, "One").await;
    app.sql("update items set state = 'blocked' where path = 'icons/arrow-left.svg'")
        .await;
    app.kill();
    app.restart();
    publish(&app, &ann, "Two").await;
    app.kill();
    std::fs::remove_dir_all(app.state.join("search")).unwrap();
    app.restart();
    until_fed(&app, 5).await;
    assert_index_is_true(&app, 5).await;
    assert_eq!(paths(&app, "q=arrow").await[0], "icons/arrow-left.svg");
}

#[tokio::test]
async fn nothing_is_missed_and_nothing_withdrawn_is_found_whatever_is_killed() {
    let options = chaos_search::Options {
        changes: 300,
        kills: 3,
        items: 300,
        opensearch: false,
    };
    assert_nothing_is_missed(&options).await;
    if OpenSearch::start().is_some() {
        let opensearch = true;
        assert_nothing_is_missed(&chaos_search::Options { opensearch, ..options }).await;
    }
}

async fn assert_nothing_is_missed(options: &chaos_search::Options) {
    let verdict = chaos_search::tell(options).await.unwrap();
    assert!(verdict.is_good(), "{verdict:?}");
    assert_eq!(
        (verdict.kills, verdict.changed + verdict.withdrawn + verdict.deleted),
        (3, 300),
        "{verdict:?}"
    );
    assert!(verdict.withdrawn > 50 && verdict.deleted > 50, "{verdict:?}");
}

#[tokio::test]
async fn every_index_has_a_feed_of_its_own_and_late_commits_reach_it() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    app.sql("insert into search_projections (id, machine) values ('00000000-0000-4000-8000-000000000001', 'other')")
        .await;
    publish(&app, &ann, "Signs").await;
    until_fed(&app, 3).await;
    let status = app.look("/v1/search").await;
    let machines = status["machines"].as_array().unwrap();
    assert_eq!(
        (machines.len(), &machines[0]["waiting"], &machines[1]["waiting"]),
        (2, &json!(0), &json!(3)),
        "{status}"
    );

    // A change that is made first and committed last.
    let pool = app.database().await;
    let mut late = pool.begin().await.unwrap();
    sqlx::query("update items set state = 'blocked' where path = 'icons/trash-can.svg'")
        .execute(&mut *late)
        .await
        .unwrap();
    app.sql("update items set state = 'blocked' where path = 'icons/arrow-left.svg'")
        .await;
    until_fed(&app, 2).await;
    late.commit().await.unwrap();
    until_fed(&app, 1).await;
    assert_index_is_true(&app, 1).await;

    app.sql("update search_projections set seen_at = now() - interval '2 days' where machine = 'other'")
        .await;
    app.until("/v1/search", |status| status["machines"].as_array().unwrap().len() == 1)
        .await;
    assert_eq!(
        app.number("select count(*) from search_outbox").await,
        0,
        "nothing waits for it"
    );
}

#[tokio::test]
async fn operators_see_why_an_item_ranks_and_what_was_not_found() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    publish(&app, &ann, "Signs").await;
    until_fed(&app, 3).await;
    for query in [
        "q=Unicorn",
        "q=unicorn",
        "q=ann%40example.org",
        "q=trash",
        "q=trash&kind=model",
    ] {
        search(&app, query).await;
    }
    let texts = app
        .until("/v1/search/queries", |texts| texts["found_nothing"][0]["times"] == 2)
        .await;
    assert_eq!(texts["found_nothing"].as_array().unwrap().len(), 1, "{texts}");
    let unicorn = &texts["found_nothing"][0];
    assert_eq!(
        (&unicorn["text"], &unicorn["times"]),
        (&json!("unicorn"), &json!(2)),
        "{texts}"
    );
    let found = app.look("/v1/search/items?q=trash").await;
    let title = found[0]["title"].as_str().unwrap();
    assert!(title.to_lowercase().contains("trash"), "{found}");
    let id = found[0]["id"].as_str().unwrap();
    let why = app.look(&format!("/v1/search/items/{id}/explanation?q=trash")).await;
    let lines = why["lines"].as_array().unwrap();
    assert!(
        lines.len() > 2 && lines.iter().any(|line| line.as_str().unwrap().contains("idf")),
        "{why}"
    );
}

#[tokio::test]
async fn search_says_that_opensearch_is_away_and_the_index_is_built_again_where_it_was_lost() {
    let Some(mut server) = OpenSearch::start() else { return };
    let app = TestApp::start_with(server.options());
    let ann = app.trusted("ann");
    publish(&app, &ann, "Signs").await;
    until_fed(&app, 3).await;
    server.kill();
    let (status, problem) = app.get("/v1/search?q=trash", None).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
    assert_eq!(
        app.get("/v1/items", None).await.0,
        StatusCode::OK,
        "lists need no index"
    );
    publish(&app, &ann, "More").await;
    server.restart();
    app.until("/v1/search/differences", |differences| differences["indexed"] == 6)
        .await;
    assert_index_is_true(&app, 6).await;
}

#[tokio::test]
async fn machines_share_the_index_of_opensearch() {
    let Some(index) = OpenSearch::start() else { return };
    let server = Server::start().await.unwrap();
    let machine = || {
        let options = index.options().set("DATABASE__URL", server.url());
        options.set("DATABASE__MAX_CONNECTIONS", 4)
    };
    // The objects are files of the first one.
    let reader = machine().set("DAEMON__ROLES", r#"["api"]"#);
    let (app, beside) = (TestApp::start_with(machine()), TestApp::start_with(reader));
    let ann = app.trusted("ann");
    publish(&app, &ann, "Signs").await;
    until_fed(&app, 3).await;
    // Asked of one, it is done by the one that feeds the index.
    for machine in [&app, &beside] {
        let (status, _) = machine.control(Method::POST, "/v1/search/rebuild", None).await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }
    for machine in [&app, &beside] {
        until_fed(machine, 3).await;
        machine
            .until("/v1/search", |status| status["synonyms"].as_u64().unwrap() > 1_000)
            .await;
        assert_eq!(paths(machine, "q=einkaufswagen").await[0], "icons/shopping-cart.svg");
        assert_eq!(
            machine.look("/v1/search").await["machines"].as_array().unwrap().len(),
            1,
            "one of them feeds it"
        );
    }
}
