//! Accessors and the bytes behind them.

use serde_json::{Value, json};

use super::{fault, faults, faults_of, glb_of_text, triangle, triangle_bytes};

/// The faults when a float of the triangle is another one.
fn with_float(at: usize, number: f32) -> Vec<(&'static str, String)> {
    let mut bytes = triangle_bytes();
    bytes[4 * at..4 * at + 4].copy_from_slice(&number.to_le_bytes());
    faults_of(&glb_of_text(&triangle().to_string(), &bytes))
}

#[test]
fn declared_bounds_must_be_the_real_ones() {
    assert_eq!(
        faults(|d| d["accessors"][0]["min"] = json!([-1, 0, 0])),
        fault("ACCESSOR_MIN_MISMATCH", "/accessors/0/min/0")
    );
    let found = with_float(3, 9.0);
    let expected = ["ACCESSOR_MAX_MISMATCH", "ACCESSOR_ELEMENT_OUT_OF_MAX_BOUND"]
        .map(|code| (code, "/accessors/0/max/0".to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn numbers_that_are_none_are_found() {
    for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(with_float(3, number).contains(&("ACCESSOR_INVALID_FLOAT", "/accessors/0".to_owned())));
    }
}

#[test]
fn indices_must_lead_to_vertices() {
    let mut bytes = triangle_bytes();
    bytes[36] = 3;
    let found = faults_of(&glb_of_text(&triangle().to_string(), &bytes));
    assert_eq!(found, fault("ACCESSOR_INDEX_OOB", "/meshes/0/primitives/0/indices"));
    bytes[36..38].fill(0xff);
    let found = faults_of(&glb_of_text(&triangle().to_string(), &bytes));
    assert_eq!(
        found.last(),
        fault("ACCESSOR_INDEX_PRIMITIVE_RESTART", "/meshes/0/primitives/0/indices").first()
    );
}

#[test]
fn times_must_increase_from_zero_on() {
    let input = "/animations/0/samplers/0/input";
    assert!(with_float(12, 0.0).contains(&("ACCESSOR_ANIMATION_INPUT_NON_INCREASING", input.to_owned())));
    assert!(with_float(11, -1.0).contains(&("ACCESSOR_ANIMATION_INPUT_NEGATIVE", input.to_owned())));
}

#[test]
fn accessors_must_fit_their_views_and_views_their_buffers() {
    let too_long = |at: usize| fault("ACCESSOR_TOO_LONG", &format!("/accessors/{at}"));
    assert!(faults(|d| d["accessors"][0]["count"] = json!(4)).contains(&too_long(0)[0]));
    assert!(faults(|d| d["accessors"][0]["byteOffset"] = json!(4)).contains(&too_long(0)[0]));
    let offset = faults(|d| d["accessors"][0]["byteOffset"] = json!(40));
    assert!(offset.contains(&("ACCESSOR_TOO_LONG", "/accessors/0/byteOffset".to_owned())));
    let view = faults(|d| d["bufferViews"][3]["byteLength"] = json!(25));
    assert!(view.contains(&("BUFFER_VIEW_TOO_LONG", "/bufferViews/3/byteLength".to_owned())));
    let view = faults(|d| d["bufferViews"][3]["byteOffset"] = json!(76));
    assert!(view.contains(&("BUFFER_VIEW_TOO_LONG", "/bufferViews/3/byteOffset".to_owned())));
    assert_eq!(
        faults(|d| d["buffers"][0]["byteLength"] = json!(1_000_000_000_000u64)),
        fault("BUFFER_BYTE_LENGTH_MISMATCH", "/buffers/0")
    );
}

#[test]
fn alignment_and_stride_are_checked() {
    assert!(
        faults(|d| d["accessors"][1]["byteOffset"] = json!(1))
            .contains(&("ACCESSOR_OFFSET_ALIGNMENT", "/accessors/1/byteOffset".to_owned()))
    );
    assert!(
        faults(|d| d["bufferViews"][1]["byteOffset"] = json!(37))
            .contains(&("ACCESSOR_TOTAL_OFFSET_ALIGNMENT", "/accessors/1".to_owned()))
    );
    assert!(
        faults(|d| d["bufferViews"][0]["byteStride"] = json!(8))
            .contains(&("ACCESSOR_SMALL_BYTESTRIDE", "/accessors/0".to_owned()))
    );
    assert!(faults(|d| d["bufferViews"][1]["byteStride"] = json!(4)).contains(&(
        "BUFFER_VIEW_INVALID_BYTE_STRIDE",
        "/bufferViews/1/byteStride".to_owned()
    )));
}

#[test]
fn attributes_must_have_the_format_of_their_meaning() {
    let attribute = "/meshes/0/primitives/0/attributes/NORMAL";
    let found = faults(|d| d["meshes"][0]["primitives"][0]["attributes"]["NORMAL"] = json!(0));
    assert!(
        found.contains(&("ACCESSOR_VECTOR3_NON_UNIT", attribute.to_owned())),
        "{found:?}"
    );
    let found = faults(|d| d["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"] = json!(0));
    let attribute = "/meshes/0/primitives/0/attributes/TEXCOORD_0";
    assert_eq!(
        found,
        fault("MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_INVALID_FORMAT", attribute)
    );
}

fn sparse(count: u64, indices: Value) -> Vec<(&'static str, String)> {
    let mut bytes = triangle_bytes();
    let indices: Vec<u8> = indices
        .as_array()
        .unwrap()
        .iter()
        .map(|index| index.as_u64().unwrap() as u8)
        .collect();
    bytes.extend(&indices);
    let mut document = triangle();
    document["buffers"][0]["byteLength"] = json!(bytes.len());
    document["bufferViews"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "buffer": 0, "byteOffset": 76, "byteLength": indices.len() }));
    document["accessors"][3] = json!({
        "componentType": 5126, "count": count, "type": "VEC3",
        "sparse": {
            "count": 2,
            "indices": { "bufferView": 4, "componentType": 5121 },
            "values": { "bufferView": 3 },
        },
    });
    faults_of(&glb_of_text(&document.to_string(), &bytes))
}

#[test]
fn sparse_indices_must_increase_and_lead_to_elements() {
    assert_eq!(sparse(2, json!([0, 1])), []);
    assert_eq!(
        sparse(2, json!([1, 1])),
        fault("ACCESSOR_SPARSE_INDICES_NON_INCREASING", "/accessors/3/sparse")
    );
    assert_eq!(
        sparse(2, json!([0, 2])),
        fault("ACCESSOR_SPARSE_INDEX_OOB", "/accessors/3/sparse")
    );
    assert!(sparse(1, json!([0, 1])).contains(&(
        "ACCESSOR_SPARSE_COUNT_OUT_OF_RANGE",
        "/accessors/3/sparse/count".to_owned()
    )));
}
