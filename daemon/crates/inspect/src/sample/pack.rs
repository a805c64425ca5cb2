//! Writes packs: sound ones, and whatever a test needs.

use std::io::{Cursor, Seek, Write};

use anyhow::Context;
use serde_json::{Value, json};
use tradepost_base::Finding;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::faults::{Faults, MANIFEST_PATH};
use crate::manifest::{self, FilePath, Tag, Title};

/// The manifest of a pack, unchecked: tests make wrong ones as well.
#[derive(Debug, Clone, PartialEq)]
pub struct PackSpec {
    pub family: String,
    pub set: String,
    pub kind: String,
    pub licence: String,
    pub attribution: Option<String>,
    pub source: Option<String>,
    pub price_minor: i64,
    pub currency: String,
    pub tags: Vec<String>,
    pub files: Vec<SampleFile>,
}

impl PackSpec {
    /// A free set of icons under ISC.
    pub fn new(family: &str, set: &str, files: Vec<SampleFile>) -> Self {
        Self {
            family: family.to_owned(),
            set: set.to_owned(),
            kind: "icon".to_owned(),
            licence: "ISC".to_owned(),
            attribution: None,
            source: None,
            price_minor: 0,
            currency: "EUR".to_owned(),
            tags: Vec::new(),
            files,
        }
    }

    /// The faults for which the manifest would be refused.
    pub fn faults(&self) -> Vec<Finding> {
        let mut faults = Faults::default();
        manifest::parse(self.manifest().to_string().as_bytes(), &mut faults);
        faults.into_findings()
    }

    /// The manifest as the contributor would write it.
    pub fn manifest(&self) -> Value {
        let mut licence = json!({ "id": self.licence });
        for (field, text) in [("attribution", &self.attribution), ("source", &self.source)] {
            if let Some(text) = text {
                licence[field] = json!(text);
            }
        }
        json!({
            "manifest_version": 1,
            "family": { "name": self.family },
            "set": { "name": self.set },
            "kind": self.kind,
            "licence": licence,
            "price": { "amount_minor": self.price_minor, "currency": self.currency },
            "tags": self.tags,
            "files": self.files.iter().map(|file| json!({ "path": file.path, "title": file.title, "tags": file.tags })).collect::<Vec<_>>(),
        })
    }
}

/// One file of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleFile {
    pub path: String,
    pub title: String,
    pub tags: Vec<String>,
    pub bytes: Vec<u8>,
}

impl SampleFile {
    /// Title and tags are made of the file's name.
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let path = path.into();
        let title =
            FilePath::parse(&path).map_or_else(|_| path.clone(), |path| Title::from_path(&path).as_str().to_owned());
        Self {
            tags: tags(&path),
            path,
            title,
            bytes: bytes.into(),
        }
    }
}

/// The words of a file's name that can be tags.
fn tags(path: &str) -> Vec<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase();
    let mut tags: Vec<String> = Vec::new();
    for word in stem
        .split(['-', '_', ' ', '.'])
        .filter(|word| word.len() > 1 && Tag::parse(word).is_ok())
    {
        if tags.len() < 8 && !tags.iter().any(|tag| tag == word) {
            tags.push(word.to_owned());
        }
    }
    tags
}

/// Writes a pack: the manifest, then the files in their order. The same spec always gives the same bytes.
pub fn write_pack(spec: &PackSpec, out: impl Write + Seek) -> anyhow::Result<()> {
    let manifest = serde_json::to_vec_pretty(&spec.manifest())?;
    let files = spec
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.bytes.as_slice()));
    write_zip(std::iter::once((MANIFEST_PATH, manifest.as_slice())).chain(files), out)
}

/// [`write_pack`] into memory.
pub fn pack_bytes(spec: &PackSpec) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    write_pack(spec, &mut bytes)?;
    Ok(bytes.into_inner())
}

/// A ZIP of these names and contents, whatever they are.
pub fn zip_bytes<'a>(entries: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    write_zip(entries, &mut bytes)?;
    Ok(bytes.into_inner())
}

fn write_zip<'a>(entries: impl IntoIterator<Item = (&'a str, &'a [u8])>, out: impl Write + Seek) -> anyhow::Result<()> {
    // A fixed time: the same pack has the same hash.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(out);
    for (name, bytes) in entries {
        zip.start_file(name, options)
            .with_context(|| format!("adding {name}"))?;
        zip.write_all(bytes).with_context(|| format!("adding {name}"))?;
    }
    zip.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::drawn_pack;

    #[test]
    fn the_drawn_pack_has_a_sound_manifest_and_always_the_same_bytes() {
        let spec = drawn_pack();
        assert_eq!(spec.faults(), []);
        assert_eq!(pack_bytes(&spec).unwrap(), pack_bytes(&spec).unwrap());
    }

    #[test]
    fn names_become_titles_and_tags() {
        let file = SampleFile::new("icons/arrow-up_Left.svg", "");
        assert_eq!(
            (file.title.as_str(), file.tags),
            (
                "Arrow up Left",
                vec!["arrow".to_owned(), "up".to_owned(), "left".to_owned()]
            )
        );
    }
}
