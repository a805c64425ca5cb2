//! Presets: which pictures are made is data, and what was made by another preset stays what it is.

use image::RgbaImage;
use reqwest::StatusCode;
use serde_json::Value;
use tempfile::TempDir;
use tradepost_tests::{Options, PackBuilder, TestApp};

const PLAIN: &str = "[[preset]]\nname = \"png-200\"\nwidth_px = 200\nformat = \"png\"\n";
const CARD: &str = "[[preset]]\nname = \"card\"\nwidth_px = 96\nformat = \"png\"\nbackground = \"#204060\"\nwatermark = \"mark.svg\"\n";
/// Its lower right quarter is green.
const MARK: &str =
    "<svg xmlns='http://www.w3.org/2000/svg' width='2' height='2'><path fill='#00ff00' d='M1 1h1v1h-1z'/></svg>";

struct Place(TempDir);

impl Place {
    fn new(presets: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::write(place.0.path().join("mark.svg"), MARK).unwrap();
        place.write(presets);
        place
    }

    fn write(&self, presets: &str) {
        std::fs::write(self.0.path().join("previews.toml"), presets).unwrap();
    }

    fn options(&self) -> Options {
        Options::default().set("PREVIEWS__PRESETS", self.0.path().join("previews.toml").display())
    }
}

async fn renditions(app: &TestApp, set: &str) -> Vec<Value> {
    let items = app.rows("/v1/items").await;
    let item = items.iter().find(|item| item["set"] == set).unwrap();
    let (status, item) = app
        .get(&format!("/v1/items/{}", item["id"].as_str().unwrap()), None)
        .await;
    assert_eq!(status, StatusCode::OK, "{item}");
    item["renditions"].as_array().unwrap().clone()
}

fn names(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["preset"].as_str().or(row["name"].as_str()).unwrap())
        .collect()
}

async fn picture(app: &TestApp, rendition: &Value) -> RgbaImage {
    let url = format!("{}{}", app.api, rendition["url"].as_str().unwrap());
    let bytes = app.http.get(url).send().await.unwrap().bytes().await.unwrap();
    image::load_from_memory(&bytes).unwrap().to_rgba8()
}

#[tokio::test]
async fn pictures_are_made_as_the_file_says() {
    let place = Place::new(&format!("{PLAIN}{CARD}"));
    let app = TestApp::start_with(place.options());
    let token = app.trusted("anna");
    app.upload_and_settle(&token, &PackBuilder::ticks("Ticks", 1).build())
        .await;
    let renditions = renditions(&app, "Ticks").await;
    assert_eq!(names(&renditions), ["card", "png-200"]);
    let presets = app.rows("/v1/presets").await;
    assert_eq!(names(&presets), ["card", "png-200"]);
    for (rendition, preset) in renditions.iter().zip(&presets) {
        assert_eq!(rendition["preset_sha256"], preset["sha256"]);
        assert_eq!(preset["current"], true);
    }
    assert_eq!(presets[0]["background"], "#204060");
    let card = picture(&app, &renditions[0]).await;
    assert_eq!((card.width(), card.get_pixel(2, 2).0), (96, [32, 64, 96, 255]));
    assert_eq!(card.get_pixel(94, 94).0, [0, 255, 0, 255], "the mark is over it");
    let plain = picture(&app, &renditions[1]).await;
    assert_eq!((plain.width(), plain.get_pixel(2, 2).0[3]), (200, 0));
}

#[tokio::test]
async fn changed_preset_is_another_one_and_touches_nothing_that_is_there() {
    let place = Place::new(&format!("{PLAIN}{CARD}"));
    let mut app = TestApp::start_with(place.options());
    let token = app.trusted("anna");
    app.upload_and_settle(&token, &PackBuilder::ticks("Before", 1).build())
        .await;
    let before = renditions(&app, "Before").await;

    place.write(&format!("{PLAIN}{}", CARD.replace("#204060", "#ffffff")));
    app.stop();
    app.restart();
    app.upload_and_settle(&token, &PackBuilder::ticks("After", 1).build())
        .await;
    assert_eq!(renditions(&app, "Before").await, before);
    let after = renditions(&app, "After").await;
    assert_eq!(after[1]["preset_sha256"], before[1]["preset_sha256"]);
    assert_ne!(after[0]["preset_sha256"], before[0]["preset_sha256"]);
    let presets = app.rows("/v1/presets").await;
    assert_eq!(names(&presets), ["card", "png-200", "card"]);
    assert_eq!(presets[2]["sha256"], before[0]["preset_sha256"]);
    assert_eq!(presets[2]["current"], false);
    let pool = app.database().await;
    let changed = sqlx::query("update presets set quality = 1").execute(&pool).await;
    assert!(changed.unwrap_err().to_string().contains("never changes"));
    pool.close().await;
}
