//! The packs of the demo, once on S3 and SQS, once embedded.

use std::path::Path;

use serde_json::{Value, json};
use tradepost_tests::objects::ObjectServer;
use tradepost_tests::{PackBuilder, TestApp};

/// Sets of the demo: folder, name, kind, licence.
const SETS: [[&str; 4]; 2] = [
    ["lucide-static/icons", "Everyday icons", "icon", "ISC"],
    ["flag-icons/flags/4x3", "Flags of the world", "illustration", "MIT"],
];
const FILES: &str = "25";

#[tokio::test]
async fn demo_on_s3_and_sqs_ends_with_the_same_catalogue_as_embedded() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let made = server.sqs.queues(&["create"]);
    assert!(made.status.success(), "{made:?}");
    let mut options = server.options();
    options.variables.extend(server.sqs.options().variables);
    let (cloud, embedded) = (TestApp::start_with(options), TestApp::start());
    let folder = tempfile::tempdir().unwrap();
    let packs = packs(&cloud, folder.path());
    let (one, other) = tokio::join!(catalogue(&cloud, &packs), catalogue(&embedded, &packs));
    let count = one["items"].as_array().unwrap().len();
    assert!(count >= 12, "{count} items");
    for (one, other) in one["items"]
        .as_array()
        .unwrap()
        .iter()
        .zip(other["items"].as_array().unwrap())
    {
        assert_eq!(one, other);
    }
    assert_eq!(one, other);
    println!("{count} items with {} renditions are the same", one["renditions"]);
    let stored = std::fs::read_dir(cloud.state.join("objects")).unwrap();
    let folders: Vec<_> = stored.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(folders, ["tmp"], "no object is on the disk");
}

/// Real sets, where they are installed; a drawn one, one with a hostile file, one that is infected.
fn packs(app: &TestApp, folder: &Path) -> Vec<Vec<u8>> {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("packs/node_modules");
    let out = folder.join("pack.zip");
    let mut packs = Vec::new();
    for [icons, set, kind, licence] in SETS {
        let icons = modules.join(icons);
        if icons.exists() {
            let (icons, out) = (icons.to_str().unwrap(), out.to_str().unwrap());
            let made = app.tradepostd(&[
                "sample",
                "pack",
                icons,
                "--out",
                out,
                "--family",
                "Real",
                "--set",
                set,
                "--kind",
                kind,
                "--licence",
                licence,
                "--limit",
                FILES,
            ]);
            assert!(made.status.success(), "{made:?}");
            packs.push(std::fs::read(out).unwrap());
        }
    }
    packs.push(PackBuilder::ticks("Ticks", 12).build());
    let scripted = PackBuilder::ticks("Scripted", 2).file("icons/bad.svg", tradepost_tests::packs::SCRIPTED);
    packs.push(scripted.build());
    let infected = PackBuilder::ticks("Infected", 2).file("icons/evil.svg", tradepost_tests::packs::eicar());
    packs.push(infected.stored().build());
    packs
}

/// The outcome of the packs, without what every run has of its own.
async fn catalogue(app: &TestApp, packs: &[Vec<u8>]) -> Value {
    let (token, mut states) = (app.trusted("studio"), Vec::new());
    for pack in packs {
        let trace = app.upload_and_settle(&token, pack).await;
        states.push(json!([
            trace["upload"]["state"],
            trace["upload"]["title"],
            trace["finding_counts"]
        ]));
    }
    let (mut items, mut renditions) = (Vec::new(), 0);
    for row in app.rows("/v1/items").await {
        let (_, item) = app
            .get(&format!("/v1/items/{}", row["id"].as_str().unwrap()), None)
            .await;
        for rendition in item["renditions"].as_array().unwrap() {
            let url = rendition["url"].as_str().unwrap();
            let bytes = app
                .http
                .get(format!("{}{url}", app.api))
                .send()
                .await
                .unwrap()
                .bytes()
                .await
                .unwrap();
            assert!(
                url.contains(&hex::encode(tradepost_store::sha256(&bytes))),
                "{rendition}"
            );
            renditions += 1;
        }
        items.push(without_ids(item));
    }
    items.sort_by_key(|item| item.to_string());
    let sets: Vec<_> = app
        .rows("/v1/sets")
        .await
        .into_iter()
        .map(|set| (set["slug"].to_string(), set["kind"].clone()))
        .collect();
    let sets: std::collections::BTreeMap<_, _> = sets.into_iter().collect();
    json!({ "states": states, "sets": sets, "items": items, "renditions": renditions })
}

fn without_ids(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let is_own = |name: &str| name == "id" || name.ends_with("_id") || name.ends_with("_at");
            let kept = fields.into_iter().filter(|(name, _)| !is_own(name));
            kept.map(|(name, value)| (name, without_ids(value))).collect()
        }
        Value::Array(values) => values.into_iter().map(without_ids).collect(),
        other => other,
    }
}
