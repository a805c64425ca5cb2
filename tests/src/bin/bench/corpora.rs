//! Public collections of hostile and honest files (`TRADEPOST_CORPORA`), and the small cases of the crate `inspect`: how many are refused.

use std::fs::File;
use std::path::{Path, PathBuf};

use tradepost_common::uploads::FindingSeverity;
use tradepost_inspect::zip::{Archive, Limits};
use tradepost_inspect::{media, svg};

const CASES: &str = "daemon/crates/inspect/tests/cases";
/// Written by `tests/archives`.
const ARCHIVES: &str = ".cache/archives/out";
const MAX_SVG_BYTES: u64 = 10 << 20;
const LIMITS: Limits = Limits {
    packed_bytes: 512 << 20,
    entries: 4_000,
};

/// Folders below `TRADEPOST_CORPORA`, and what their owners say of the files.
const COLLECTIONS: [(&str, &str); 9] = [
    ("svg/dompurify", "hostile"),
    ("svg/payloads-all-the-things", "hostile"),
    ("zip/warehouse/reject", "hostile"),
    ("zip/malo/reject", "hostile"),
    ("zip/malo/iffy", "open"),
    ("zip/yauzl/failure", "hostile"),
    ("zip/warehouse/accept", "honest"),
    ("zip/malo/accept", "honest"),
    ("zip/yauzl/success", "honest"),
];

/// The archives that `zip-diff/target/release/construction` of github.com/ouuan/ZipDiff writes, a folder for each kind of ambiguity.
const ZIPDIFF: &str = "zip/zipdiff";

/// The end of one file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Published as it is, or as a copy with nothing of what was found in it.
    Accepted,
    /// A drawing that a moderator sees, and that is never published.
    Blocked,
    Refused,
}

/// Prints a row for each collection that is here.
pub fn run() {
    println!("\n| collection | its files are | files | accepted | blocked | refused |\n|---|---|---|---|---|---|");
    row("cases of this repository", "as told", Path::new(CASES));
    row("archives of npm, PyPI and Debian", "honest", Path::new(ARCHIVES));
    let Some(corpora) = std::env::var_os("TRADEPOST_CORPORA") else {
        println!("\nTRADEPOST_CORPORA is not set: nothing else is measured");
        return;
    };
    for (folder, expected) in COLLECTIONS {
        row(folder, expected, &Path::new(&corpora).join(folder));
    }
    for kind in std::fs::read_dir(Path::new(&corpora).join(ZIPDIFF))
        .into_iter()
        .flatten()
        .flatten()
    {
        row(
            &format!("{ZIPDIFF}/{}", kind.file_name().to_string_lossy()),
            "ambiguous",
            &kind.path(),
        );
    }
}

fn row(name: &str, expected: &str, folder: &Path) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    let verdicts: Vec<Verdict> = paths.iter().map(|path| verdict(path)).collect();
    let count = |wanted| verdicts.iter().filter(|&&verdict| verdict == wanted).count();
    let (accepted, blocked, refused) = (
        count(Verdict::Accepted),
        count(Verdict::Blocked),
        count(Verdict::Refused),
    );
    println!(
        "| {name} | {expected} | {} | {accepted} | {blocked} | {refused} |",
        paths.len()
    );
    // Those that are against the word of their owners.
    let surprising = match expected {
        "hostile" => Verdict::Accepted,
        "honest" => Verdict::Refused,
        _ => return,
    };
    for (path, _) in paths
        .iter()
        .zip(&verdicts)
        .filter(|(_, verdict)| **verdict == surprising)
    {
        eprintln!("  {name}: {}", path.file_name().unwrap().to_string_lossy());
    }
}

fn verdict(path: &Path) -> Verdict {
    let name = path.file_name().unwrap().to_string_lossy();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("zip") => archive(path),
        Some("svg") => drawing(&std::fs::read(path).unwrap(), &name),
        _ => match media::inspect(&std::fs::read(path).unwrap(), &name) {
            Ok(_) => Verdict::Accepted,
            Err(_) => Verdict::Refused,
        },
    }
}

/// Opens an archive and inflates all of it.
fn archive(path: &Path) -> Verdict {
    let opened = Archive::open(File::open(path).unwrap(), &LIMITS);
    let Ok(mut archive) = opened else {
        return Verdict::Refused;
    };
    for index in 0..archive.entries().len() {
        let mut reader = archive.reader(index).unwrap();
        if std::io::copy(&mut reader, &mut std::io::sink()).is_err() {
            return Verdict::Refused;
        }
    }
    Verdict::Accepted
}

fn drawing(bytes: &[u8], name: &str) -> Verdict {
    let Ok(text) = svg::open(bytes, name, MAX_SVG_BYTES) else {
        return Verdict::Refused;
    };
    let Ok(document) = svg::parse(&text, name) else {
        return Verdict::Refused;
    };
    if !svg::complexity(&document, name).is_empty() {
        return Verdict::Refused;
    }
    let findings = svg::inspect(&document, name);
    let is_blocked = findings
        .iter()
        .any(|finding| finding.severity == FindingSeverity::Blocking);
    if is_blocked {
        Verdict::Blocked
    } else {
        Verdict::Accepted
    }
}
