//! The rules of the marketplace beyond valid glTF, and their findings.

use base64::Engine as _;
use serde_json::json;
use tradepost_base::FindingSeverity;

use super::{fault, faults, faults_of, glb, glb_of_text, triangle, upload};
use crate::glb::{Policy, check, to_findings};

/// The headers of a PNG, up to its pixels.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend(b"\x08\x02\0\0\0crc.\0\0\0\x0cIDAT");
    bytes
}

fn with_image(mime_type: &str, bytes: &[u8]) -> Vec<(&'static str, String)> {
    let data = base64::engine::general_purpose::STANDARD.encode(bytes);
    faults(|d| d["images"] = json!([{ "uri": format!("data:{mime_type};base64,{data}") }]))
}

#[test]
fn whatever_is_outside_the_file_is_refused() {
    for uri in [
        "other.bin",
        "../../etc/passwd",
        "http://example.com/a.bin",
        "//example.com/a",
        "file:///etc/passwd",
    ] {
        let found = faults(|d| d["images"] = json!([{ "uri": uri }]));
        assert_eq!(found, fault("EXTERNAL_RESOURCE", "/images/0/uri"), "{uri}");
        let found = faults(|d| d["buffers"][0]["uri"] = json!(uri));
        assert_eq!(found, fault("EXTERNAL_RESOURCE", "/buffers/0/uri"), "{uri}");
    }
    let found = faults(|d| d["buffers"] = json!([{ "byteLength": 76 }, { "byteLength": 4 }]));
    assert_eq!(found, fault("BUFFER_MISSING_GLB_DATA", "/buffers/1"));
}

#[test]
fn pictures_must_be_what_they_say() {
    assert_eq!(with_image("image/png", &png(2, 2)), []);
    assert_eq!(
        with_image("image/jpeg", &png(2, 2)),
        fault("INVALID_URI", "/images/0/uri")
    );
    assert_eq!(
        with_image("image/png", b"<svg onload='x()'/>"),
        fault("INVALID_URI", "/images/0/uri")
    );
    assert_eq!(
        with_image("image/png", &png(2, 2)[..30]),
        fault("IMAGE_UNEXPECTED_EOS", "/images/0")
    );
    assert_eq!(
        with_image("image/png", &png(60_000, 60_000)),
        fault("IMAGE_TOO_LARGE", "/images/0")
    );
    let found = faults(|d| d["images"] = json!([{ "bufferView": 0, "mimeType": "image/png" }]));
    let expected = [
        (
            "BUFFER_VIEW_TARGET_OVERRIDE",
            "/meshes/0/primitives/0/attributes/POSITION".to_owned(),
        ),
        ("IMAGE_UNRECOGNIZED_FORMAT", "/images/0".to_owned()),
    ];
    assert!(
        found.iter().any(|(code, _)| *code == "BUFFER_VIEW_TARGET_OVERRIDE"),
        "{found:?}"
    );
    assert!(found.contains(&expected[1]), "{found:?}");
}

#[test]
fn only_extensions_that_can_be_checked_are_accepted() {
    for name in [
        "KHR_draco_mesh_compression",
        "EXT_meshopt_compression",
        "KHR_animation_pointer",
        "ACME_run",
        "x",
    ] {
        let found = faults(|d| d["extensionsUsed"] = json!([name]));
        assert_eq!(found, fault("EXTENSION_NOT_ALLOWED", "/extensionsUsed/0"), "{name}");
    }
    for name in crate::glb::upload::EXTENSIONS {
        let found = faults(|d| {
            d["extensionsUsed"] = json!([name]);
            d["extensionsRequired"] = json!([name]);
        });
        assert_eq!(found, [], "{name}");
    }
}

#[test]
fn findings_say_what_is_wrong_and_where() {
    let mut document = triangle();
    document["nodes"][0]["mesh"] = json!(5);
    document["nodes"][0]["colour"] = json!("red");
    let findings = to_findings(&upload(&glb(&document)));
    let blocking: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity == FindingSeverity::Blocking)
        .collect();
    assert_eq!(blocking[0].rule, "model.unresolved-reference");
    assert_eq!(
        blocking[0].message,
        "/nodes/0/mesh: There is no object with the index 5."
    );
    assert_eq!(blocking[0].file.as_deref(), Some("model.glb"));
    let rules: Vec<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert!(rules.contains(&"model.unexpected-property"), "{rules:?}");
}

#[test]
fn a_model_with_many_faults_gives_at_most_200_findings_and_errors_come_first() {
    let mut document = triangle();
    for number in 0..5_000 {
        document[format!("x{number}")] = json!(0);
    }
    document["nodes"][0]["mesh"] = json!(5);
    document["scenes"][0]["nodes"] = (5..5_000).collect();
    let report = upload(&glb(&document));
    assert_eq!(report.warnings, 5_000);
    let findings = to_findings(&report);
    assert_eq!(findings.len(), 200);
    let blocking = findings
        .iter()
        .take_while(|finding| finding.severity == FindingSeverity::Blocking);
    assert_eq!(blocking.count(), 100);
    assert!(
        findings[100..]
            .iter()
            .all(|finding| finding.severity == FindingSeverity::Info)
    );
}

#[test]
fn names_in_messages_cannot_steer_a_terminal() {
    let text = triangle().to_string().replace("POSITION", "\\u001b[2J\\u202e");
    let report = upload(&glb_of_text(&text, &super::triangle_bytes()));
    assert!(!report.is_valid());
    for issue in &report.issues {
        assert!(!issue.pointer.contains(['\u{1b}', '\u{202e}']) && !issue.message.contains(['\u{1b}', '\u{202e}']));
    }
}

#[test]
fn what_khronos_lets_pass_is_not_an_error_under_its_own_rules() {
    let bytes = [glb(&triangle()), vec![0; 4]].concat();
    assert!(check(&bytes, "model.glb", &Policy::khronos()).is_valid());
    assert_eq!(faults_of(&bytes), fault("GLB_EXTRA_DATA", ""));
    let json = triangle().to_string();
    assert!(check(json.as_bytes(), "model.gltf", &Policy::khronos()).is_valid());
}
