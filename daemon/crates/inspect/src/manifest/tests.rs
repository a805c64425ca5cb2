use serde_json::{Value, json};

use super::*;
use crate::faults::{Faults, MAX_FAULTS};
use crate::media::Family;

fn sound() -> Value {
    json!({
        "manifest_version": 1,
        "family": { "name": "Family", "description": "On two\nlines" },
        "set": { "name": "Set" },
        "kind": "icon",
        "licence": { "id": "CC-BY-4.0", "attribution": "Somebody", "source": "somewhere 1.0" },
        "price": { "amount_minor": 900, "currency": "EUR" },
        "tags": ["outline", "24px"],
        "files": [{ "path": "icons/arrow-up.svg" }, { "path": "b.SVG", "title": "Bee", "tags": ["insect"] }],
    })
}

fn read(text: &str) -> Result<Manifest, Vec<String>> {
    let mut faults = Faults::default();
    let manifest = parse(text.as_bytes(), &mut faults);
    let messages: Vec<String> = faults
        .into_findings()
        .into_iter()
        .map(|finding| finding.message)
        .collect();
    assert_eq!(
        manifest.is_none(),
        !messages.is_empty(),
        "a fault and a manifest exclude each other"
    );
    manifest.ok_or(messages)
}

/// The sound manifest with one value replaced.
fn changed(pointer: &str, value: Value) -> Result<Manifest, Vec<String>> {
    let mut document = sound();
    *document.pointer_mut(pointer).unwrap() = value;
    read(&document.to_string())
}

#[test]
fn a_sound_manifest_is_read_whole() {
    let manifest = read(&sound().to_string()).unwrap();
    assert_eq!(manifest.kind, Kind::Icon);
    assert_eq!(manifest.price.amount_minor, 900);
    assert_eq!(manifest.files[0].title.as_str(), "Arrow up");
    assert_eq!(manifest.files[1].title.as_str(), "Bee");
    let stored = serde_json::to_string(&manifest).unwrap();
    assert_eq!(serde_json::from_str::<Manifest>(&stored).unwrap(), manifest);
}

#[test]
fn five_faults_are_told_at_once() {
    let mut document = sound();
    document["set"]["name"] = json!("");
    document["price"]["amount_minor"] = json!(9.5);
    document["licence"] = json!("ISC");
    document["files"][1]["path"] = json!("../b.png");
    document["colour"] = json!("red");
    let faults = read(&document.to_string()).unwrap_err();
    assert_eq!(faults.len(), 5, "{faults:#?}");
    for pointer in [
        "/set/name: ",
        "/price/amount_minor: ",
        "/licence: must be an object, not a string",
        "/files/1/path: ",
        "/colour: is not a field",
    ] {
        assert!(
            faults.iter().any(|fault| fault.starts_with(pointer)),
            "{pointer} is not among {faults:#?}"
        );
    }
}

#[test]
fn each_value_is_checked() {
    for (pointer, value, message) in [
        ("/manifest_version", json!(2), "must be 1"),
        ("/manifest_version", json!("1"), "must be 1"),
        ("/family/name", json!("a".repeat(81)), "1 to 80 characters"),
        ("/family/name", json!(" a"), "must not begin or end with a space"),
        ("/family/name", json!("a\u{202e}b"), "U+202E"),
        ("/family/description", json!(null), "must be a string, not null"),
        ("/kind", json!("poem"), "is not a kind"),
        ("/licence/id", json!("all rights reserved"), "SPDX"),
        ("/price/amount_minor", json!(-1), "whole number"),
        ("/price/currency", json!("EURO"), "ISO 4217"),
        ("/tags/0", json!("Not Lower"), "lower-case"),
        ("/tags/1", json!("outline"), "twice"),
        ("/tags", json!(vec!["a"; 21]), "21 tags"),
        ("/files", json!([]), "0 files"),
        ("/files", json!({}), "must be an array"),
        ("/files/0", json!("a.svg"), "must be an object"),
        ("/files/0/path", json!("b.svg"), "already listed as /files/0"),
        ("/files/0/path", json!("a.png"), "does not allow (.svg, .svgz)"),
        ("/files/0/path", json!("a.exe"), "no kind allows"),
        ("/files/1/title", json!("two\nlines"), "U+000A"),
    ] {
        let faults = changed(pointer, value.clone()).unwrap_err();
        assert!(
            faults.len() == 1 && faults[0].contains(message),
            "{pointer} = {value}: {faults:?}"
        );
    }
}

#[test]
fn each_kind_has_its_formats() {
    let extensions = |kind| Family::from(kind).extensions().split(", ");
    for (kind, other) in Kind::ALL
        .into_iter()
        .flat_map(|kind| Kind::ALL.map(|other| (kind, other)))
    {
        let mut document = sound();
        document["kind"] = json!(kind.as_str());
        for extension in extensions(other).flat_map(|extension| [extension.to_owned(), extension.to_uppercase()]) {
            document["files"] = json!([{ "path": format!("a{extension}") }]);
            match read(&document.to_string()) {
                Ok(manifest) => assert_eq!((manifest.kind, Family::from(other)), (kind, Family::from(kind))),
                Err(faults) => {
                    assert_ne!(Family::from(other), Family::from(kind), "{extension}: {faults:?}");
                    let is_named = faults[0].starts_with("/files/0/path: ") && faults[0].contains("does not allow");
                    assert!(faults.len() == 1 && is_named, "{kind} with {extension}: {faults:?}");
                }
            }
        }
    }
}

#[test]
fn paths_that_a_disk_would_merge_are_refused() {
    for (one, other) in [
        ("b.svg", "B.svg"),
        ("caf\u{e9}.svg", "cafe\u{301}.svg"),
        ("\u{fb01}n.svg", "fin.svg"),
    ] {
        let mut document = sound();
        document["files"] = json!([{ "path": one }, { "path": other }]);
        let faults = read(&document.to_string()).unwrap_err();
        assert!(faults[0].contains("already listed as /files/0"), "{faults:?}");
    }
}

#[test]
fn the_schema_has_the_same_kinds_and_extensions() {
    let schema: Value = serde_json::from_str(include_str!("../../../../../docs/manifest.schema.json")).unwrap();
    let kinds = schema["properties"]["kind"]["enum"].as_array().unwrap();
    assert_eq!(kinds, &Kind::ALL.map(|kind| json!(kind.as_str())));
    let rules = schema["allOf"].as_array().unwrap();
    for kind in Kind::ALL {
        let of_kind = |rule: &&Value| {
            let condition = &rule["if"]["properties"]["kind"];
            condition["const"] == kind.as_str()
                || condition["enum"]
                    .as_array()
                    .is_some_and(|list| list.contains(&json!(kind.as_str())))
        };
        let rule = rules.iter().find(of_kind).unwrap();
        let pattern = rule["then"]["properties"]["files"]["items"]["properties"]["path"]["pattern"]
            .as_str()
            .unwrap();
        for extension in Family::from(kind).extensions().split(", ") {
            let letters: String = extension
                .trim_start_matches('.')
                .chars()
                .map(|letter| match letter {
                    'a'..='z' => format!("[{letter}{}]", letter.to_ascii_uppercase()),
                    other => other.to_string(),
                })
                .collect();
            assert!(pattern.contains(&letters), "{extension} is not in {pattern}");
        }
    }
}

#[test]
fn missing_fields_are_each_told() {
    let faults = read("{}").unwrap_err();
    let missing = ["manifest_version", "family", "set", "kind", "licence", "price", "files"];
    assert_eq!(faults, missing.map(|field| format!("/{field}: is missing")));
}

#[test]
fn a_syntax_error_has_its_place() {
    let mut faults = Faults::default();
    assert!(parse(b"{\n  \"kind\": icon\n}", &mut faults).is_none());
    let findings = faults.into_findings();
    assert_eq!((findings[0].line, findings[0].column), (Some(2), Some(11)));
    assert!(
        findings[0].message.contains("line 2, column 11"),
        "{}",
        findings[0].message
    );
    assert!(read("[]").unwrap_err()[0].contains("must be an object"));
    assert!(read("\u{feff}{}").unwrap_err()[0].contains("manifest_version"));
    assert!(read("").unwrap_err()[0].contains("is not JSON"));
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, message) in [
        (&utf16[..], "is in UTF-16: save it as UTF-8"),
        (&utf16[2..], "UTF-16"),
        (b"{\n\xe9}", "is not UTF-8 (line 2)"),
    ] {
        let mut faults = Faults::default();
        assert!(parse(bytes, &mut faults).is_none());
        let findings = faults.into_findings();
        assert!(findings[0].message.contains(message), "{findings:?}");
    }
}

#[test]
fn thousands_of_faults_are_counted_but_not_all_listed() {
    let mut document = sound();
    document["files"] = json!(vec![json!({ "path": 1, "title": 1 }); 1_400]);
    let faults = read(&document.to_string()).unwrap_err();
    assert_eq!(faults.len(), MAX_FAULTS + 1);
    assert_eq!(faults[MAX_FAULTS], "800 more faults are not listed");
}

#[test]
fn the_example_of_the_documentation_is_sound() {
    let page = include_str!("../../../../../docs/MANIFEST.md");
    let example = page
        .split("```json")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    read(example).unwrap();
}
