//! Any bytes as a `manifest.json`: a manifest, or faults; a manifest says the same when it is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost_inspect::faults::Faults;
use tradepost_inspect::manifest;

fuzz_target!(|bytes: &[u8]| {
    let mut faults = Faults::default();
    match manifest::parse(bytes, &mut faults) {
        Some(manifest) => {
            assert!(faults.is_empty());
            let json = serde_json::to_vec(&manifest).expect("a manifest is JSON");
            let again: manifest::Manifest = serde_json::from_slice(&json).expect("what was written is read");
            assert_eq!(again, manifest);
        }
        None => assert!(!faults.is_empty(), "refused without a reason"),
    }
});
