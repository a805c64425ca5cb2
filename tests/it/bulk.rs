//! Many files at once: `tradepostd render`, and the batches that campaigns draw.

mod batches;
mod refused;
mod resume;
mod s3;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use tradepost_tests::{bombs, command};

/// Two small pictures of each file.
const SMALL: [&str; 4] = ["--widths", "64", "--formats", "png,webp"];

/// A folder for the input and a place for the output.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        Self { folder }
    }

    /// With so many icons, some in a folder below.
    fn with_icons(count: usize) -> Self {
        let bench = Self::new();
        for number in 0..count {
            let folder = if number % 3 == 0 { "deep/er/" } else { "" };
            bench.file(&format!("{folder}icon-{number}.svg"), icon(number).as_bytes());
        }
        bench
    }

    fn file(&self, name: &str, bytes: &[u8]) {
        let path = self.input().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn input(&self) -> PathBuf {
        self.path("in")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `tradepostd render` of the input.
    fn render(&self, arguments: &[&str]) -> Command {
        let mut command = command("tradepostd");
        command
            .current_dir(self.folder.path())
            .args(["render", "in", "--threads", "2"])
            .args(arguments);
        command
    }

    /// Runs it and reads its summary.
    fn summary(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let output = self.render(arguments).args(SMALL).arg("--json").output().unwrap();
        let told = serde_json::from_slice(&output.stdout);
        (
            output.status.code(),
            told.unwrap_or_else(|_| panic!("{}", errors(&output))),
        )
    }
}

/// Every icon another picture.
fn icon(number: usize) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'><path d='M{} 4h8v{}h-9z'/></svg>",
        number % 12,
        1 + number % 17
    )
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Names and sizes of all pictures below a folder.
fn pictures(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "png" || extension == "webp")
            {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

/// The members that the system's own tar lists; names that are there twice are an error.
fn unpacked(tar: &Path) -> BTreeMap<String, Vec<u8>> {
    let listed = Command::new("tar").arg("-tf").arg(tar).output().unwrap();
    assert!(listed.status.success(), "{}", errors(&listed));
    let names = String::from_utf8(listed.stdout).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("tar")
        .arg("-xf")
        .arg(tar)
        .arg("-C")
        .arg(folder.path())
        .status();
    assert!(status.unwrap().success());
    let found = pictures(folder.path());
    assert_eq!(names.lines().count(), found.len(), "nothing is there twice: {names}");
    found
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_folder_is_drawn_into_a_folder_of_the_same_shape() {
    let bench = Bench::with_icons(70);
    bench.file("readme.txt", b"not a picture");
    let (code, summary) = bench.summary(&["--out", "out"]);
    assert_eq!(
        (code, &summary["drawn"], &summary["passed_over"]),
        (Some(0), &70.into(), &1.into()),
        "{summary}"
    );
    let drawn = pictures(&bench.path("out"));
    assert_eq!(drawn.len(), 140);
    assert!(drawn["deep/er/icon-0.svg/png-64.png"].starts_with(b"\x89PNG"));
    assert_eq!(&drawn["icon-1.svg/webp-64.webp"][8..12], b"WEBP");
}

#[test]
fn a_folder_and_a_zip_of_it_give_the_same_tar() {
    let bench = Bench::with_icons(20);
    let (code, _) = bench.summary(&["--out", "folder.tar"]);
    assert_eq!(code, Some(0));
    let files: Vec<(String, String)> = (0..20)
        .map(|number| {
            let folder = if number % 3 == 0 { "deep/er/" } else { "" };
            (format!("{folder}icon-{number}.svg"), icon(number))
        })
        .collect();
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_bytes()))
        .collect();
    std::fs::write(bench.path("icons.zip"), zip_of(&files)).unwrap();
    let output = command("tradepostd")
        .current_dir(bench.folder.path())
        .args(["render", "icons.zip", "--tar", "zip.tar"])
        .args(SMALL)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    let drawn = unpacked(&bench.path("zip.tar"));
    assert_eq!(drawn.len(), 40);
    assert_eq!(drawn, unpacked(&bench.path("folder.tar")));
}

#[test]
fn a_tar_on_the_standard_output_is_whole() {
    let bench = Bench::with_icons(5);
    let output = bench.render(&["--tar", "-"]).args(SMALL).output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    std::fs::write(bench.path("piped.tar"), &output.stdout).unwrap();
    assert_eq!(unpacked(&bench.path("piped.tar")).len(), 10);
    assert!(errors(&output).contains("5 files drawn"), "{}", errors(&output));
}

#[test]
fn names_that_no_short_header_holds_come_through_a_tar() {
    let bench = Bench::new();
    let long = format!("{}/{}.svg", "a".repeat(170), "ü".repeat(100));
    bench.file(&long, icon(1).as_bytes());
    let (code, _) = bench.summary(&["--out", "out.tar"]);
    assert_eq!(code, Some(0));
    assert!(unpacked(&bench.path("out.tar")).contains_key(&format!("{long}/png-64.png")));
}

#[test]
fn repeated_files_have_names_of_their_own() {
    let bench = Bench::with_icons(4);
    let (code, summary) = bench.summary(&["--out", "out", "--repeat", "3"]);
    assert_eq!((code, &summary["drawn"]), (Some(0), &12.into()), "{summary}");
    let drawn = pictures(&bench.path("out"));
    assert_eq!(drawn.len(), 24);
    assert_eq!(
        drawn["r000001/icon-1.svg/png-64.png"],
        drawn["r000003/icon-1.svg/png-64.png"]
    );
}

#[test]
fn poison_files_are_named_and_everything_else_is_drawn() {
    let bench = Bench::with_icons(100);
    let poisons = [
        "a size of 1e9 x 1e9",
        "nested masks",
        "a gigabyte behind gzip",
        "160 KB of entities repeated",
    ];
    let mut count = 0;
    for (index, (what, extension, bytes)) in bombs::all().iter().enumerate() {
        if poisons.contains(what) {
            bench.file(&format!("poison-{index}.{extension}"), bytes);
            count += 1;
        }
    }
    assert_eq!(count, poisons.len());
    bench.file("torn.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0h9");
    let (code, summary) = bench.summary(&["--out", "out"]);
    assert_eq!((code, &summary["drawn"]), (Some(2), &100.into()), "{summary}");
    assert_eq!(summary["failed"], 5, "{summary}");
    assert_eq!(pictures(&bench.path("out")).len(), 200);
    let list = std::fs::read_to_string(bench.path("out/failures.tsv")).unwrap();
    assert_eq!(list.lines().count(), 5, "{list}");
    for line in list.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        assert!(fields[0].starts_with("poison-") || fields[0] == "torn.svg", "{line}");
        assert!(["refused", "timeout", "memory", "crash"].contains(&fields[1]), "{line}");
        assert!(fields[2].len() > 10, "{line}");
    }
}
