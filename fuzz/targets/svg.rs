//! Any bytes as an SVG: inspection and copy end, and the copy of every file that is read has no findings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost_base::FindingSeverity;
use tradepost_inspect::svg;

const MAX_BYTES: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = svg::open(bytes, "a.svg", MAX_BYTES) else {
        return;
    };
    let Ok(document) = svg::parse(&text, "a.svg") else { return };
    for finding in svg::inspect(&document, "a.svg") {
        assert!(finding.line.is_none_or(|line| line > 0) && finding.column.is_none_or(|column| column > 0));
    }
    if !svg::complexity(&document, "a.svg").is_empty() {
        return;
    }
    let copy = svg::sanitise(&document);
    let again = svg::parse(&copy, "copy.svg").expect("a copy is SVG");
    let found = svg::inspect(&again, "copy.svg");
    assert!(
        found.iter().all(|finding| finding.severity == FindingSeverity::Info),
        "{found:?}\n{copy}"
    );
});
