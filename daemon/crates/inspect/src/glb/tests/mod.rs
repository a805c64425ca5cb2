//! Models are built here in code: a sound one, and then one thing wrong with it.

mod accessors;
mod container;
mod corpus;
mod documents;
mod hostile;
mod mutations;
mod parts;
mod reading;
mod uploads;

use serde_json::{Value, json};

use super::{Policy, Report, Severity, check};

/// Three corners, three indices and two times, in this order.
fn triangle_bytes() -> Vec<u8> {
    let positions = [0.0f32, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 3.0, 0.0];
    let mut bytes: Vec<u8> = positions.iter().flat_map(|number| number.to_le_bytes()).collect();
    bytes.extend([0u16, 1, 2, 0].iter().flat_map(|index| index.to_le_bytes()));
    bytes.extend([0.0f32, 1.0].iter().flat_map(|time| time.to_le_bytes()));
    // Its place at both times.
    bytes.extend([0.0f32; 3].iter().flat_map(|number| number.to_le_bytes()));
    bytes.extend([0.0f32, 5.0, 0.0].iter().flat_map(|number| number.to_le_bytes()));
    bytes
}

/// A triangle that moves, without fault.
fn triangle() -> Value {
    json!({
        "asset": { "version": "2.0", "generator": "a test" },
        "scene": 0,
        "scenes": [{ "nodes": [0] }],
        "nodes": [{ "mesh": 0, "translation": [10, 0, 0] }],
        "meshes": [{ "primitives": [{ "attributes": { "POSITION": 0 }, "indices": 1 }] }],
        "accessors": [
            { "bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3", "min": [0, 0, 0], "max": [2, 3, 0] },
            { "bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR" },
            { "bufferView": 2, "componentType": 5126, "count": 2, "type": "SCALAR", "min": [0], "max": [1] },
            { "bufferView": 3, "componentType": 5126, "count": 2, "type": "VEC3" },
        ],
        "animations": [{
            "channels": [{ "sampler": 0, "target": { "node": 0, "path": "translation" } }],
            "samplers": [{ "input": 2, "output": 3 }],
        }],
        "bufferViews": [
            { "buffer": 0, "byteLength": 36, "target": 34962 },
            { "buffer": 0, "byteOffset": 36, "byteLength": 6, "target": 34963 },
            { "buffer": 0, "byteOffset": 44, "byteLength": 8 },
            { "buffer": 0, "byteOffset": 52, "byteLength": 24 },
        ],
        "buffers": [{ "byteLength": 76 }],
    })
}

fn chunk(kind: &[u8; 4], data: &[u8], filler: u8) -> Vec<u8> {
    let mut padded = data.to_vec();
    padded.resize(data.len().next_multiple_of(4), filler);
    [&(padded.len() as u32).to_le_bytes()[..], kind, &padded].concat()
}

fn container(chunks: &[Vec<u8>]) -> Vec<u8> {
    let chunks = chunks.concat();
    let length = 12 + chunks.len() as u32;
    [b"glTF", &2u32.to_le_bytes()[..], &length.to_le_bytes(), &chunks].concat()
}

fn glb_of_text(json: &str, bin: &[u8]) -> Vec<u8> {
    container(&[chunk(b"JSON", json.as_bytes(), b' '), chunk(b"BIN\0", bin, 0)])
}

fn glb(document: &Value) -> Vec<u8> {
    glb_of_text(&document.to_string(), &triangle_bytes())
}

fn upload(bytes: &[u8]) -> Report {
    check(bytes, "model.glb", &Policy::upload())
}

/// The codes and pointers of the errors that the upload of a model gives.
fn faults_of(bytes: &[u8]) -> Vec<(&'static str, String)> {
    let issues = upload(bytes).issues;
    let errors = issues.into_iter().filter(|issue| issue.severity == Severity::Error);
    errors.map(|issue| (issue.code, issue.pointer)).collect()
}

/// The faults of the triangle after `change`.
fn faults(change: impl FnOnce(&mut Value)) -> Vec<(&'static str, String)> {
    let mut document = triangle();
    change(&mut document);
    faults_of(&glb(&document))
}

fn fault(code: &'static str, pointer: &str) -> Vec<(&'static str, String)> {
    vec![(code, pointer.to_owned())]
}

#[test]
fn a_sound_model_has_no_faults_and_its_parts_are_counted() {
    let report = upload(&glb(&triangle()));
    assert_eq!(report.issues, []);
    assert!(report.is_valid());
    let summary = report.summary.unwrap();
    assert_eq!((summary.meshes, summary.nodes, summary.animations), (1, 1, 1));
    assert_eq!((summary.vertices, summary.triangles), (3, 1));
    assert_eq!(summary.bounds, Some([[10.0, 0.0, 0.0], [12.0, 3.0, 0.0]]));
}
