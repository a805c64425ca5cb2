//! Writes tar archives as POSIX describes them: a header of 512 bytes, the contents, filled up to 512.
//!
//! A writer of one's own, because entries are put together in memory by several threads and an archive is cut back to a whole entry when a run is
//! taken up again.

const BLOCK: usize = 512;
const NAME_BYTES: usize = 100;
const PREFIX_BYTES: usize = 155;

/// What ends an archive.
pub const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// Appends one file. `modified` is in seconds since 1970.
pub fn append(to: &mut Vec<u8>, path: &str, bytes: &[u8], modified: u64) {
    match split(path) {
        Some((prefix, name)) => header(to, prefix, name, b'0', bytes.len(), modified),
        None => {
            // The long name goes before as a record of its own; the short one is for readers that do not know such records.
            let record = record("path", path);
            header(to, "", "long-name", b'x', record.len(), modified);
            contents(to, record.as_bytes());
            header(to, "", "long-name", b'0', bytes.len(), modified);
        }
    }
    contents(to, bytes);
}

/// The path in the two fields that a header has for it, when it fits.
fn split(path: &str) -> Option<(&str, &str)> {
    if path.len() <= NAME_BYTES {
        return Some(("", path));
    }
    let slashes = path.match_indices('/').map(|(at, _)| at);
    slashes
        .map(|at| (&path[..at], &path[at + 1..]))
        .find(|(prefix, name)| prefix.len() <= PREFIX_BYTES && (1..=NAME_BYTES).contains(&name.len()))
}

/// `<length> <key>=<value>\n`, where the length counts itself.
fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length.to_string().len() + rest != length {
        length += 1;
    }
    format!("{length} {key}={value}\n")
}

fn header(to: &mut Vec<u8>, prefix: &str, name: &str, kind: u8, size: usize, modified: u64) {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    // Eleven digits of eight are enough until the year 2242.
    put(136, format!("{:011o}\0", modified.min(0o77_777_777_777)).as_bytes());
    put(148, b"        ");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    put(345, prefix.as_bytes());
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    to.extend(block);
}

fn contents(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend(bytes);
    to.resize(to.len().next_multiple_of(BLOCK), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_its_own_length() {
        for length in [1, 80, 89, 90, 91, 92, 93, 94, 980, 990, 995] {
            let record = record("path", &"a".repeat(length));
            let (told, _) = record.split_once(' ').unwrap();
            assert_eq!(told.parse::<usize>().unwrap(), record.len(), "{length}");
        }
    }

    #[test]
    fn a_path_is_split_where_both_parts_fit() {
        let long = format!("{}/{}", "a".repeat(120), "b".repeat(90));
        assert_eq!(split(&long), Some((&long[..120], &long[121..])));
        assert_eq!(split("a/b"), Some(("", "a/b")));
        assert_eq!(split(&"a".repeat(101)), None);
        assert_eq!(split(&format!("{}/b", "a".repeat(200))), None);
    }

    #[test]
    fn every_entry_fills_whole_blocks_and_proves_its_header() {
        let mut archive = Vec::new();
        append(&mut archive, "a.svg/png-64.png", &[7; 513], 1_000);
        assert_eq!(archive.len(), 3 * BLOCK);
        let told = std::str::from_utf8(&archive[148..154]).unwrap();
        let mut header = archive[..BLOCK].to_vec();
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        assert_eq!(u32::from_str_radix(told, 8).unwrap(), sum);
    }
}
