//! Any bytes as a ZIP: what is accepted is read to its end, within its declared sizes, and is the same the second time.
#![no_main]

use std::io::{Cursor, Read as _};

use libfuzzer_sys::fuzz_target;
use tradepost_inspect::zip::{Archive, Limits, OpenError};

const LIMITS: Limits = Limits {
    packed_bytes: 1 << 20,
    entries: 100,
};

fuzz_target!(|bytes: &[u8]| {
    let mut archive = match Archive::open(Cursor::new(bytes), &LIMITS) {
        Ok(archive) => archive,
        Err(OpenError::Refused(findings)) => {
            assert!(!findings.is_empty(), "refused without a reason");
            return;
        }
        Err(OpenError::Unreadable(error)) => panic!("memory that can not be read: {error}"),
    };
    for index in 0..archive.entries().len() {
        let declared = archive.entries()[index].inflated_bytes;
        let mut read = || {
            let mut content = Vec::new();
            let reader = archive.reader(index).expect("an accepted member has a reader");
            reader.take(1 << 22).read_to_end(&mut content).map(|_| content).ok()
        };
        let first = read();
        assert_eq!(first, read());
        assert!(first.is_none_or(|content| content.len() as u64 <= declared));
    }
});
