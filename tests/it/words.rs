//! Plain words: comments are statements, and constructors are named by what they do (docs/GLOSSARY.md).

use std::path::{Path, PathBuf};

/// Openings of questions and of fragments.
const OPENINGS: [&str; 10] = [
    "What ",
    "Whether ",
    "How ",
    "Who ",
    "Which ",
    "Where ",
    "When ",
    "Why ",
    "Of ",
    "Whatever ",
];

#[test]
fn comments_are_statements() {
    let found = lines_where(|line| {
        let comment = line.trim_start().strip_prefix("//");
        let text = comment.map(|comment| comment.trim_start_matches(['/', '!']).trim_start());
        text.is_some_and(|text| text.ends_with('?') || OPENINGS.iter().any(|word| text.starts_with(word)))
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_function_is_named_of() {
    let name = ["fn", "of("].join(" ");
    let found = lines_where(|line| line.contains(&name));
    assert!(found.is_empty(), "{found:#?}");
}

/// Lines of the house's Rust files, each with its place.
fn lines_where(is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for folder in ["common", "daemon", "tui", "tests", "fuzz"] {
        rust_files(&root.join(folder), &mut files);
    }
    assert!(files.len() > 500, "the sources are there");
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let wrong = text.lines().enumerate().filter(|(_, line)| is_wrong(line));
        found.extend(wrong.map(|(number, line)| format!("{}:{}: {}", file.display(), number + 1, line.trim())));
    }
    found
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "node_modules" && name != "target" {
            rust_files(&path, files);
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
}
