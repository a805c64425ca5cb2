//! Packs made in code.

use std::io::{Cursor, Write as _};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// A green tick of 24 x 24.
pub const TICK: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="none" stroke="#0a0" stroke-width="3" d="M4 13l5 5L20 6"/></svg>"##;
/// A square of one colour: `#c00000`.
pub fn square(colour: &str) -> String {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="{colour}" d="M2 2h20v20H2z"/></svg>"#
    )
}

/// Draws a picture, and would run a script in a browser.
pub const SCRIPTED: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">
  <circle cx="12" cy="12" r="9" fill="#c00"/>
  <script>alert(document.domain)</script>
</svg>"##;

/// The standard test file of all scanners, put together here so that this source is none.
pub fn eicar() -> Vec<u8> {
    [
        r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-",
        "ANTIVIRUS-TEST-FILE!$H+H*",
    ]
    .concat()
    .into_bytes()
}

/// Builds a pack: its files, and a manifest that lists them unless told otherwise.
#[derive(Debug, Clone)]
pub struct PackBuilder {
    files: Vec<(String, Vec<u8>)>,
    manifest: Value,
    method: CompressionMethod,
}

impl PackBuilder {
    /// An empty pack of the family "Signs".
    pub fn new(set: &str) -> Self {
        let manifest = json!({
            "manifest_version": 1, "family": {"name": "Signs"}, "set": {"name": set}, "kind": "icon",
            "licence": {"id": "ISC"}, "price": {"amount_minor": 900, "currency": "EUR"}, "tags": ["signs"], "files": [],
        });
        Self {
            files: Vec::new(),
            manifest,
            method: CompressionMethod::Deflated,
        }
    }

    /// A pack of `count` different ticks.
    pub fn ticks(set: &str, count: usize) -> Self {
        let tick = |n: usize| TICK.replace("#0a0", &format!("#{:06x}", n * 37 % 0xff_ffff));
        (0..count).fold(Self::new(set), |pack, n| {
            pack.file(&format!("icons/tick-{n:04}.svg"), tick(n))
        })
    }

    /// The pack of that number: `count` icons that no pack of another number has.
    pub fn drawn(number: usize, count: usize) -> Self {
        let mut random = StdRng::seed_from_u64(number as u64);
        let mut icon = || {
            let points: String = (0..7)
                .map(|_| format!("L{} {}", random.random_range(1..24), random.random_range(1..24)))
                .collect();
            format!(
                "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'><path d='M12 3{points}' fill='none' stroke='#222' stroke-width='2'/></svg>"
            )
        };
        (0..count).fold(Self::new(&format!("Set {number}")), |pack, file| {
            pack.file(&format!("icons/icon-{file:04}.svg"), icon())
        })
    }

    /// Adds a file and lists it.
    pub fn file(self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.list(path).hide(path, bytes)
    }

    /// Adds a file that the manifest does not list.
    pub fn hide(mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.to_owned(), bytes.into()));
        self
    }

    /// Lists a file that is not there.
    pub fn list(mut self, path: &str) -> Self {
        self.manifest["files"]
            .as_array_mut()
            .expect("files is a list")
            .push(json!({ "path": path }));
        self
    }

    /// Compresses nothing: what would inflate to many times its size is judged by its content.
    pub fn stored(mut self) -> Self {
        self.method = CompressionMethod::Stored;
        self
    }

    /// Changes the manifest.
    pub fn manifest(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.manifest);
        self
    }

    /// The ZIP.
    pub fn build(&self) -> Vec<u8> {
        let manifest = serde_json::to_vec_pretty(&self.manifest).expect("a manifest is JSON");
        let manifest = ("manifest.json".to_owned(), manifest);
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (path, bytes) in std::iter::once(&manifest).chain(&self.files) {
            zip.start_file(path, SimpleFileOptions::default().compression_method(self.method))
                .expect("a new member");
            zip.write_all(bytes).expect("writing to memory");
        }
        zip.finish().expect("writing to memory").into_inner()
    }
}
