use serde_json::{Value, json};
use tradepost_inspect::sample::media;

use super::*;

mod bounds;
mod textures;

/// A GLB of a document and its bytes.
fn glb(mut document: Value, bin: &[u8]) -> Vec<u8> {
    document["asset"] = json!({ "version": "2.0" });
    if !bin.is_empty() {
        document["buffers"] = json!([{ "byteLength": bin.len() }]);
    }
    media::glb_of(&document, bin)
}

fn floats(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// A square from -1 to 1 that looks to the front, two triangles, as a list without indices.
const SQUARE: [f32; 18] = [
    -1.0, -1.0, 0.0, 1.0, -1.0, 0.0, 1.0, 1.0, 0.0, -1.0, -1.0, 0.0, 1.0, 1.0, 0.0, -1.0, 1.0, 0.0,
];

/// A document with the square as its only mesh.
fn square() -> Value {
    json!({
        "scenes": [{ "nodes": [0] }],
        "nodes": [{ "mesh": 0 }],
        "meshes": [{ "primitives": [{ "attributes": { "POSITION": 0 }, "material": 0 }] }],
        "materials": [{ "pbrMetallicRoughness": { "baseColorFactor": [1.0, 0.0, 0.0, 1.0], "metallicFactor": 0.0 } }],
        "accessors": [{ "bufferView": 0, "componentType": 5126, "count": 6, "type": "VEC3", "min": [-1, -1, 0], "max": [1, 1, 0] }],
        "bufferViews": [{ "buffer": 0, "byteLength": 72 }],
    })
}

/// Adds an object at the end of a list.
fn add(document: &mut Value, list: &str, object: Value) {
    document[list].as_array_mut().unwrap().push(object);
}

fn draw(document: Value, bin: &[u8]) -> Result<Pixmap, ModelError> {
    Still::draw(&glb(document, bin), 128).map(|still| {
        assert_eq!(still.notes, Vec::<String>::new());
        still.at(128).unwrap()
    })
}

fn middle(pixmap: &Pixmap) -> [u8; 4] {
    let pixel = pixmap.pixel(64, 64).unwrap();
    [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()]
}

/// The mean difference of pixels, 0 to 255.
fn difference(first: &Pixmap, second: &Pixmap) -> f64 {
    let sum: u64 = first
        .data()
        .iter()
        .zip(second.data())
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / first.data().len() as f64
}

#[test]
fn a_square_is_seen_in_its_colour_with_nothing_around_it() {
    let bytes = glb(square(), &floats(&SQUARE));
    let report = glb::check(&bytes, "a.glb", &glb::Policy::upload());
    assert!(report.is_valid(), "{:?}", report.issues);
    let picture = draw(square(), &floats(&SQUARE)).unwrap();
    let [red, green, blue, alpha] = middle(&picture);
    assert!(
        red > 150 && green < 80 && blue < 80 && alpha == 255,
        "{red} {green} {blue} {alpha}"
    );
    for corner in [(0, 0), (127, 0), (0, 127), (127, 127)] {
        assert_eq!(picture.pixel(corner.0, corner.1).unwrap().alpha(), 0);
    }
    let seen = picture.pixels().iter().filter(|pixel| pixel.alpha() == 255).count();
    assert!(seen > 128 * 128 / 3, "it fills the picture, not {seen} pixels");
}

#[test]
fn every_width_is_drawn() {
    let still = Still::draw(&glb(square(), &floats(&SQUARE)), 512).unwrap();
    for width in [1, 33, 100, 512, 600] {
        let pixmap = still.at(width).unwrap();
        assert_eq!((pixmap.width(), pixmap.height()), (width, width));
    }
}

#[test]
fn where_and_how_large_a_model_is_makes_no_difference() {
    let plain = draw(square(), &floats(&SQUARE)).unwrap();
    let mut moved = square();
    moved["nodes"] = json!([
        { "children": [1], "scale": [1000, 1000, 1000] },
        { "children": [2], "translation": [5, -7, 1] },
        { "mesh": 0, "matrix": [0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.5, 0, 9, 9, 9, 1] },
    ]);
    assert!(difference(&plain, &draw(moved, &floats(&SQUARE)).unwrap()) < 0.5);
    let mut turned = square();
    // Half a turn about the vertical: the back of the square is lit as its front would be.
    turned["nodes"][0]["rotation"] = json!([0, 1, 0, 0]);
    assert!(middle(&draw(turned, &floats(&SQUARE)).unwrap())[0] > 150);
}

#[test]
fn strips_fans_and_indices_draw_the_same() {
    let plain = draw(square(), &floats(&SQUARE)).unwrap();
    let corners = [-1.0, -1.0, 0.0, 1.0, -1.0, 0.0, 1.0, 1.0, 0.0, -1.0, 1.0, 0.0];
    let bin = [floats(&corners), vec![0, 1, 3, 2, 0, 1, 2, 3, 0, 1, 2, 0, 2, 3]].concat();
    for (mode, offset, count) in [(5, 48, 4), (6, 52, 4), (4, 56, 6)] {
        let mut document = square();
        document["meshes"][0]["primitives"][0]["mode"] = json!(mode);
        document["meshes"][0]["primitives"][0]["indices"] = json!(1);
        document["accessors"][0]["count"] = json!(4);
        add(
            &mut document,
            "accessors",
            json!({ "bufferView": 1, "componentType": 5121, "count": count, "type": "SCALAR" }),
        );
        document["bufferViews"] =
            json!([{ "buffer": 0, "byteLength": 48 }, { "buffer": 0, "byteOffset": offset, "byteLength": count }]);
        assert!(difference(&plain, &draw(document, &bin).unwrap()) < 0.01, "mode {mode}");
    }
}

#[test]
fn small_numbers_and_replaced_elements_are_read() {
    let plain = draw(square(), &floats(&SQUARE)).unwrap();
    let mut small = square();
    small["accessors"][0]["componentType"] = json!(5122);
    small["accessors"][0]["normalized"] = json!(true);
    small["bufferViews"][0]["byteStride"] = json!(8);
    let steps = |number: &f32| ((number * 32_767.0) as i16).to_le_bytes();
    let (triples, _) = SQUARE.as_chunks::<3>();
    let bin: Vec<u8> = triples
        .iter()
        .flat_map(|corner| corner.iter().flat_map(steps).chain([0; 2]).collect::<Vec<u8>>())
        .collect();
    small["bufferViews"][0]["byteLength"] = json!(bin.len());
    assert!(difference(&plain, &draw(small, &bin).unwrap()) < 0.01);
    let mut sparse = square();
    sparse["accessors"][0] = json!({ "componentType": 5126, "count": 6, "type": "VEC3", "sparse": {
        "count": 6, "indices": { "bufferView": 1, "componentType": 5121 }, "values": { "bufferView": 0 } } });
    add(
        &mut sparse,
        "bufferViews",
        json!({ "buffer": 0, "byteOffset": 72, "byteLength": 6 }),
    );
    let bin = [floats(&SQUARE), vec![0, 1, 2, 3, 4, 5]].concat();
    assert!(difference(&plain, &draw(sparse, &bin).unwrap()) < 0.01);
}

#[test]
fn bones_move_what_hangs_on_them() {
    // A second square, so that the picture shows where the first one is.
    let mut document = square();
    document["meshes"][0]["primitives"][0]["attributes"]["JOINTS_0"] = json!(1);
    document["meshes"][0]["primitives"][0]["attributes"]["WEIGHTS_0"] = json!(2);
    add(
        &mut document,
        "meshes",
        json!({ "primitives": [{ "attributes": { "POSITION": 0 } }] }),
    );
    document["nodes"] = json!([{ "mesh": 0, "skin": 0 }, { "mesh": 1 }, { "translation": [0, 3, 0] }]);
    document["scenes"][0]["nodes"] = json!([0, 1, 2]);
    document["skins"] = json!([{ "joints": [2] }]);
    add(
        &mut document,
        "accessors",
        json!({ "bufferView": 1, "componentType": 5121, "count": 6, "type": "VEC4" }),
    );
    add(
        &mut document,
        "accessors",
        json!({ "bufferView": 2, "componentType": 5126, "count": 6, "type": "VEC4" }),
    );
    add(
        &mut document,
        "bufferViews",
        json!({ "buffer": 0, "byteOffset": 72, "byteLength": 24 }),
    );
    add(
        &mut document,
        "bufferViews",
        json!({ "buffer": 0, "byteOffset": 96, "byteLength": 96 }),
    );
    let bin = [floats(&SQUARE), vec![0; 24], floats(&[1.0, 0.0, 0.0, 0.0].repeat(6))].concat();
    let picture = draw(document, &bin).unwrap();
    let (above, below) = (picture.pixel(64, 30).unwrap(), picture.pixel(64, 98).unwrap());
    assert!(above.red() / 2 > above.green() && above.alpha() == 255, "{above:?}");
    assert!(below.red() / 2 < below.green() && below.alpha() == 255, "{below:?}");
}

#[test]
fn what_is_nearer_hides_what_is_farther_and_glass_does_not() {
    let scene = |alpha: f32, mode: &str| {
        let mut document = square();
        document["extensionsUsed"] = json!(["KHR_materials_unlit"]);
        document["materials"] = json!([
            { "pbrMetallicRoughness": { "baseColorFactor": [0.0, 0.0, 1.0, alpha] }, "alphaMode": mode, "extensions": { "KHR_materials_unlit": {} } },
            { "pbrMetallicRoughness": { "baseColorFactor": [1.0, 0.0, 0.0, 1.0] }, "extensions": { "KHR_materials_unlit": {} } },
        ]);
        add(
            &mut document,
            "meshes",
            json!({ "primitives": [{ "attributes": { "POSITION": 0 }, "material": 1 }] }),
        );
        document["nodes"] = json!([{ "mesh": 0, "translation": [0, 0, 0.3] }, { "mesh": 1 }]);
        document["scenes"][0]["nodes"] = json!([0, 1]);
        middle(&draw(document, &floats(&SQUARE)).unwrap())
    };
    assert_eq!(scene(0.2, "OPAQUE"), [0, 0, 255, 255]);
    assert_eq!(scene(0.2, "MASK"), [255, 0, 0, 255]);
    assert_eq!(scene(0.7, "MASK"), [0, 0, 255, 255]);
    let [red, _, blue, alpha] = scene(0.5, "BLEND");
    assert!(red.abs_diff(128) < 3 && blue.abs_diff(128) < 3 && alpha == 255);
}
