//! Models that ask for more than they bring. Each of them would take minutes or gigabytes if it were believed.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{fault, faults, faults_of, glb, glb_of_text, triangle, triangle_bytes};

/// The debug build on a busy machine is slow; believing the model would still take far longer.
const LIMIT: Duration = Duration::from_secs(20);

fn quickly<T>(work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    assert!(start.elapsed() < LIMIT, "it took {:?}", start.elapsed());
    result
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let text = format!("{}0{}", open.repeat(100_000), close.repeat(100_000));
        assert_eq!(faults_of(&glb_of_text(&text, &[])), fault("JSON_TOO_DEEP", ""));
        assert_eq!(
            faults_of(&glb_of_text(&open.repeat(1_000_000), &[])),
            fault("JSON_TOO_DEEP", "")
        );
    }
}

#[test]
fn a_document_of_too_many_values_is_refused() {
    let text = format!("{{\"a\":[{}0]}}", "0,".repeat(1_100_000));
    assert_eq!(
        quickly(|| faults_of(&glb_of_text(&text, &[]))),
        fault("JSON_TOO_LARGE", "")
    );
}

#[test]
fn too_many_objects_are_refused() {
    let found = quickly(|| faults(|d| d["materials"] = Value::Array(vec![json!({}); 100_001])));
    assert!(found.contains(&fault("TOO_MANY_OBJECTS", "/materials")[0]), "{found:?}");
}

#[test]
fn counts_that_overflow_are_too_long() {
    for count in [u64::MAX / 2, i64::MAX as u64, u64::from(u32::MAX)] {
        let found = quickly(|| faults(|d| d["accessors"][0]["count"] = json!(count)));
        assert!(
            found.contains(&fault("ACCESSOR_TOO_LONG", "/accessors/0")[0]),
            "{found:?}"
        );
        let found = quickly(|| faults(|d| d["bufferViews"][0]["byteOffset"] = json!(count)));
        assert!(
            found.contains(&fault("BUFFER_VIEW_TOO_LONG", "/bufferViews/0/byteOffset")[0]),
            "{found:?}"
        );
        let found = quickly(|| faults(|d| d["accessors"][0]["byteOffset"] = json!(count)));
        assert!(found.iter().any(|(code, _)| *code == "ACCESSOR_TOO_LONG"), "{found:?}");
    }
}

#[test]
fn elements_without_bytes_are_not_counted_to_the_end() {
    let found = quickly(|| {
        faults(|d| {
            d["accessors"][0] = json!({
                "componentType": 5126, "count": 9_000_000_000_000_000u64, "type": "VEC3", "min": [0, 0, 0], "max": [2, 3, 0],
                "sparse": {
                    "count": 1,
                    "indices": { "bufferView": 1, "componentType": 5123 },
                    "values": { "bufferView": 0 },
                },
            });
        })
    });
    assert!(found.contains(&fault("TOO_MUCH_WORK", "")[0]), "{found:?}");
}

#[test]
fn thousands_of_accessors_over_the_same_bytes_are_refused() {
    let mut document = triangle();
    let accessor = json!({
        "bufferView": 0, "componentType": 5121, "count": 1_000_000, "type": "SCALAR", "min": [0], "max": [0],
    });
    document["accessors"] = Value::Array(vec![accessor; 20_000]);
    document["bufferViews"] = json!([{ "buffer": 0, "byteLength": 1_000_000 }]);
    document["buffers"] = json!([{ "byteLength": 1_000_000 }]);
    let bytes = glb_of_text(&document.to_string(), &vec![0; 1_000_000]);
    let found = quickly(|| faults_of(&bytes));
    assert!(found.contains(&fault("TOO_MUCH_WORK", "")[0]), "{:?}", &found[..5]);
}

#[test]
fn a_long_chain_of_nodes_is_walked_once() {
    let count = 50_000;
    let chain = (1..=count).map(|child| {
        if child < count {
            json!({ "children": [child] })
        } else {
            json!({ "mesh": 0 })
        }
    });
    let mut document = triangle();
    document["nodes"] = chain.collect();
    document["animations"] = json!([]);
    let found = quickly(|| faults_of(&glb(&document)));
    assert_eq!(found, fault("EMPTY_ENTITY", "/animations"));
    document["nodes"][count - 1]["children"] = json!([0]);
    let report = quickly(|| super::upload(&glb(&document)));
    assert!(
        report.errors > count,
        "each of the nodes is in the loop: {}",
        report.errors
    );
}

#[test]
fn skins_over_a_long_chain_end() {
    let count = 20_000;
    let chain = (1..count).map(|child| json!({ "children": [child] }));
    let mut document = triangle();
    document["nodes"] = chain.chain([json!({ "mesh": 0, "skin": 0 })]).collect();
    let joints: Vec<usize> = (0..count).collect();
    document["skins"] = json!([{ "joints": joints }]);
    let report = quickly(|| super::upload(&glb(&document)));
    assert!(report.issues.iter().any(|issue| issue.code == "TOO_MUCH_WORK"));
}

#[test]
fn scenes_over_the_same_nodes_end() {
    let mut document = triangle();
    document["nodes"] = json!([{ "mesh": 0, "children": (1..10_000).collect::<Vec<u32>>(), "skin": 0 }]);
    document["nodes"].as_array_mut().unwrap().extend(vec![json!({}); 9_999]);
    document["skins"] = json!([{ "joints": [0] }]);
    document["scenes"] = Value::Array(vec![json!({ "nodes": [0] }); 20_000]);
    let report = quickly(|| super::upload(&glb(&document)));
    assert!(report.issues.iter().any(|issue| issue.code == "TOO_MUCH_WORK"));
}

#[test]
fn numbers_of_attributes_do_not_overflow() {
    let name = format!("TEXCOORD_{}", u64::MAX);
    let found = faults(|d| d["meshes"][0]["primitives"][0]["attributes"][&name] = json!(0));
    let attributes = "/meshes/0/primitives/0/attributes";
    assert!(
        found.contains(&fault("MESH_PRIMITIVE_INDEXED_SEMANTIC_CONTINUITY", attributes)[0]),
        "{found:?}"
    );
    let name = format!("JOINTS_{}", "9".repeat(400));
    let found = faults(|d| d["meshes"][0]["primitives"][0]["attributes"][&name] = json!(0));
    assert!(
        found.contains(&fault("MESH_PRIMITIVE_INDEXED_SEMANTIC_CONTINUITY", attributes)[0]),
        "{found:?}"
    );
}

#[test]
fn one_fault_in_every_element_is_counted_and_not_kept() {
    let count = 200_000;
    let mut document = triangle();
    document["accessors"][1]["count"] = json!(count);
    document["bufferViews"][1]["byteOffset"] = json!(76);
    document["bufferViews"][1]["byteLength"] = json!(2 * count);
    document["buffers"][0]["byteLength"] = json!(76 + 2 * count);
    let mut bytes = triangle_bytes();
    bytes.resize(76 + 2 * count, 0xff);
    let report = quickly(|| super::upload(&glb_of_text(&document.to_string(), &bytes)));
    assert_eq!(report.errors, 2 * count);
    let kept = |code| report.issues.iter().filter(|issue| issue.code == code).count();
    assert_eq!(
        (kept("ACCESSOR_INDEX_OOB"), kept("ACCESSOR_INDEX_PRIMITIVE_RESTART")),
        (100, 100)
    );
}
