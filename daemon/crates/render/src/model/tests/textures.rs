use serde_json::{Value, json};
use tradepost_inspect::sample::media;

use super::super::*;
use super::{SQUARE, add, floats, glb, middle, square};

/// The square with a texture that is red, green, blue and white from the upper left on.
fn textured(wrap: u32, transform: Value) -> Result<Still, ModelError> {
    let mut picture = Vec::new();
    let mut encoder = png::Encoder::new(&mut picture, 8, 8);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    let row = |left: [u8; 3], right: [u8; 3]| [left.repeat(4), right.repeat(4)].concat().repeat(4);
    let pixels = [row([255, 0, 0], [0, 255, 0]), row([0, 0, 255], [255; 3])].concat();
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    textured_with(&picture, wrap, transform)
}

pub fn textured_with(picture: &[u8], wrap: u32, transform: Value) -> Result<Still, ModelError> {
    let places = [0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0];
    let mut document = square();
    document["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"] = json!(1);
    add(
        &mut document,
        "accessors",
        json!({ "bufferView": 1, "componentType": 5126, "count": 6, "type": "VEC2" }),
    );
    add(
        &mut document,
        "bufferViews",
        json!({ "buffer": 0, "byteOffset": 72, "byteLength": 48 }),
    );
    add(
        &mut document,
        "bufferViews",
        json!({ "buffer": 0, "byteOffset": 120, "byteLength": picture.len() }),
    );
    document["images"] = json!([{ "bufferView": 2, "mimeType": "image/png" }]);
    document["samplers"] = json!([{ "wrapS": wrap, "wrapT": wrap }]);
    document["textures"] = json!([{ "source": 0, "sampler": 0 }]);
    document["extensionsUsed"] = json!(["KHR_materials_unlit", "KHR_texture_transform"]);
    document["materials"][0] = json!({
        "pbrMetallicRoughness": { "baseColorTexture": { "index": 0, "extensions": { "KHR_texture_transform": transform } } },
        "extensions": { "KHR_materials_unlit": {} },
    });
    Still::draw(
        &glb(document, &[floats(&SQUARE), floats(&places), picture.to_vec()].concat()),
        128,
    )
}

/// The channels that are on in each quarter of the square, from the upper left on.
fn quarters(still: Still) -> [[bool; 3]; 4] {
    assert_eq!(still.notes, Vec::<String>::new());
    let picture = still.at(128).unwrap();
    [(40, 36), (88, 36), (40, 92), (88, 92)].map(|(x, y)| {
        let pixel = picture.pixel(x, y).unwrap();
        [pixel.red() > 127, pixel.green() > 127, pixel.blue() > 127]
    })
}

#[test]
fn textures_are_where_they_belong() {
    let (red, green, blue, white) = (
        [true, false, false],
        [false, true, false],
        [false, false, true],
        [true; 3],
    );
    assert_eq!(quarters(textured(10497, json!({})).unwrap()), [red, green, blue, white]);
    let moved = json!({ "offset": [0.5, 0.0] });
    assert_eq!(
        quarters(textured(10497, moved.clone()).unwrap()),
        [green, red, white, blue]
    );
    assert_eq!(
        quarters(textured(33071, moved.clone()).unwrap()),
        [green, green, white, white]
    );
    assert_eq!(quarters(textured(33648, moved).unwrap()), [green, green, white, white]);
    let turned = json!({ "offset": [0.0, 1.0], "rotation": std::f32::consts::FRAC_PI_2 });
    assert_eq!(quarters(textured(10497, turned).unwrap()), [blue, red, white, green]);
}

#[test]
fn a_texture_that_can_not_be_read_is_left_out_and_noted() {
    let mut broken = media::png(8, 8, [9, 9, 9]);
    broken.truncate(50);
    let still = textured_with(&broken, 10497, json!({})).unwrap();
    assert_eq!(still.notes.len(), 1);
    assert!(still.notes[0].contains("/images/0"), "{:?}", still.notes);
    assert_eq!(middle(&still.at(128).unwrap()), [255; 4]);
}
