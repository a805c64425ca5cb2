mod corpora;
mod honest;
mod hostile;
mod misplaced;
mod raw;
mod same;

use std::io::{Cursor, Read};

use super::*;

pub(super) const LIMITS: Limits = Limits {
    packed_bytes: 64 << 20,
    entries: 6_000,
};

/// Every entry's path and contents, or every fault.
fn contents(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Vec<String>> {
    let mut archive = opened(bytes)?;
    let mut all = Vec::new();
    for index in 0..archive.entries().len() {
        let path = archive.entries()[index].path.clone();
        let mut inflated = Vec::new();
        archive
            .reader(index)
            .and_then(|mut reader| reader.read_to_end(&mut inflated))
            .map_err(|error| vec![format!("{path}: {error}")])?;
        all.push((path, inflated));
    }
    Ok(all)
}

fn opened(bytes: &[u8]) -> Result<Archive<Cursor<&[u8]>>, Vec<String>> {
    match Archive::open(Cursor::new(bytes), &LIMITS) {
        Ok(archive) => Ok(archive),
        Err(OpenError::Unreadable(error)) => panic!("memory cannot fail: {error}"),
        Err(OpenError::Refused(findings)) => Err(findings
            .into_iter()
            .map(|finding| format!("{}: {}", finding.file.unwrap_or_default(), finding.message))
            .collect()),
    }
}
