//! Packs that are not what they should be.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::packs::{SCRIPTED, TICK, square};
use tradepost_tests::{Options, PackBuilder, TestApp};

/// Draws nothing at all.
const EMPTY_SVG: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><g id="nothing"/></svg>"#;

/// A pack, and what the contributor must be told of it: about which file, and in what words.
struct UnsoundPack {
    what: &'static str,
    pack: Vec<u8>,
    file: Option<&'static str>,
    told: &'static str,
}

fn unsound(what: &'static str, pack: Vec<u8>, file: Option<&'static str>, told: &'static str) -> UnsoundPack {
    UnsoundPack { what, pack, file, told }
}

fn ticks() -> PackBuilder {
    PackBuilder::ticks("Unsound", 2)
}

fn unsound_packs() -> Vec<UnsoundPack> {
    let truncated = ticks().build();
    let truncated = truncated[..truncated.len() / 2].to_vec();
    let empty_zip = b"PK\x05\x06".iter().copied().chain([0; 18]).collect();
    vec![
        unsound(
            "a text",
            b"I am no ZIP, whatever my name says".to_vec(),
            None,
            "not a ZIP",
        ),
        unsound("half a ZIP", truncated, None, "not a complete ZIP file"),
        unsound("a ZIP of nothing", empty_zip, None, "the pack is empty"),
        unsound(
            "a manifest of nothing",
            PackBuilder::new("Unsound").build(),
            Some("manifest.json"),
            "/files",
        ),
        unsound(
            "a file that is not there",
            ticks().list("icons/gone.svg").build(),
            Some("icons/gone.svg"),
            "is not in the pack",
        ),
        unsound(
            "an unlisted file",
            ticks().hide("icons/extra.svg", TICK).build(),
            Some("icons/extra.svg"),
            "not listed",
        ),
        unsound(
            "a way out",
            ticks().hide("../escape.svg", TICK).build(),
            Some("../escape.svg"),
            "`..`",
        ),
        unsound(
            "two of one name",
            two_of_one_name(),
            Some("icons/tick-0000.svg"),
            "more than once",
        ),
        unsound(
            "a ZIP in the ZIP",
            ticks().file("icons/nested.svg", ticks().build()).build(),
            Some("icons/nested.svg"),
            "archive",
        ),
        unsound(
            "a large SVG",
            ticks().file("icons/large.svg", large_svg()).build(),
            Some("icons/large.svg"),
            "1 MiB",
        ),
        unsound(
            "nothing to see",
            PackBuilder::new("Unsound").file("icons/void.svg", EMPTY_SVG).build(),
            Some("icons/void.svg"),
            "nothing",
        ),
    ]
}

/// The writer makes no such ZIP: a name is changed afterwards.
fn two_of_one_name() -> Vec<u8> {
    let mut zip = ticks().hide("icons/tick-XXXX.svg", TICK).build();
    let name = b"icons/tick-XXXX.svg";
    let places: Vec<_> = (0..zip.len() - name.len())
        .filter(|at| zip[*at..].starts_with(name))
        .collect();
    assert_eq!(places.len(), 2, "one in the local header, one in the listing");
    places
        .iter()
        .for_each(|at| zip[*at..*at + name.len()].copy_from_slice(b"icons/tick-0000.svg"));
    zip
}

/// More than 1 MiB, and not so even that it would look like a bomb.
fn large_svg() -> String {
    let mut state = 1_u32;
    let mut noise = String::new();
    while noise.len() < 1_200_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.push_str(&format!("{state:08x}"));
    }
    TICK.replace("</svg>", &format!("<desc>{noise}</desc></svg>"))
}

#[tokio::test]
async fn unsound_packs_are_rejected_naming_file_and_fault_and_an_honest_one_is_published_afterwards() {
    let app = TestApp::start_with(Options::default().set("LIMITS__SVG_MIB", 1));
    let token = app.trusted("carl");
    for UnsoundPack { what, pack, file, told } in unsound_packs() {
        let trace = app.upload_and_settle(&token, &pack).await;
        assert_eq!(trace["upload"]["state"], "rejected", "{what}: {trace}");
        let findings = trace["findings"].as_array().unwrap();
        let names_it =
            |finding: &&Value| finding["file"] == json!(file) && finding["message"].as_str().unwrap().contains(told);
        let finding = findings
            .iter()
            .find(names_it)
            .unwrap_or_else(|| panic!("{what}: {file:?} {told:?} is not in {trace}"));
        assert_eq!(finding["severity"], "blocking", "{what}");
        assert_eq!(trace["attempts"], json!([]), "{what} is no failure of ours");
        let id = trace["upload"]["id"].as_str().unwrap();
        let (_, public) = app.get(&format!("/v1/uploads/{id}"), Some(&token)).await;
        assert_eq!(
            public["findings"], trace["findings"],
            "{what}: the contributor is told the same"
        );
    }
    app.assert_nothing_is_published().await;
    assert_eq!(
        app.look("/v1/cases").await["rows"],
        json!([]),
        "nothing of this needs a moderator"
    );

    let trace = app.upload_and_settle(&token, &ticks().build()).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    assert_eq!(app.rows("/v1/items").await.len(), 2);
}

#[tokio::test]
async fn every_finding_of_a_long_list_can_be_read_page_by_page() {
    const MISSING: usize = 640;
    let app = TestApp::start();
    let token = app.trusted("carl");
    let pack = (0..MISSING).fold(ticks(), |pack, number| {
        pack.list(&format!("icons/missing-{number}.svg"))
    });
    let trace = app.upload_and_settle(&token, &pack.build()).await;
    assert_eq!(trace["findings"].as_array().unwrap().len(), 500);
    assert_eq!(
        trace["finding_counts"],
        json!([{ "rule": "pack", "severity": "blocking", "findings": MISSING }])
    );
    let id = trace["upload"]["id"].as_str().unwrap();
    let first = format!("/v1/uploads/{id}/findings?limit=200");
    let (mut path, mut files, mut pages) = (first.clone(), Vec::new(), 0);
    loop {
        let (status, page) = app.get(&path, Some(&token)).await;
        assert_eq!(status, 200, "{page}");
        let rows = page["rows"].as_array().unwrap();
        files.extend(rows.iter().map(|row| row["file"].as_str().unwrap().to_owned()));
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{first}&cursor={next}");
    }
    assert_eq!((pages, files.len()), (4, MISSING));
    files.sort();
    files.dedup();
    assert_eq!(files.len(), MISSING, "each once");
    assert_eq!(
        app.look(&first).await["rows"].as_array().unwrap().len(),
        200,
        "operators too"
    );
    let (status, problem) = app.get(&format!("{first}&cursor=x"), Some(&token)).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (StatusCode::BAD_REQUEST, Some("invalid-request")),
        "{problem}"
    );
    let other = app.trusted("dora");
    assert_eq!(app.get(&first, Some(&other)).await.0, 404, "only of one's own upload");
}

#[tokio::test]
async fn faults_of_a_manifest_are_told_with_pointer_or_line() {
    let app = TestApp::start();
    let token = app.trusted("carl");
    manifest_with_five_faults_is_told_all_five_with_their_pointers(&app, &token).await;
    manifest_that_is_no_json_is_told_line_and_column(&app, &token).await;
    app.assert_nothing_is_published().await;
}

async fn manifest_with_five_faults_is_told_all_five_with_their_pointers(app: &TestApp, token: &str) {
    let pack = ticks().manifest(|manifest| {
        manifest["family"]["name"] = json!("");
        manifest["kind"] = json!("symbol");
        manifest["licence"]["id"] = json!("do what you want");
        manifest["price"]["amount_minor"] = json!(-1);
        manifest["tags"][0] = json!("Upper Case");
    });
    let trace = app.upload_and_settle(token, &pack.build()).await;
    assert_eq!(trace["upload"]["state"], "rejected", "{trace}");
    let findings = trace["findings"].as_array().unwrap();
    for pointer in ["/family/name", "/kind", "/licence/id", "/price/amount_minor", "/tags/0"] {
        let about = |finding: &&Value| {
            finding["message"]
                .as_str()
                .unwrap()
                .starts_with(&format!("{pointer}: "))
        };
        let finding = findings
            .iter()
            .find(about)
            .unwrap_or_else(|| panic!("{pointer} is not in {trace}"));
        assert_eq!(
            (&finding["file"], &finding["rule"]),
            (&json!("manifest.json"), &json!("manifest"))
        );
    }
    assert_eq!(findings.len(), 5, "{trace}");
}

async fn manifest_that_is_no_json_is_told_line_and_column(app: &TestApp, token: &str) {
    let mut zip = PackBuilder::new("Unsound")
        .hide("manifest.XXXX", "{\n  \"family\": oops\n}")
        .build();
    // The manifest of the builder goes by another name, and the broken one takes its place.
    rename(&mut zip, b"manifest.json", b"manifest.YYYY");
    rename(&mut zip, b"manifest.XXXX", b"manifest.json");
    let trace = app.upload_and_settle(token, &zip).await;
    let findings = trace["findings"].as_array().unwrap();
    let finding = findings
        .iter()
        .find(|finding| finding["file"] == "manifest.json")
        .unwrap();
    assert_eq!(
        (&finding["line"], &trace["upload"]["state"]),
        (&json!(2), &json!("rejected")),
        "{trace}"
    );
    assert!(
        finding["message"].as_str().unwrap().contains("is not JSON"),
        "{finding}"
    );
}

fn rename(zip: &mut [u8], from: &[u8], to: &[u8]) {
    let places: Vec<_> = (0..zip.len() - from.len())
        .filter(|at| zip[*at..].starts_with(from))
        .collect();
    places
        .iter()
        .for_each(|at| zip[*at..*at + to.len()].copy_from_slice(to));
}

#[tokio::test]
async fn file_that_renders_nothing_is_left_out_by_the_moderator() {
    let app = TestApp::start();
    let token = app.trusted("carl");
    let trace = app
        .upload_and_settle(&token, &ticks().file("icons/void.svg", EMPTY_SVG).build())
        .await;
    assert_eq!(trace["upload"]["state"], "in_review", "{trace}");
    let finding = &trace["findings"][0];
    assert_eq!(
        (&finding["file"], &finding["rule"]),
        (&json!("icons/void.svg"), &json!("renders-nothing")),
        "{trace}"
    );
    app.assert_nothing_is_published().await;
}

#[tokio::test]
async fn pack_of_nothing_but_a_script_is_a_case_for_moderators() {
    let app = TestApp::start();
    let token = app.trusted("carl");
    let trace = app
        .upload_and_settle(
            &token,
            &PackBuilder::new("Scripts").file("icons/evil.svg", SCRIPTED).build(),
        )
        .await;
    assert_eq!(
        trace["upload"]["state"], "in_review",
        "somebody who uploads scripts is looked at: {trace}"
    );
    app.assert_nothing_is_published().await;
}

#[tokio::test]
async fn name_of_a_set_is_taken_once() {
    let app = TestApp::start();
    let token = app.trusted("carl");
    let first = app.upload_and_settle(&token, &ticks().build()).await;
    assert_eq!(first["upload"]["state"], "published", "{first}");
    let second = app
        .upload_and_settle(&token, &PackBuilder::ticks("unsound", 3).build())
        .await;
    assert_eq!(second["upload"]["state"], "rejected", "{second}");
    let finding = &second["findings"][0];
    assert_eq!(finding["rule"], "set-exists", "{second}");
    assert!(
        finding["message"].as_str().unwrap().contains("Signs / unsound"),
        "{finding}"
    );
    assert_eq!(app.rows("/v1/items").await.len(), 2);

    let other = app.trusted("dora");
    let square = PackBuilder::new("Unsound").file("icons/square.svg", square("#123456"));
    let theirs = app.upload_and_settle(&other, &square.build()).await;
    assert_eq!(
        theirs["upload"]["state"], "published",
        "another contributor has names of its own: {theirs}"
    );
}
