//! Small files of the kinds that contributors upload, with the right answer for each. They are written for this test after public bug reports; nothing
//! in them is copied.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::path::PathBuf;

use tradepost_base::{Finding, FindingSeverity};
use tradepost_inspect::pack::{self, OpenError, PackLimits};
use tradepost_inspect::{media, svg};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

/// The findings of a drawing, and its copy.
fn drawing(name: &str) -> (Vec<Finding>, String) {
    let bytes = read(name);
    let text = svg::open(&bytes, name, 10 << 20).unwrap_or_else(|findings| panic!("{name}: {findings:?}"));
    let document = svg::parse(&text, name).unwrap_or_else(|findings| panic!("{name}: {findings:?}"));
    (svg::inspect(&document, name), svg::sanitise(&document))
}

/// Opens a pack; the messages of its faults, each with the file it is about.
fn faults_of_pack(name: &str) -> Vec<String> {
    match pack::check(File::open(path(name)).unwrap(), &PackLimits::default()) {
        Ok(_) => Vec::new(),
        Err(OpenError::Refused(findings)) => {
            let text = |finding: Finding| format!("{} {}", finding.file.unwrap_or_default(), finding.message);
            findings.into_iter().map(text).collect()
        }
        Err(OpenError::Unreadable(error)) => panic!("{name}: {error}"),
    }
}

#[test]
fn honest_drawings_have_no_blocking_finding() {
    for (name, kept) in [
        ("ai-entity-style.svg", "style=\"fill:#CC0000;\""),
        ("css-attr-selector.svg", "data-name=\"Ring\""),
        ("doctype-attlist.svg", "fill=\"#c00\""),
        ("enc-1251.svg", "<svg"),
        ("enc-8859-15.svg", "<title>icon</title>"),
        ("font-nomime.svg", "data:;base64,AAEAAAAKAIAAAwAg"),
        ("font-without-mime.svg", "data:;base64,T1RUTwACACAAAQA"),
        ("graphviz-attlist-visible.svg", "<ellipse"),
        ("illustrator10-style-entities.svg", "fill:#FF6666;"),
        ("img-img-png.svg", "data:image/png;base64,iVBORw0KGgo"),
        ("img-mismatch.svg", "data:image/jpeg;base64,/9j/"),
        ("img-nomime.svg", "data:image/png;base64,iVBORw0KGgo"),
        ("img-octet.svg", "data:image/png;base64,iVBORw0KGgo"),
        ("space-attr.svg", "space=\"preserve\""),
        ("sugar-entity.svg", "stroke=\"#010101\""),
    ] {
        let (findings, copy) = drawing(name);
        assert_eq!(findings, [], "{name}");
        assert!(copy.contains(kept), "{name}: {copy}");
    }
}

#[test]
fn filters_and_links_of_old_browsers_are_in_no_copy() {
    for name in ["own251-sheet-progid.svg", "own255-sheet-o-link.svg"] {
        let (_, copy) = drawing(name);
        assert!(copy.contains("<rect"), "{copy}");
        for word in ["progid", "o-link", "javascript"] {
            assert!(!copy.contains(word), "{name}: {copy}");
        }
    }
}

#[test]
fn pictures_and_sounds_are_accepted_with_a_note_or_refused_with_a_way_out() {
    for (name, note) in [
        (
            "mpf.jpg",
            "A second picture (MPF, as phones and cameras write it) follows the picture",
        ),
        ("motion.jpg", "A video (a motion photo of a phone) follows the picture"),
        ("pad-not-null.wav", "a padding byte that is not zero"),
        ("two-id3v2.mp3", "more than one ID3v2 tag"),
    ] {
        let media = media::inspect(&read(name), name).unwrap_or_else(|findings| panic!("{name}: {findings:?}"));
        assert!(media.findings[0].message.contains(note), "{name}: {:?}", media.findings);
        assert_eq!(media.findings[0].severity, FindingSeverity::Info);
        assert_eq!(media.cleaned.is_some(), name.ends_with(".jpg"), "{name}");
    }
    let refused = media::inspect(&read("cgbi.png"), "cgbi.png").unwrap_err();
    assert!(refused[0].message.contains("Xcode"), "{refused:?}");
}

#[test]
fn packs_of_honest_archivers_are_accepted() {
    for name in [
        "finder-nfd.zip",
        "node-zipjs64.zip",
        "src-node-zipjs-zip64.zip",
        "src-perl-files.zip",
        "srcu-emu-utf8-noflag-nfd.zip",
    ] {
        assert_eq!(faults_of_pack(name), [""; 0], "{name}");
    }
}

#[test]
fn packs_that_are_refused_say_how_to_mend_them() {
    for (name, message) in [
        ("manifest-utf16.zip", "manifest.json is in UTF-16: save it as UTF-8"),
        (
            "src-bsdtar-stream.zip",
            "zeros after the ZIP, as bsdtar writes into a pipe",
        ),
    ] {
        let faults = faults_of_pack(name);
        assert!(faults.iter().any(|fault| fault.contains(message)), "{name}: {faults:?}");
    }
}
