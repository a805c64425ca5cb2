//! The container.

use super::{chunk, container, fault, faults_of, glb, triangle, triangle_bytes};

fn sound() -> Vec<u8> {
    glb(&triangle())
}

fn codes_of(bytes: &[u8]) -> Vec<&'static str> {
    faults_of(bytes).into_iter().map(|(code, _)| code).collect()
}

#[test]
fn what_does_not_begin_as_a_glb_is_refused() {
    assert_eq!(faults_of(b""), fault("NOT_GLB", ""));
    assert_eq!(faults_of(triangle().to_string().as_bytes()), fault("NOT_GLB", ""));
    assert_eq!(faults_of(b"glTF"), fault("GLB_UNEXPECTED_END_OF_HEADER", ""));
}

#[test]
fn another_version_of_the_container_is_refused() {
    let mut bytes = sound();
    bytes[4] = 1;
    assert_eq!(faults_of(&bytes), fault("GLB_INVALID_VERSION", ""));
}

#[test]
fn every_shorter_file_is_refused() {
    let bytes = sound();
    for length in 0..bytes.len() {
        assert!(!codes_of(&bytes[..length]).is_empty(), "{length} bytes");
    }
}

#[test]
fn bytes_after_the_end_are_refused() {
    let bytes = [sound(), b"<script>".to_vec()].concat();
    assert_eq!(faults_of(&bytes), fault("GLB_EXTRA_DATA", ""));
}

#[test]
fn a_wrong_length_is_refused() {
    for (wrong, code) in [
        (u32::MAX, "GLB_LENGTH_MISMATCH"),
        (16, "GLB_CHUNK_TOO_BIG"),
        (0, "GLB_LENGTH_TOO_SMALL"),
    ] {
        let mut bytes = sound();
        bytes[8..12].copy_from_slice(&wrong.to_le_bytes());
        assert!(codes_of(&bytes).contains(&code), "{wrong}: {:?}", codes_of(&bytes));
    }
}

#[test]
fn a_chunk_that_is_longer_than_the_file_is_refused() {
    let mut bytes = sound();
    bytes[12..16].copy_from_slice(&0xffff_fffcu32.to_le_bytes());
    assert_eq!(
        codes_of(&bytes),
        ["GLB_CHUNK_TOO_BIG", "GLB_UNEXPECTED_END_OF_CHUNK_DATA"]
    );
}

#[test]
fn a_chunk_of_another_kind_is_refused() {
    let json = chunk(b"JSON", triangle().to_string().as_bytes(), b' ');
    let bin = chunk(b"BIN\0", &triangle_bytes(), 0);
    let other = chunk(b"EXE\0", b"MZ", 0);
    let bytes = container(&[json.clone(), bin.clone(), other.clone()]);
    assert_eq!(faults_of(&bytes), fault("GLB_UNKNOWN_CHUNK_TYPE", ""));
    let bytes = container(&[json.clone(), other, bin.clone()]);
    assert_eq!(codes_of(&bytes), ["GLB_UNKNOWN_CHUNK_TYPE", "GLB_UNEXPECTED_BIN_CHUNK"]);
    let bytes = container(&[bin.clone(), json.clone()]);
    assert_eq!(codes_of(&bytes), ["GLB_UNEXPECTED_FIRST_CHUNK"]);
    let bytes = container(&[json.clone(), bin, json]);
    assert_eq!(codes_of(&bytes), ["GLB_DUPLICATE_CHUNK"]);
}

#[test]
fn a_model_without_its_binary_chunk_is_refused() {
    let bytes = container(&[chunk(b"JSON", triangle().to_string().as_bytes(), b' ')]);
    assert_eq!(faults_of(&bytes), fault("BUFFER_MISSING_GLB_DATA", "/buffers/0"));
}

#[test]
fn padding_of_json_must_be_spaces() {
    let mut text = triangle().to_string();
    while text.len() % 4 != 3 {
        text.insert(1, ' ');
    }
    let bytes = container(&[
        chunk(b"JSON", text.as_bytes(), 0),
        chunk(b"BIN\0", &triangle_bytes(), 0),
    ]);
    assert_eq!(faults_of(&bytes), fault("INVALID_JSON", ""));
}
