//! Damaged models: the check always ends with a verdict.

use proptest::prelude::*;

use super::{chunk, container, glb, triangle, triangle_bytes};
use crate::glb::{Policy, check, to_findings};

fn check_upload(bytes: &[u8]) {
    for policy in [Policy::upload(), Policy::khronos()] {
        let report = check(bytes, "model.glb", &policy);
        assert_eq!(report.is_valid(), report.errors == 0);
        assert!(to_findings(&report).len() <= 200);
    }
    let _ = check(bytes, "model.gltf", &Policy::khronos());
}

/// Values that are wrong almost everywhere.
fn odd_value() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "null",
        "true",
        "-1",
        "0",
        "1",
        "3",
        "1e999",
        "-0",
        "0.5",
        "9223372036854775807",
        "18446744073709551616",
        "\"\"",
        "\"MAT4\"",
        "[]",
        "{}",
        "[[]]",
        "[0]",
        "[0,0]",
        "5121",
        "5126",
        "\"data:,\"",
        "{\"a\":0}",
        "4294967295",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes_never_stop_the_check(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut bytes = glb(&triangle());
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        check_upload(&bytes);
    }

    #[test]
    fn odd_values_in_the_document_never_stop_the_check(
        changes in prop::collection::vec((any::<prop::sample::Index>(), odd_value()), 1..4),
    ) {
        let mut text = triangle().to_string();
        for (at, odd) in changes {
            // In place of a value: what is between a colon or a bracket and the next comma or bracket.
            let starts: Vec<usize> = text.match_indices([':', '[', ',']).map(|(at, _)| at + 1).collect();
            let start = starts[at.index(starts.len())];
            let end = text[start..].find([',', ']', '}']).map_or(text.len(), |end| start + end);
            text.replace_range(start..end, odd);
        }
        check_upload(&container(&[chunk(b"JSON", text.as_bytes(), b' '), chunk(b"BIN\0", &triangle_bytes(), 0)]));
    }

    #[test]
    fn any_bytes_get_a_verdict(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check_upload(&bytes);
        check_upload(&container(&[chunk(b"JSON", &bytes, b' ')]));
    }
}
