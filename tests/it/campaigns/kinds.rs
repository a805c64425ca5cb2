//! Files of every kind get the same pictures from an upload, from `tradepostd render` and from a campaign.

use tradepost_common::catalog::Kind;
use tradepost_inspect::sample::media;

use super::*;

/// Hashes of pictures, by path and preset.
type Pictures = BTreeMap<(String, String), String>;

async fn in_table(app: &TestApp, table: &str) -> Pictures {
    let pool = app.database().await;
    let statement = format!(
        "select items.path, preset, encode(pictures.sha256, 'hex') from {table} pictures join items on items.id = item_id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
        .fetch_all(&pool)
        .await
        .unwrap();
    pool.close().await;
    let picture = |row: &sqlx::postgres::PgRow| ((row.get(0), row.get(1)), row.get(2));
    rows.iter().map(picture).collect()
}

/// Draws the files by the command, and reads the pictures.
fn in_bulk(files: &[(Kind, &str, Vec<u8>)]) -> Pictures {
    use sha2::{Digest as _, Sha256};
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("in")).unwrap();
    for (_, path, bytes) in files {
        std::fs::write(folder.path().join("in").join(path), bytes).unwrap();
    }
    let mut command = tradepost_tests::command("tradepostd");
    let command = command.current_dir(folder.path());
    let output = command.args(["render", "in", "--out", "out"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    // Opus is taken, but not decoded.
    assert_eq!(
        output.status.code(),
        Some(2),
        "only the Opus file has no picture: {told}"
    );
    let mut found = Pictures::new();
    for (_, path, _) in files {
        let pictures = folder.path().join("out").join(path);
        for picture in pictures.read_dir().into_iter().flatten().map(Result::unwrap) {
            let name = picture.path().file_stem().unwrap().to_str().unwrap().to_owned();
            let bytes = std::fs::read(picture.path()).unwrap();
            found.insert(((*path).to_owned(), name), hex::encode(Sha256::digest(bytes)));
        }
    }
    found
}

#[tokio::test]
async fn every_kind_of_file_gets_the_same_pictures_everywhere() {
    let app = TestApp::start_with(options());
    let token = app.trusted("acme");
    let files = media::honest();
    for kind in Kind::ALL {
        let of_kind = files.iter().filter(|file| file.0 == kind);
        let pack = PackBuilder::new(&format!("Every {kind}")).stored();
        let pack = of_kind.fold(pack, |pack, (_, path, bytes)| pack.file(path, bytes.clone()));
        let pack = pack.manifest(|manifest| manifest["kind"] = json!(kind.as_str()));
        let trace = app.upload_and_settle(&token, &pack.build()).await;
        assert_eq!(trace["upload"]["state"], "published", "{trace}");
    }
    let pictures = (files.len() - 1) * PRESETS;
    let uploaded = in_table(&app, "renditions").await;
    assert_eq!(uploaded.len(), pictures, "{uploaded:?}");
    assert_eq!(in_bulk(&files), uploaded);

    app.sql("update renditions set preset_sha256 = sha256('another engine')")
        .await;
    let campaign = plan(&app, json!({ "canary": 0 })).await;
    act(&app, &campaign, "start").await;
    let rendered = until(&app, &campaign, "rendered").await;
    let failures = app.look(&format!("{}/failures", path(&campaign))).await;
    assert_eq!(rendered["outputs"], json!(pictures), "{failures}");
    assert_eq!(in_table(&app, "campaign_renditions").await, uploaded);
}
