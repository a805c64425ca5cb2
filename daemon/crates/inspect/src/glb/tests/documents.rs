//! The document: its properties and how they refer to each other.

use serde_json::json;

use super::{fault, faults, faults_of, glb_of_text, triangle};

#[test]
fn wrong_types_ranges_and_missing_properties_are_found() {
    assert_eq!(
        faults(|d| d["nodes"][0]["mesh"] = json!("0")),
        fault("TYPE_MISMATCH", "/nodes/0/mesh")
    );
    assert_eq!(
        faults(|d| d["accessors"][1]["count"] = json!(3.5))[0],
        fault("TYPE_MISMATCH", "/accessors/1/count")[0]
    );
    assert_eq!(
        faults(|d| d["nodes"][0]["mesh"] = json!(-1)),
        fault("INVALID_INDEX", "/nodes/0/mesh")
    );
    assert_eq!(
        faults(|d| d["scenes"][0]["nodes"] = json!([0, 0])),
        fault("DUPLICATE_ELEMENTS", "/scenes/0/nodes/1")
    );
    assert_eq!(faults(|d| d["cameras"] = json!([])), fault("EMPTY_ENTITY", "/cameras"));
    assert_eq!(
        faults(|d| d["nodes"][0]["translation"] = json!([1, 2])),
        fault("ARRAY_LENGTH_NOT_IN_LIST", "/nodes/0/translation")
    );
    assert_eq!(
        faults(|d| d["asset"] = json!({})),
        fault("UNDEFINED_PROPERTY", "/asset")
    );
    assert_eq!(
        faults(|d| d["asset"]["version"] = json!("1.0")),
        fault("UNKNOWN_ASSET_MAJOR_VERSION", "/asset/version")
    );
    assert_eq!(
        faults(|d| d["asset"]["version"] = json!("two")),
        fault("PATTERN_MISMATCH", "/asset/version")
    );
}

#[test]
fn a_whole_number_may_be_written_with_a_point() {
    assert_eq!(faults(|d| d["accessors"][1]["count"] = json!(3.0)), []);
}

#[test]
fn references_to_nothing_are_found() {
    assert_eq!(
        faults(|d| d["scene"] = json!(7)),
        fault("UNRESOLVED_REFERENCE", "/scene")
    );
    assert_eq!(
        faults(|d| d["nodes"][0]["mesh"] = json!(7))[0],
        fault("UNRESOLVED_REFERENCE", "/nodes/0/mesh")[0]
    );
    assert_eq!(
        faults(|d| d["nodes"][0]["children"] = json!([9])),
        fault("UNRESOLVED_REFERENCE", "/nodes/0/children/0")
    );
    let primitive = "/meshes/0/primitives/0";
    let indices = format!("{primitive}/indices");
    assert_eq!(
        faults(|d| d["meshes"][0]["primitives"][0]["indices"] = json!(99)),
        fault("UNRESOLVED_REFERENCE", &indices)
    );
    let huge = json!(1e300);
    assert_eq!(
        faults(|d| d["meshes"][0]["primitives"][0]["indices"] = huge),
        fault("UNRESOLVED_REFERENCE", &indices)
    );
}

#[test]
fn a_loop_of_nodes_is_found_at_each_of_them() {
    let found = faults(|d| {
        d["nodes"] = json!([{ "mesh": 0 }, { "children": [2] }, { "children": [3] }, { "children": [1, 4] }, {}]);
    });
    let loops = ["/nodes/1", "/nodes/2", "/nodes/3"].map(|node| ("NODE_LOOP", node.to_owned()));
    assert_eq!(found, loops);
    assert_eq!(
        faults(|d| d["nodes"][0]["children"] = json!([0])).last(),
        fault("NODE_LOOP", "/nodes/0").first()
    );
}

#[test]
fn transforms_must_be_such() {
    let rotation = "/nodes/0/rotation";
    assert_eq!(
        faults(|d| d["nodes"][0]["rotation"] = json!([0, 0, 0, 0.5])),
        fault("ROTATION_NON_UNIT", rotation)
    );
    let sheared = json!([1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    let found = faults(|d| d["nodes"] = json!([{ "mesh": 0, "matrix": sheared }]));
    assert!(
        found.contains(&("NODE_MATRIX_NON_TRS", "/nodes/0/matrix".to_owned())),
        "{found:?}"
    );
    let turned = json!([0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 2, 0, 4, 5, 6, 1]);
    let found = faults(|d| {
        d["nodes"] = json!([{ "mesh": 0, "matrix": turned }]);
        d.as_object_mut().unwrap().remove("animations");
    });
    assert_eq!(found, []);
}

#[test]
fn numbers_beyond_every_range_are_out_of_range() {
    for number in ["1e999", "-1e999"] {
        let text = triangle().to_string().replace("[10,0,0]", &format!("[{number},0,0]"));
        let found = faults_of(&glb_of_text(&text, &super::triangle_bytes()));
        assert_eq!(found, fault("VALUE_NOT_IN_RANGE", "/nodes/0/translation/0"));
    }
}

#[test]
fn what_is_no_json_is_refused() {
    for text in [
        "",
        "{",
        "[]x",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":01}",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\":\"\\x\"}",
        "nul",
    ] {
        let found = faults_of(&glb_of_text(text, &[]));
        assert_eq!(found.last().unwrap().0, "INVALID_JSON", "{text:?}: {found:?}");
    }
    assert_eq!(faults_of(&glb_of_text("[]  ", &[])), fault("TYPE_MISMATCH", ""));
    let text = format!("\u{feff}{}", triangle());
    assert_eq!(
        faults_of(&glb_of_text(&text, &super::triangle_bytes())),
        fault("INVALID_JSON", "")
    );
}

#[test]
fn a_key_that_is_given_twice_is_refused() {
    let text = triangle().to_string().replacen('{', "{\"scene\":0,", 1);
    let found = faults_of(&glb_of_text(&text, &super::triangle_bytes()));
    assert_eq!(found, fault("DUPLICATE_KEY", ""));
    // Also when it is spelled in another way.
    let text = triangle().to_string().replacen('{', "{\"sc\\u0065ne\":0,", 1);
    let found = faults_of(&glb_of_text(&text, &super::triangle_bytes()));
    assert_eq!(found, fault("DUPLICATE_KEY", ""));
}

#[test]
fn extensions_must_be_declared_and_in_their_place() {
    let found = faults(|d| d["nodes"][0]["extensions"] = json!({ "KHR_lights_punctual": { "light": 0 } }));
    assert_eq!(
        found,
        fault("UNDECLARED_EXTENSION", "/nodes/0/extensions/KHR_lights_punctual")
    );
    let found = faults(|d| {
        d["extensionsUsed"] = json!(["KHR_materials_ior"]);
        d["nodes"][0]["extensions"] = json!({ "KHR_materials_ior": {} });
    });
    assert_eq!(
        found,
        fault("UNEXPECTED_EXTENSION_OBJECT", "/nodes/0/extensions/KHR_materials_ior")
    );
    let found = faults(|d| {
        d["extensionsUsed"] = json!(["KHR_materials_ior"]);
        d["materials"] = json!([{ "extensions": { "KHR_materials_ior": { "ior": 0.5 } } }]);
    });
    assert_eq!(
        found,
        fault("VALUE_NOT_IN_RANGE", "/materials/0/extensions/KHR_materials_ior/ior")
    );
}

#[test]
fn materials_need_the_texture_coordinates_that_they_take() {
    let found = faults(|d| {
        d["materials"] = json!([{ "emissiveTexture": { "index": 4, "texCoord": 1 } }]);
        d["meshes"][0]["primitives"][0]["material"] = json!(0);
    });
    let expected = [
        ("UNRESOLVED_REFERENCE", "/materials/0/emissiveTexture/index".to_owned()),
        (
            "MESH_PRIMITIVE_TOO_FEW_TEXCOORDS",
            "/meshes/0/primitives/0/material".to_owned(),
        ),
    ];
    assert_eq!(found, expected);
}
