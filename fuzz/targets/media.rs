//! Any bytes as a file of every format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost_base::Kind;
use tradepost_inspect::media::{self, Family};

fuzz_target!(|bytes: &[u8]| {
    for extension in Kind::ALL.iter().flat_map(|&kind| Family::from(kind).extensions().split(", ")) {
        if let Err(findings) = media::inspect(bytes, &format!("a{extension}")) {
            assert!(!findings.is_empty(), "refused without a reason");
        }
    }
});
