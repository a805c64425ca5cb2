//! Meshes, skins, animations, materials, lights and cameras.

use serde_json::{Value, json};

use super::{fault, faults, faults_of, glb_of_text, triangle, triangle_bytes};

type Faults = Vec<(&'static str, String)>;

fn has(found: &Faults, code: &'static str, pointer: &str) -> bool {
    found.contains(&(code, pointer.to_owned()))
}

/// The faults of the triangle with more floats behind its bytes, which are the accessor 4.
fn with_floats(floats: &[f32], kind: &str, change: impl FnOnce(&mut Value)) -> Faults {
    let mut bytes = triangle_bytes();
    bytes.extend(floats.iter().flat_map(|number| number.to_le_bytes()));
    let components = match kind {
        "VEC3" => 3,
        "VEC4" => 4,
        "MAT4" => 16,
        _ => 1,
    };
    let mut document = triangle();
    document["buffers"][0]["byteLength"] = json!(bytes.len());
    let view = json!({ "buffer": 0, "byteOffset": 76, "byteLength": 4 * floats.len() });
    document["bufferViews"].as_array_mut().unwrap().push(view);
    let accessor = json!({ "bufferView": 4, "componentType": 5126, "count": floats.len() / components, "type": kind });
    document["accessors"].as_array_mut().unwrap().push(accessor);
    change(&mut document);
    faults_of(&glb_of_text(&document.to_string(), &bytes))
}

#[test]
fn normals_and_tangents_have_the_length_one() {
    let attribute = |name: &str| {
        let name = name.to_owned();
        move |d: &mut Value| d["meshes"][0]["primitives"][0]["attributes"][&name] = json!(4)
    };
    let up = [0.0, 0.0, 1.0].repeat(3);
    assert_eq!(with_floats(&up, "VEC3", attribute("NORMAL")), []);
    let found = with_floats(&[0.0, 0.0, 0.9].repeat(3), "VEC3", attribute("NORMAL"));
    assert_eq!(found.len(), 3);
    assert!(has(
        &found,
        "ACCESSOR_VECTOR3_NON_UNIT",
        "/meshes/0/primitives/0/attributes/NORMAL"
    ));
    let found = with_floats(&[0.0, 0.0, 1.0, 0.5].repeat(3), "VEC4", attribute("TANGENT"));
    assert!(has(
        &found,
        "ACCESSOR_INVALID_SIGN",
        "/meshes/0/primitives/0/attributes/TANGENT"
    ));
    let found = with_floats(&[0.0, 2.0, 1.0].repeat(3), "VEC3", attribute("COLOR_0"));
    assert!(has(
        &found,
        "ACCESSOR_NON_CLAMPED",
        "/meshes/0/primitives/0/attributes/COLOR_0"
    ));
    let found = with_floats(&[0.0, 0.0, 1.0].repeat(2), "VEC3", attribute("NORMAL"));
    assert!(
        found
            .iter()
            .any(|(code, _)| *code == "MESH_PRIMITIVE_UNEQUAL_ACCESSOR_COUNT")
    );
}

#[test]
fn morph_targets_change_what_is_there() {
    let targets = |targets: Value| faults(|d| d["meshes"][0]["primitives"][0]["targets"] = targets);
    assert_eq!(targets(json!([{ "POSITION": 0 }])), []);
    let target = "/meshes/0/primitives/0/targets/0";
    assert!(has(
        &targets(json!([{ "NORMAL": 0 }])),
        "MESH_PRIMITIVE_MORPH_TARGET_NO_BASE_ACCESSOR",
        &format!("{target}/NORMAL")
    ));
    assert!(has(
        &targets(json!([{ "JOINTS_0": 0 }])),
        "MESH_PRIMITIVE_INVALID_ATTRIBUTE",
        &format!("{target}/JOINTS_0")
    ));
    assert_eq!(targets(json!([{}])), fault("EMPTY_ENTITY", target));
    let found = faults(|d| d["meshes"][0]["weights"] = json!([1]));
    assert_eq!(found, fault("MESH_INVALID_WEIGHTS_COUNT", "/meshes/0/weights"));
}

#[test]
fn skins_have_joints_in_one_tree_and_a_matrix_for_each() {
    let skin = |d: &mut Value, joints: Value| {
        d["nodes"] = json!([{ "mesh": 0 }, { "children": [2] }, {}, {}]);
        d["skins"] = json!([{ "joints": joints, "inverseBindMatrices": 4 }]);
    };
    let identity: Vec<f32> = crate::glb::matrix::IDENTITY.repeat(2);
    assert_eq!(with_floats(&identity, "MAT4", |d| skin(d, json!([1, 2]))), []);
    let found = with_floats(&identity, "MAT4", |d| skin(d, json!([2, 3])));
    assert_eq!(found, fault("SKIN_NO_COMMON_ROOT", "/skins/0/joints"));
    let found = with_floats(&identity[..16], "MAT4", |d| skin(d, json!([1, 2])));
    assert_eq!(
        found,
        fault("INVALID_IBM_ACCESSOR_COUNT", "/skins/0/inverseBindMatrices")
    );
    let mut wrong = identity;
    wrong[15] = 2.0;
    let found = with_floats(&wrong, "MAT4", |d| skin(d, json!([1, 2])));
    assert_eq!(found, fault("ACCESSOR_INVALID_IBM", "/skins/0/inverseBindMatrices"));
}

#[test]
fn weights_of_joints_add_up_to_one() {
    let skinned = |weights: [f32; 4], joint: u8| {
        // Joints as whole numbers in floats: their bytes are read as such.
        let joints = f32::from_le_bytes([joint, 0, 0, 0]);
        let floats: Vec<f32> = [vec![joints; 3], weights.repeat(3)].concat();
        with_floats(&floats, "SCALAR", |d| {
            d["bufferViews"][4]["byteLength"] = json!(12);
            d["bufferViews"]
                .as_array_mut()
                .unwrap()
                .push(json!({ "buffer": 0, "byteOffset": 88, "byteLength": 48 }));
            d["accessors"][4] = json!({ "bufferView": 4, "componentType": 5121, "count": 3, "type": "VEC4" });
            let weights = json!({ "bufferView": 5, "componentType": 5126, "count": 3, "type": "VEC4" });
            d["accessors"].as_array_mut().unwrap().push(weights);
            d["meshes"][0]["primitives"][0]["attributes"]["JOINTS_0"] = json!(4);
            d["meshes"][0]["primitives"][0]["attributes"]["WEIGHTS_0"] = json!(5);
            d["nodes"] = json!([{ "mesh": 0, "skin": 0 }, { "children": [2] }, {}]);
            d["scenes"][0]["nodes"] = json!([0, 1]);
            d["skins"] = json!([{ "joints": [1, 2] }]);
        })
    };
    let attributes = "/meshes/0/primitives/0/attributes";
    assert_eq!(skinned([1.0, 0.0, 0.0, 0.0], 1), []);
    assert!(has(
        &skinned([0.5, 0.0, 0.0, 0.0], 1),
        "ACCESSOR_WEIGHTS_NON_NORMALIZED",
        &format!("{attributes}/WEIGHTS_0")
    ));
    assert!(has(
        &skinned([1.0, 0.0, 0.0, 0.0], 2),
        "ACCESSOR_JOINTS_INDEX_OOB",
        &format!("{attributes}/JOINTS_0")
    ));
    assert!(has(
        &skinned([0.5, 0.5, 0.0, 0.0], 0),
        "ACCESSOR_JOINTS_INDEX_DUPLICATE",
        &format!("{attributes}/JOINTS_0")
    ));
    assert!(has(
        &skinned([2.0, -1.0, 0.0, 0.0], 0),
        "ACCESSOR_WEIGHTS_NEGATIVE",
        &format!("{attributes}/WEIGHTS_0")
    ));
}

#[test]
fn animations_move_one_property_once_and_with_fitting_values() {
    let channel = "/animations/0/channels/0";
    let found = faults(|d| {
        let twice = d["animations"][0]["channels"][0].clone();
        d["animations"][0]["channels"].as_array_mut().unwrap().push(twice);
    });
    assert_eq!(
        found,
        fault("ANIMATION_DUPLICATE_TARGETS", &format!("{channel}/target"))
    );
    let found = faults(|d| d["animations"][0]["channels"][0]["target"]["path"] = json!("rotation"));
    assert_eq!(
        found,
        fault(
            "ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_FORMAT",
            &format!("{channel}/sampler")
        )
    );
    let found = faults(|d| d["animations"][0]["samplers"][0]["interpolation"] = json!("CUBICSPLINE"));
    assert_eq!(
        found,
        fault(
            "ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_COUNT",
            &format!("{channel}/sampler")
        )
    );
    let found = faults(|d| d["animations"][0]["channels"][0]["target"]["path"] = json!("weights"));
    assert!(has(
        &found,
        "ANIMATION_CHANNEL_TARGET_NODE_WEIGHTS_NO_MORPHS",
        &format!("{channel}/target")
    ));
    let found = with_floats(&[0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 1.0], "VEC4", |d| {
        d["animations"][0]["channels"][0]["target"]["path"] = json!("rotation");
        d["animations"][0]["samplers"][0]["output"] = json!(4);
    });
    let code = "ACCESSOR_ANIMATION_SAMPLER_OUTPUT_NON_NORMALIZED_QUATERNION";
    assert_eq!(found, fault(code, &format!("{channel}/sampler")));
}

#[test]
fn one_buffer_cannot_be_two_things() {
    let found = faults(|d| d["meshes"][0]["primitives"][0]["indices"] = json!(0));
    assert!(has(&found, "ACCESSOR_USAGE_OVERRIDE", "/meshes/0/primitives/0/indices"));
    assert!(has(
        &found,
        "BUFFER_VIEW_TARGET_OVERRIDE",
        "/meshes/0/primitives/0/indices"
    ));
}

#[test]
fn cameras_and_lights_have_sound_numbers() {
    let camera = |camera: Value| faults(|d| d["cameras"] = json!([camera]));
    let perspective = |near: f64, far: f64| json!({ "type": "perspective", "perspective": { "yfov": 1, "znear": near, "zfar": far } });
    assert_eq!(camera(perspective(1.0, 2.0)), []);
    assert_eq!(
        camera(perspective(2.0, 1.0)),
        fault("CAMERA_ZFAR_LEQUAL_ZNEAR", "/cameras/0/perspective")
    );
    assert_eq!(
        camera(perspective(0.0, 1.0)),
        fault("VALUE_NOT_IN_RANGE", "/cameras/0/perspective/znear")
    );
    let light = |light: Value| {
        faults(|d| {
            d["extensionsUsed"] = json!(["KHR_lights_punctual"]);
            d["extensions"] = json!({ "KHR_lights_punctual": { "lights": [light] } });
            d["nodes"][0]["extensions"] = json!({ "KHR_lights_punctual": { "light": 0 } });
        })
    };
    let pointer = "/extensions/KHR_lights_punctual/lights/0";
    assert_eq!(light(json!({ "type": "point" })), []);
    assert_eq!(light(json!({ "type": "spot" })), fault("UNDEFINED_PROPERTY", pointer));
    let spot = json!({ "type": "spot", "spot": { "innerConeAngle": 0.8, "outerConeAngle": 0.7 } });
    let pointer = format!("{pointer}/spot/outerConeAngle");
    assert_eq!(light(spot), fault("KHR_LIGHTS_PUNCTUAL_LIGHT_SPOT_ANGLES", &pointer));
}

#[test]
fn quantized_vertices_need_their_extension() {
    let quantized = |required: bool| {
        faults(|d| {
            d["accessors"][0] = json!({
                "bufferView": 0, "componentType": 5122, "count": 3, "type": "VEC3", "min": [0, 0, 0], "max": [0, 0, 0],
            });
            d["bufferViews"][0]["byteStride"] = json!(8);
            if required {
                d["extensionsUsed"] = json!(["KHR_mesh_quantization"]);
                d["extensionsRequired"] = json!(["KHR_mesh_quantization"]);
            }
        })
    };
    let invalid = |found: &Faults| {
        found
            .iter()
            .any(|(code, _)| *code == "MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_INVALID_FORMAT")
    };
    assert!(invalid(&quantized(false)));
    assert!(!invalid(&quantized(true)));
    let found = faults(|d| d["extensionsUsed"] = json!(["KHR_mesh_quantization"]));
    assert_eq!(found, fault("NON_REQUIRED_EXTENSION", "/extensionsUsed/0"));
}

#[test]
fn variants_give_each_choice_one_material() {
    let found = faults(|d| {
        d["extensionsUsed"] = json!(["KHR_materials_variants"]);
        d["extensions"] = json!({ "KHR_materials_variants": { "variants": [{ "name": "red" }] } });
        d["materials"] = json!([{}]);
        let mappings = json!([{ "variants": [0], "material": 0 }, { "variants": [0, 1], "material": 1 }]);
        d["meshes"][0]["primitives"][0]["extensions"] = json!({ "KHR_materials_variants": { "mappings": mappings } });
    });
    let mapping = "/meshes/0/primitives/0/extensions/KHR_materials_variants/mappings/1";
    let expected = [
        (
            "KHR_MATERIALS_VARIANTS_NON_UNIQUE_VARIANT",
            format!("{mapping}/variants/0"),
        ),
        ("UNRESOLVED_REFERENCE", format!("{mapping}/variants/1")),
        ("UNRESOLVED_REFERENCE", format!("{mapping}/material")),
    ];
    assert_eq!(found, expected);
}
