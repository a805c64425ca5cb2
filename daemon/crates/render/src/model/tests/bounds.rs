use serde_json::{Value, json};
use tradepost_inspect::sample::media;

use super::super::*;
use super::textures::textured_with;
use super::{SQUARE, draw, floats, glb, square};

#[test]
fn what_would_take_too_much_is_told_beforehand() {
    let mut many = square();
    many["accessors"][0] = json!({ "componentType": 5126, "count": 14_000_000, "type": "VEC3" });
    assert_eq!(draw(many, &floats(&SQUARE)), Err(ModelError::TooManyTriangles));
    let mut pieces = square();
    let piece = pieces["meshes"][0]["primitives"][0].clone();
    pieces["meshes"][0]["primitives"] = json!(vec![piece; 400]);
    pieces["nodes"] = json!(vec![json!({ "mesh": 0 }); 400]);
    pieces["scenes"][0]["nodes"] = json!((0..400).collect::<Vec<u32>>());
    assert_eq!(
        draw(pieces.clone(), &floats(&SQUARE)),
        Err(ModelError::TooManyTriangles)
    );
    pieces["meshes"][0]["primitives"].as_array_mut().unwrap().truncate(200);
    assert_eq!(draw(pieces, &floats(&SQUARE)), Err(ModelError::TooDear));
    // The header of a picture of 90 megapixels.
    let mut huge = media::png(1, 1, [0, 0, 0]);
    huge[16..20].copy_from_slice(&9_000_u32.to_be_bytes());
    huge[20..24].copy_from_slice(&10_000_u32.to_be_bytes());
    let crc = crc32fast::hash(&huge[12..29]);
    huge[29..33].copy_from_slice(&crc.to_be_bytes());
    assert!(matches!(
        textured_with(&huge, 10497, json!({})),
        Err(ModelError::TooManyPixels)
    ));
}

#[test]
fn what_has_nothing_to_show_has_no_picture() {
    let mut lines = square();
    lines["meshes"][0]["primitives"][0]["mode"] = json!(1);
    let mut hidden = square();
    hidden["extensionsUsed"] = json!(["KHR_node_visibility"]);
    hidden["nodes"][0]["extensions"] = json!({ "KHR_node_visibility": { "visible": false } });
    // Its own visibility hides what is below it as well.
    hidden["nodes"][0]["children"] = json!([]);
    let mut empty = square();
    empty["scenes"][0]["nodes"] = json!([]);
    let mut gone = square();
    gone["bufferViews"][0]["byteLength"] = json!(10);
    for document in [lines, empty, gone, json!({})] {
        assert_eq!(draw(document, &floats(&SQUARE)), Err(ModelError::Nothing));
    }
    assert_eq!(draw(square(), &floats(&[0.5; 18])), Err(ModelError::Nothing));
    assert_eq!(draw(square(), &floats(&[f32::NAN; 18])), Err(ModelError::Nothing));
    assert!(draw(hidden, &floats(&SQUARE)).is_err());
}

#[test]
fn broken_models_never_panic() {
    let picture = media::png(4, 4, [200, 100, 50]);
    let whole = {
        let still = textured_with(&picture, 10497, json!({}));
        assert!(still.is_ok());
        glb(square(), &floats(&SQUARE))
    };
    let mut state = 1_u32;
    let mut drawn = 0;
    for _ in 0..5_000 {
        let mut bytes = whole.clone();
        for _ in 0..3 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = 20 + (state >> 8) as usize % (bytes.len() - 20);
            bytes[at] = *b"0123456789[]{},:\"-e.\0\x7f\xff"
                .get(state as usize % 24)
                .unwrap_or(&9);
        }
        drawn += usize::from(Still::draw(&bytes, 16).is_ok());
    }
    assert!(drawn > 100, "{drawn}");
}

#[test]
fn the_models_of_khronos_never_panic() {
    let Some(corpora) = std::env::var_os("TRADEPOST_CORPORA") else {
        println!("skipped: TRADEPOST_CORPORA is not set");
        return;
    };
    let mut folders = vec![std::path::PathBuf::from(corpora).join("gltf")];
    let mut tried = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let extension = path
                .extension()
                .and_then(|extension| extension.to_str())
                .unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if matches!(extension, "glb" | "gltf") {
                let bytes = std::fs::read(&path).unwrap();
                let bytes = match serde_json::from_slice(&bytes) {
                    Ok(document @ Value::Object(_)) if extension == "gltf" => glb(document, &[0; 4096]),
                    _ => bytes,
                };
                let _ = Still::draw(&bytes, 32);
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
}
