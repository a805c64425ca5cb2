//! Assertions on the pixels of a picture.

use image::RgbaImage;
use reqwest::StatusCode;
use serde_json::Value;

use crate::TestApp;

/// Colours this far apart in a channel are still the same.
const TOLERANCE: u8 = 6;
/// Fewer pixels are the edge of something else.
const ENOUGH: usize = 100;

/// Downloads and decodes the PNG among these pictures.
pub async fn png(app: &TestApp, pictures: &Value) -> RgbaImage {
    let pictures = pictures.as_array().expect("a list of pictures");
    let picture = pictures
        .iter()
        .find(|picture| picture["format"] == "png")
        .expect("a PNG is among them");
    let url = format!("{}{}", app.api, picture["url"].as_str().expect("a URL"));
    let response = app.http.get(url).send().await.expect("the daemon answers");
    assert_eq!(response.status(), StatusCode::OK, "{picture}");
    let bytes = response.bytes().await.expect("the daemon answers");
    let decoded = image::load_from_memory_with_format(&bytes, image::ImageFormat::Png).expect("a whole PNG");
    decoded.to_rgba8()
}

/// True when a good part of the picture has this colour.
pub fn shows(picture: &RgbaImage, colour: [u8; 3]) -> bool {
    let is_it = |pixel: &[u8; 4]| {
        pixel[..3]
            .iter()
            .zip(colour)
            .all(|(have, want)| have.abs_diff(want) <= TOLERANCE)
    };
    picture
        .pixels()
        .filter(|pixel| pixel.0[3] == 255 && is_it(&pixel.0))
        .count()
        >= ENOUGH
}
