//! `make bench-inspect`: how often honest pictures are refused, whether their published copies look the same, and what judging costs beside drawing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tradepost_common::uploads::FindingSeverity;
use tradepost_inspect::svg;
use tradepost_render::engine::Engine;
use tradepost_render::fonts;
use tradepost_render::presets::default_presets;

const SETS: [(&str, &str); 4] = [
    ("lucide", "tests/packs/node_modules/lucide-static/icons"),
    ("bootstrap", "tests/packs/node_modules/bootstrap-icons/icons"),
    ("twemoji", "tests/packs/node_modules/@discordapp/twemoji/dist/svg"),
    ("flags", "tests/packs/node_modules/flag-icons/flags"),
];
const MOST: usize = 2_000;
const MAX_BYTES: u64 = 10 << 20;

pub fn run() {
    println!(
        "| set | files | refused | with a warning | copy differs | open, judge, sanitise | drawn with it |\n|---|---|---|---|---|---|---|"
    );
    let (mut files, mut refused) = (0, 0);
    let mut rules = BTreeMap::<String, usize>::new();
    for (name, folder) in SETS {
        let paths = svg_files(Path::new(folder));
        let set = measure(&paths, &mut rules);
        println!(
            "| {name} | {} | {} | {} | {} | {:.0} µs | {:.1} ms |",
            paths.len(),
            set.refused,
            set.warned,
            set.without_copy,
            micros(set.judging) / paths.len() as f64,
            micros(set.whole) / paths.len() as f64 / 1e3
        );
        files += paths.len();
        refused += set.refused;
    }
    println!(
        "\nrefused: {refused} of {files}, {:.2} % (goal: under 0.5 %)",
        100.0 * refused as f64 / files as f64
    );
    for (rule, count) in rules {
        println!("- {rule}: {count}");
    }
}

#[derive(Default)]
struct Set {
    refused: usize,
    warned: usize,
    without_copy: usize,
    judging: Duration,
    whole: Duration,
}

fn measure(paths: &[PathBuf], rules: &mut BTreeMap<String, usize>) -> Set {
    let mut engine = Engine::new(fonts::open_system());
    let presets = default_presets();
    let mut set = Set::default();
    for path in paths {
        let bytes = std::fs::read(path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy();
        let started = Instant::now();
        judge(&bytes, &name);
        set.judging += started.elapsed();
        let started = Instant::now();
        let opened = engine.open(&bytes, &name, &presets, MAX_BYTES);
        set.whole += started.elapsed();
        let findings = match &opened {
            Ok(opened) => &opened.findings,
            Err(findings) => findings,
        };
        let worst = findings.iter().map(|finding| finding.severity).max();
        set.refused += usize::from(worst == Some(FindingSeverity::Blocking));
        set.warned += usize::from(worst == Some(FindingSeverity::Warning));
        set.without_copy += usize::from(findings.iter().any(|finding| finding.rule == svg::COPY_DIFFERS));
        for finding in findings
            .iter()
            .filter(|finding| finding.severity > FindingSeverity::Info)
        {
            *rules.entry(format!("{} ({name})", finding.rule)).or_default() += 1;
        }
    }
    set
}

fn judge(bytes: &[u8], name: &str) {
    let Ok(text) = svg::open(bytes, name, MAX_BYTES) else {
        return;
    };
    let Ok(document) = svg::parse(&text, name) else { return };
    std::hint::black_box(svg::inspect(&document, name));
    std::hint::black_box(svg::complexity(&document, name));
    std::hint::black_box(svg::sanitise(&document));
}

fn svg_files(folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}: run make packs", folder.display()));
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "svg") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.truncate(MOST);
    paths
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
