//! Real icon and illustration sets, when they are installed (`make packs`).

use std::path::{Path, PathBuf};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::TestApp;

const FILES: usize = 40;

/// A set of npm, and what its manifest says.
struct Real {
    folder: &'static str,
    set: &'static str,
    kind: &'static str,
    licence: &'static str,
}

const REAL: [Real; 3] = [
    Real {
        folder: "lucide-static/icons",
        set: "Lucide",
        kind: "icon",
        licence: "ISC",
    },
    Real {
        folder: "flag-icons/flags/4x3",
        set: "Flags",
        kind: "illustration",
        licence: "MIT",
    },
    Real {
        folder: "@discordapp/twemoji/dist/svg",
        set: "Twemoji",
        kind: "illustration",
        licence: "CC-BY-4.0",
    },
];

fn modules() -> Option<PathBuf> {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("packs/node_modules");
    let there = REAL.iter().all(|real| modules.join(real.folder).exists());
    if !there {
        println!("skipped: the sets are not installed, see `make packs`");
    }
    there.then_some(modules)
}

fn pack(app: &TestApp, modules: &Path, real: &Real, out: &Path) -> Vec<u8> {
    let (folder, files, out) = (modules.join(real.folder), FILES.to_string(), out.to_str().unwrap());
    let attribution = format!("the authors of {}", real.set);
    let output = app.tradepostd(&[
        "sample",
        "pack",
        folder.to_str().unwrap(),
        "--out",
        out,
        "--family",
        "Real",
        "--set",
        real.set,
        "--kind",
        real.kind,
        "--licence",
        real.licence,
        "--attribution",
        &attribution,
        "--source",
        real.folder,
        "--limit",
        &files,
        "--tags",
        "real",
    ]);
    assert!(output.status.success(), "{output:?}");
    std::fs::read(out).unwrap()
}

#[tokio::test]
async fn files_of_three_real_sets_are_published_with_pictures_that_decode() {
    let Some(modules) = modules() else { return };
    let app = TestApp::start();
    let token = app.trusted("npm");
    let folder = tempfile::tempdir().unwrap();
    let mut uploads = Vec::new();
    for real in &REAL {
        let bytes = pack(&app, &modules, real, &folder.path().join("pack.zip"));
        uploads.push(app.upload(&token, &bytes).await);
    }
    for (real, upload) in REAL.iter().zip(&uploads) {
        let trace = app.settled(upload).await;
        assert_eq!(trace["upload"]["state"], "published", "{}: {trace}", real.set);
        assert_set(&app, real, trace["set_id"].as_str().unwrap()).await;
    }
    let families = app.rows("/v1/families").await;
    assert_eq!(
        (families.len(), &families[0]["sets"], &families[0]["items"]),
        (1, &json!(3), &json!(3 * FILES))
    );
    for preview in families[0]["previews"].as_array().unwrap() {
        assert_decodes(&app, preview).await;
    }
}

async fn assert_set(app: &TestApp, real: &Real, id: &str) {
    let (_, set) = app.get(&format!("/v1/sets/{id}"), None).await;
    assert_eq!(
        (&set["licence"], &set["source"], &set["kind"]),
        (&json!(real.licence), &json!(real.folder), &json!(real.kind))
    );
    assert!(set["attribution"].as_str().unwrap().contains(real.set), "{set}");
    let items = app.rows(&format!("/v1/items?set_id={id}")).await;
    assert_eq!(items.len(), FILES, "{}", real.set);
    for item in &items {
        assert_eq!(item["licence"], json!(real.licence), "{item}");
        let (_, detail) = app
            .get(&format!("/v1/items/{}", item["id"].as_str().unwrap()), None)
            .await;
        let renditions = detail["renditions"].as_array().unwrap();
        assert_eq!(renditions.len(), 9, "{detail}");
        for rendition in renditions {
            assert_decodes(app, rendition).await;
        }
    }
}

async fn assert_decodes(app: &TestApp, picture: &Value) {
    let response = app
        .http
        .get(format!("{}{}", app.api, picture["url"].as_str().unwrap()))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{picture}");
    let bytes = response.bytes().await.unwrap();
    let (width, height) = match picture["format"].as_str().unwrap() {
        "png" => {
            let decoded = image::load_from_memory_with_format(&bytes, image::ImageFormat::Png).unwrap();
            (decoded.width(), decoded.height())
        }
        _ => webp_size(&bytes),
    };
    assert_eq!(
        json!([width, height]),
        json!([picture["width"], picture["height"]]),
        "{picture}"
    );
}

/// Width and height from the header of an extended, lossy or lossless WebP.
fn webp_size(bytes: &[u8]) -> (u32, u32) {
    assert!(bytes.starts_with(b"RIFF") && &bytes[8..12] == b"WEBP", "no WebP");
    let declared = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    assert_eq!(declared + 8, bytes.len(), "a whole file");
    let short = |at: usize| u32::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let triple = |at: usize| short(at) | u32::from(bytes[at + 2]) << 16;
    match &bytes[12..16] {
        b"VP8X" => (triple(24) + 1, triple(27) + 1),
        b"VP8 " => (short(26) & 0x3fff, short(28) & 0x3fff),
        b"VP8L" => {
            let bits = u32::from_le_bytes(bytes[21..25].try_into().unwrap());
            ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
        }
        other => panic!("no WebP of any kind: {other:?}"),
    }
}
