//! The feed of the search as lines of JSON, for search servers outside.

use std::path::Path;

use reqwest::StatusCode;
use serde_json::Value;
use tradepost_tests::TestApp;

use super::publish;

/// The lines of `tradepost search export`.
fn export(app: &TestApp, arguments: &[&str]) -> Vec<Value> {
    let output = app.tradepost(&[&["search", "export"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The acts of an export: `index trash can`.
fn acts(lines: &[Value]) -> Vec<String> {
    let told = lines.iter().filter(|line| line["op"].is_string()).map(|line| {
        let title = line["document"]["title"].as_str().unwrap_or_default().to_lowercase();
        format!("{} {title}", line["op"].as_str().unwrap())
            .trim_end()
            .to_owned()
    });
    let mut told: Vec<_> = told.collect();
    told.sort_unstable();
    told
}

#[tokio::test]
async fn reader_gets_every_document_and_then_each_change_once() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    publish(&app, &ann, "Signs").await;
    let folder = tempfile::tempdir().unwrap();
    let cursor = folder.path().join("cursor");
    let cursor = cursor.to_str().unwrap();
    let follow = || export(&app, &["--cursor-file", cursor]);

    let first = follow();
    assert_eq!(
        acts(&first),
        ["index arrow left", "index shopping cart", "index trash can"]
    );
    let document = &first.iter().find(|line| line["op"] == "index").unwrap()["document"];
    assert_eq!(
        (&document["kind"], &document["contributor"]),
        (&"icon".into(), &"ann".into())
    );
    assert_eq!(acts(&follow()), Vec::<String>::new());

    // A change that is made first and committed last.
    let pool = app.database().await;
    let mut late = pool.begin().await.unwrap();
    sqlx::query("update items set state = 'blocked' where path = 'icons/trash-can.svg'")
        .execute(&mut *late)
        .await
        .unwrap();
    app.sql("update items set state = 'blocked' where path = 'icons/arrow-left.svg'")
        .await;
    let mut told = acts(&follow());
    late.commit().await.unwrap();
    told.extend(acts(&follow()));
    assert_eq!(told, ["delete", "delete"], "each of them once");
    app.sql("update items set state = 'published' where path = 'icons/arrow-left.svg'")
        .await;
    assert_eq!(acts(&follow()), ["index arrow left"]);
    assert_eq!(
        acts(&export(&app, &[])).len(),
        2,
        "another reader begins at the beginning"
    );

    app.sql("update search_projections set complete_since = 1000000000")
        .await;
    let cursor = std::fs::read_to_string(cursor).unwrap();
    let (status, problem) = app
        .control(
            reqwest::Method::GET,
            &format!("/v1/search/feed?since={}", cursor.trim()),
            None,
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::GONE, &"cursor-too-old".into()),
        "{problem}"
    );
    let refused = app.tradepost(&["search", "export", "--since", "nonsense"]);
    assert!(!refused.status.success(), "{refused:?}");
}

/// There is no Logstash here: its input is run as the pipeline has it, and the fields that the pipeline names are looked for.
#[tokio::test]
async fn pipeline_of_logstash_gets_the_lines_that_it_expects() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    publish(&app, &ann, "Signs").await;
    let pipeline = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/logstash/tradepost.conf");
    let pipeline = std::fs::read_to_string(pipeline).unwrap();
    let command = pipeline
        .split("command => \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a command");
    let command = command.strip_suffix(" --follow").expect("it follows");
    let folder = tempfile::tempdir().unwrap();
    let command = command.replace("/var/lib/logstash", folder.path().to_str().unwrap());
    let arguments: Vec<_> = command.split(' ').skip(3).collect();
    assert!(command.starts_with("tradepost search export "), "{command}");
    let lines = export(&app, &arguments);
    assert_eq!(acts(&lines).len(), 3);
    for field in ["[op]", "[id]", "[document]", "[cursor]"] {
        assert!(pipeline.contains(field), "{field}");
        let name = field.trim_matches(['[', ']']);
        assert!(lines.iter().any(|line| !line[name].is_null()), "{field}");
    }
}
