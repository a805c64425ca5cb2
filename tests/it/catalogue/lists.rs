//! Lists, filters, details, and the family preview.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::packs::square;
use tradepost_tests::pictures::{png, shows};
use tradepost_tests::{PackBuilder, TestApp};

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["id"].as_str().unwrap()).collect()
}

/// Walks a list two rows at a time.
async fn walk(app: &TestApp, list: &str) -> Vec<Value> {
    let (mut rows, mut path) = (Vec::new(), format!("/v1/{list}?limit=2"));
    loop {
        let (status, page) = app.get(&path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {page}");
        let new = page["rows"].as_array().unwrap();
        assert!(new.len() <= 2, "{page}");
        rows.extend(new.iter().cloned());
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/{list}?limit=2&cursor={next}"),
            None => return rows,
        }
    }
}

fn of_family(family: &str, set: &str, files: usize) -> PackBuilder {
    PackBuilder::ticks(set, files).manifest(|manifest| manifest["family"]["name"] = json!(family))
}

async fn publish(app: &TestApp, token: &str, pack: PackBuilder) {
    let trace = app.upload_and_settle(token, &pack.build()).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
}

#[tokio::test]
async fn pages_of_every_list_hold_each_row_once_newest_first() {
    let app = TestApp::start();
    let token = app.trusted("ann");
    for (family, set) in [("Signs", "One"), ("Signs", "Two"), ("Maps", "One"), ("Flags", "One")] {
        publish(&app, &token, of_family(family, set, 2)).await;
    }
    for (list, count) in [("families", 3), ("sets", 4), ("items", 8)] {
        let rows = walk(&app, list).await;
        let walked = ids(&rows);
        let once: BTreeSet<_> = walked.iter().copied().collect();
        assert_eq!((walked.len(), once.len()), (count, count), "{list}: {rows:?}");
        assert!(walked.is_sorted_by(|a, b| a > b), "{list} is newest first: {walked:?}");
    }
    let families = app.rows("/v1/families").await;
    let counts: Vec<_> = families
        .iter()
        .map(|f| (f["name"].clone(), f["sets"].clone(), f["items"].clone()))
        .collect();
    let expected = [("Flags", 1, 2), ("Maps", 1, 2), ("Signs", 2, 4)].map(|(n, s, i)| (json!(n), json!(s), json!(i)));
    assert_eq!(counts, expected, "{families:?}");
}

#[tokio::test]
async fn filters_narrow_every_list() {
    let app = TestApp::start();
    let (ann, bob) = (app.trusted("ann"), app.trusted("bob"));
    publish(&app, &ann, PackBuilder::ticks("Icons", 2)).await;
    let drawn = PackBuilder::new("Drawn").file("scenes/field.svg", square("#00c000"));
    let illustrations = drawn.manifest(|manifest| {
        manifest["family"]["name"] = json!("Scenes");
        manifest["kind"] = json!("illustration");
        manifest["tags"] = json!(["outdoors"]);
        manifest["files"][0]["tags"] = json!(["green-field"]);
    });
    publish(&app, &bob, illustrations).await;
    for bad in ["a", "Animals", "-animals", &"0".repeat(41)] {
        for list in ["families", "sets", "items", "search"] {
            let (status, _) = app.get(&format!("/v1/{list}?category={bad}"), None).await;
            assert_eq!(status, 400, "{list}: {bad}");
        }
    }
    let set = app.rows("/v1/sets?contributor=bob").await[0].clone();
    let (set_id, family_id) = (set["id"].as_str().unwrap(), set["family_id"].as_str().unwrap());

    let by_family = format!("family_id={family_id}");
    // The number of families, sets and items of each.
    let expected = [
        ("kind=icon", [1, 1, 2]),
        ("kind=illustration", [1, 1, 1]),
        ("kind=model", [0, 0, 0]),
        ("contributor=ann", [1, 1, 2]),
        ("contributor=zoe", [0, 0, 0]),
        ("tag=signs", [1, 1, 2]),
        ("tag=outdoors", [1, 1, 1]),
        (by_family.as_str(), [1, 1, 1]),
        ("contributor=ann&kind=illustration", [0, 0, 0]),
    ];
    for (query, counts) in expected {
        for (list, count) in ["families", "sets", "items"].iter().zip(counts) {
            assert_eq!(
                app.rows(&format!("/v1/{list}?{query}")).await.len(),
                count,
                "{list} of {query}"
            );
        }
    }
    for list in ["sets", "items"] {
        assert_eq!(
            app.rows(&format!("/v1/{list}?set_id={set_id}")).await.len(),
            1,
            "{list} of one set"
        );
    }
    let tagged = app.rows("/v1/items?tag=green-field").await;
    assert_eq!(
        tagged[0]["tags"],
        json!(["outdoors", "green-field"]),
        "an item has the tags of its set: {tagged:?}"
    );
}

#[tokio::test]
async fn families_are_narrowed_to_the_family_of_a_set() {
    let app = TestApp::start();
    let token = app.trusted("ann");
    publish(&app, &token, of_family("Maps", "One", 1)).await;
    publish(&app, &token, of_family("Flags", "One", 1)).await;
    let set = app.rows("/v1/sets").await[0].clone();
    let families = app
        .rows(&format!("/v1/families?set_id={}", set["id"].as_str().unwrap()))
        .await;
    assert_eq!(ids(&families), [set["family_id"].as_str().unwrap()], "{families:?}");
}

#[tokio::test]
async fn rejected_set_frees_its_name() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let pack = PackBuilder::ticks("Ticks", 1).build();
    let first = app.upload_and_settle(&token, &pack).await;
    let case = first["case_id"].as_str().unwrap();
    let (status, _) = app
        .act(&format!("/v1/cases/{case}/reject"), json!({ "reason": "try again" }))
        .await;
    assert_eq!(status, StatusCode::OK);
    let second = app.upload_and_settle(&token, &pack).await;
    assert_eq!(second["upload"]["state"], "in_review", "{second}");
    let case = second["case_id"].as_str().unwrap();
    let (status, _) = app.act(&format!("/v1/cases/{case}/approve"), json!({})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(app.rows("/v1/sets").await.len(), 1);
    assert_eq!(
        app.rows("/v1/families").await[0]["previews"].as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn family_preview_shows_items_of_all_its_sets() {
    const RED: [u8; 3] = [0xc0, 0, 0];
    const BLUE: [u8; 3] = [0, 0, 0xc0];
    let app = TestApp::start();
    let token = app.trusted("ann");
    publish(
        &app,
        &token,
        PackBuilder::new("Red").file("icons/red.svg", square("#c00000")),
    )
    .await;
    let first = app.rows("/v1/families").await[0]["previews"].clone();
    let sheet = png(&app, &first).await;
    assert!(shows(&sheet, RED) && !shows(&sheet, BLUE));

    publish(
        &app,
        &token,
        PackBuilder::new("Blue").file("icons/blue.svg", square("#0000c0")),
    )
    .await;
    let families = app.rows("/v1/families").await;
    let second = &families[0]["previews"];
    assert_eq!(
        (families.len(), second.as_array().unwrap().len()),
        (1, 2),
        "{families:?}"
    );
    let sheet = png(&app, second).await;
    assert!(
        shows(&sheet, RED) && shows(&sheet, BLUE),
        "both sets are on it: {second}"
    );
    assert!(
        shows(&png(&app, &first).await, RED),
        "a URL once handed out keeps its bytes"
    );
}

#[tokio::test]
async fn bodies_of_item_and_family_are_what_they_were() {
    let app = TestApp::start();
    let token = app.trusted("ann");
    let pack = PackBuilder::ticks("Ticks", 1).manifest(|manifest| {
        manifest["family"]["description"] = json!("All kinds of signs.");
        manifest["licence"]["attribution"] = json!("Ann");
        manifest["files"][0] = json!({ "path": "icons/tick-0000.svg", "title": "A tick", "tags": ["tick"] });
    });
    publish(&app, &token, pack).await;
    let id = app.rows("/v1/items").await[0]["id"].clone();
    let (_, item) = app.get(&format!("/v1/items/{}", id.as_str().unwrap()), None).await;
    insta::assert_json_snapshot!("item", item, {
        ".id" => "[id]", ".set_id" => "[id]", ".family_id" => "[id]", ".created_at" => "[time]",
        ".renditions[].url" => "[url]", ".renditions[].size_bytes" => "[bytes]", ".renditions[].preset_sha256" => "[sha256]",
    });
    let families = app.rows("/v1/families").await;
    let (_, family) = app
        .get(&format!("/v1/families/{}", families[0]["id"].as_str().unwrap()), None)
        .await;
    assert_eq!(family, families[0], "one family is as in the list");
    insta::assert_json_snapshot!("family", family, {
        ".id" => "[id]", ".published_at" => "[time]", ".previews[].url" => "[url]", ".previews[].size_bytes" => "[bytes]",
    });
}
