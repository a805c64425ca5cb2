//! Reading a model for the renderer.

use serde_json::json;

use super::{glb, glb_of_text, triangle, triangle_bytes};
use crate::glb::{AlphaMode, PrimitiveMode, Wrap, read_model};

#[test]
fn elements_are_read_in_any_order_and_stop_at_the_end() {
    let read = read_model(&glb(&triangle()), |model| {
        let primitive = &model.mesh(Some(0)).unwrap().primitives()[0];
        assert_eq!(primitive.mode, Some(PrimitiveMode::Triangles));
        let positions = model.elements(primitive.attribute("POSITION")).unwrap();
        let indices = model.elements(primitive.indices).unwrap();
        assert_eq!((positions.len(), indices.len()), (3, 3));
        assert_eq!(positions.floats(2, [0.0; 3]), [0.0, 3.0, 0.0]);
        assert_eq!(positions.floats(1, [1.0; 4]), [2.0, 0.0, 0.0, 1.0]);
        assert_eq!(positions.floats(3, [1.0; 4]), [0.0; 4]);
        assert_eq!([1, 2, 3].map(|at| indices.integers::<1>(at)), [[1], [2], [0]]);
        assert!(model.elements(Some(9)).is_none());
    });
    assert!(read.is_some());
    assert!(read_model(b"glTF", |_| ()).is_none());
}

#[test]
fn sparse_and_normalized_elements_are_read() {
    let mut document = triangle();
    document["accessors"][0]["sparse"] = json!({
        "count": 1,
        "indices": { "bufferView": 4, "componentType": 5121 },
        "values": { "bufferView": 5 },
    });
    document["accessors"][1] = json!(
        { "bufferView": 5, "componentType": 5120, "normalized": true, "count": 2, "type": "VEC3" }
    );
    let views = document["bufferViews"].as_array_mut().unwrap();
    views.push(json!({ "buffer": 0, "byteOffset": 76, "byteLength": 1 }));
    views.push(json!({ "buffer": 0, "byteOffset": 80, "byteLength": 12 }));
    document["buffers"] = json!([{ "byteLength": 92 }]);
    let extra = [1, 0, 0, 0, 0x7f, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let bytes = [&triangle_bytes()[..], &extra].concat();
    read_model(&glb_of_text(&document.to_string(), &bytes), |model| {
        let positions = model.elements(Some(0)).unwrap();
        assert_eq!(positions.floats(0, [0.0; 3]), [0.0; 3]);
        assert_eq!(positions.floats(1, [0.0; 1]), [f32::from_bits(0x0080_817f)]);
        assert_eq!(positions.floats(2, [0.0; 3]), [0.0, 3.0, 0.0]);
        assert_eq!(model.elements(Some(1)).unwrap().floats(0, [0.0; 3]), [1.0, -1.0, -1.0]);
    })
    .unwrap();
}

#[test]
fn materials_textures_and_nodes_have_their_values() {
    let mut document = triangle();
    document["extensionsUsed"] = json!(["KHR_texture_transform", "KHR_node_visibility", "KHR_materials_unlit"]);
    document["nodes"][0]["extensions"] = json!({ "KHR_node_visibility": { "visible": false } });
    document["samplers"] = json!([{ "wrapS": 33071 }]);
    document["textures"] = json!([{ "sampler": 0, "source": 3 }]);
    document["materials"] = json!([{
        "alphaMode": "MASK",
        "extensions": { "KHR_materials_unlit": {} },
        "pbrMetallicRoughness": { "metallicFactor": 0.25, "baseColorTexture": {
            "index": 0, "texCoord": 1, "extensions": { "KHR_texture_transform": { "offset": [0.5, 2], "texCoord": 0 } },
        } },
    }]);
    read_model(&glb(&document), |model| {
        let node = model.node(Some(0)).unwrap();
        assert_eq!((node.is_visible, node.translation), (false, Some([10.0, 0.0, 0.0])));
        let material = model.material(Some(0)).unwrap();
        assert!(material.is_unlit());
        assert_eq!((material.alpha_mode, material.alpha_cutoff), (AlphaMode::Mask, 0.5));
        let metallic_roughness = &material.metallic_roughness;
        assert_eq!(metallic_roughness.base_color_factor, [1.0; 4]);
        assert_eq!(
            (metallic_roughness.metallic_factor, metallic_roughness.roughness_factor),
            (0.25, 1.0)
        );
        let info = metallic_roughness.base_color_texture.unwrap();
        assert_eq!((info.texture, info.coordinate_set), (Some(0), 0));
        let transform = info.transform.unwrap();
        assert_eq!((transform.offset, transform.scale), ([0.5, 2.0], [1.0; 2]));
        let texture = model.texture(info.texture).unwrap();
        assert_eq!(texture.image(), Some(3));
        let sampler = model.sampler(texture.sampler).unwrap();
        assert_eq!((sampler.wrap_s, sampler.wrap_t), (Wrap::ClampToEdge, Wrap::Repeat));
    })
    .unwrap();
}
