//! Any bytes as a model, by the rules of uploads and by those of Khronos.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost_inspect::glb::{Policy, check, to_findings};

fuzz_target!(|bytes: &[u8]| {
    let report = check(bytes, "a.glb", &Policy::upload());
    assert_eq!(report.is_valid(), report.errors == 0);
    assert!(report.is_valid() || !to_findings(&report).is_empty(), "refused without a reason");
    check(bytes, "a.gltf", &Policy::khronos());
});
