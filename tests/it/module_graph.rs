//! The direction of imports: among the top-level modules of a crate there is no cycle, and none imports one that its root lists above it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Sources of a crate, relative to the workspace, and the file that lists its modules from composition down to what everything stands on.
const CRATES: [(&str, &str); 2] = [("daemon/src", "lib.rs"), ("tui/src", "main.rs")];

type Imports = BTreeMap<String, BTreeSet<String>>;

#[test]
fn no_top_level_module_imports_in_a_circle() {
    let mut found = Vec::new();
    for source in sources() {
        let root = ["lib.rs", "main.rs"]
            .into_iter()
            .find(|root| source.join(root).exists());
        let modules = listed_modules(&source, root.unwrap());
        let imports = imports_of(&source, &modules);
        for (importer, imported) in pairs(&imports) {
            if reaches(&imports, imported, importer) {
                found.push(format!("{}: {importer} -> {imported}", name_of(&source)));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_module_imports_one_that_is_listed_above_it() {
    let mut found = Vec::new();
    for (source, root) in CRATES.map(|(source, root)| (workspace().join(source), root)) {
        let modules = listed_modules(&source, root);
        let position = |name: &str| modules.iter().position(|module| module == name);
        for (importer, imported) in pairs(&imports_of(&source, &modules)) {
            if position(importer) > position(imported) {
                found.push(format!("{}: {importer} -> {imported}", name_of(&source)));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `daemon` of `daemon/src`.
fn name_of(source: &Path) -> String {
    let folder = source.parent().unwrap();
    folder.file_name().unwrap().to_string_lossy().into_owned()
}

/// The `src` folders of the daemon, its crates, the terminal and what both speak.
fn sources() -> Vec<PathBuf> {
    let crates = std::fs::read_dir(workspace().join("daemon/crates")).unwrap();
    let mut sources: Vec<_> = crates.map(|entry| entry.unwrap().path().join("src")).collect();
    sources.sort();
    sources.extend(["daemon/src", "tui/src", "common/src"].map(|source| workspace().join(source)));
    sources
}

/// The modules in the order in which the root lists them.
fn listed_modules(source: &Path, root: &str) -> Vec<String> {
    let text = std::fs::read_to_string(source.join(root)).unwrap();
    let modules = text.lines().filter_map(|line| {
        let declaration = line.trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        declaration.strip_prefix("mod ")?.strip_suffix(';')
    });
    modules.map(str::to_owned).collect()
}

/// Every file of a module but its tests counts.
fn imports_of(source: &Path, modules: &[String]) -> Imports {
    let mut imports = Imports::new();
    for module in modules {
        let mut files = vec![source.join(format!("{module}.rs"))];
        files_below(&source.join(module), &mut files);
        for file in files.iter().filter(|file| file.exists()) {
            let text = std::fs::read_to_string(file).unwrap();
            let text = without_comments(text.split("#[cfg(test)]\nmod tests {").next().unwrap());
            let is_root = file.parent() == Some(source) || file.ends_with(format!("{module}/mod.rs"));
            let mut paths = vec!["crate::"];
            if is_root {
                paths.push("\nuse super::");
            }
            let named = paths.iter().flat_map(|path| roots_after(&text, path));
            let others = named.filter(|name| name != module && modules.contains(name));
            imports.entry(module.clone()).or_default().extend(others);
        }
    }
    imports
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name == "tests" || name == "testdata" {
            continue;
        }
        if path.is_dir() {
            files_below(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    format!("\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// The first segments of the paths that follow `prefix`, those in braces too.
fn roots_after(text: &str, prefix: &str) -> Vec<String> {
    let is_whole = |at: usize| {
        let before = text[..at].chars().next_back();
        prefix.starts_with('\n') || !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$')
    };
    let found = text.match_indices(prefix).filter(|(at, _)| is_whole(*at));
    found
        .flat_map(|(at, _)| first_segments(&text[at + prefix.len()..]))
        .collect()
}

/// `a` of `a::b`; `a` and `c` of `{a::{x, y}, c}`.
fn first_segments(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else {
        return vec![identifier(path)];
    };
    let (mut depth, mut starts, mut segments) = (1, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => starts = true,
            c if starts && depth == 1 && c.is_alphabetic() => {
                segments.push(identifier(&group[at..]));
                starts = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    segments
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn pairs(imports: &Imports) -> impl Iterator<Item = (&str, &str)> {
    imports.iter().flat_map(|(importer, imported)| {
        imported
            .iter()
            .map(move |imported| (importer.as_str(), imported.as_str()))
    })
}

fn reaches(imports: &Imports, from: &str, to: &str) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(module) = open.pop() {
        if module == to {
            return true;
        }
        if seen.insert(module) {
            open.extend(imports.get(module).into_iter().flatten().map(String::as_str));
        }
    }
    false
}

#[test]
fn braces_and_whole_words_are_read() {
    let text = "\nuse crate::{a::{x, y}, c as d};\nuse crate::e;\nlet f = $crate::g; mycrate::h;";
    assert_eq!(roots_after(text, "crate::"), ["a", "c", "e"]);
}
