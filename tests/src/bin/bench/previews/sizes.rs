//! Sizes of pictures in bytes.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::WIDTHS;

const FORMATS: [&str; 2] = ["png", "webp"];

/// Bytes of the PNG and the WebP files in a folder.
pub fn sum(folder: &Path) -> (u64, u64) {
    let pictures = of_pictures(folder);
    let of = |format: &str| {
        pictures
            .iter()
            .filter(|(name, _)| name.ends_with(format))
            .map(|(_, bytes)| bytes)
            .sum()
    };
    (of(".png"), of(".webp"))
}

/// The bytes of every file in a folder, by its name.
pub fn of_pictures(folder: &Path) -> HashMap<String, u64> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let sizes = entries.map(|entry| {
        (
            entry.file_name().into_string().unwrap(),
            entry.metadata().unwrap().len(),
        )
    });
    sizes.collect()
}

/// Bytes of the pictures that ours has drawn of some files.
pub fn of_files(files: &[PathBuf], pictures: &Path) -> (u64, u64) {
    let folders = files.iter().map(|file| pictures.join(file.file_name().unwrap()));
    folders
        .filter(|folder| folder.is_dir())
        .map(|folder| sum(&folder))
        .fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
}

/// Counts pictures that are larger than sharp's of the same file, width and format.
#[derive(Debug, Default)]
pub struct Larger {
    /// For each format, the number of larger pictures and of all.
    counts: [(usize, usize); 2],
}

impl Larger {
    /// Compares what ours has drawn of these files with what sharp has.
    pub fn add(&mut self, files: &[PathBuf], ours: &Path, of_sharp: &HashMap<String, u64>) {
        for file in files {
            let folder = ours.join(file.file_name().unwrap());
            let stem = file.file_stem().unwrap().to_string_lossy();
            for (format, (larger, all)) in FORMATS.iter().zip(&mut self.counts) {
                for width in WIDTHS {
                    let here = folder.join(format!("{format}-{width}.{format}")).metadata();
                    let there = of_sharp.get(&format!("{stem}-{width}.{format}"));
                    if let (Ok(here), Some(there)) = (here, there) {
                        *larger += usize::from(here.len() > *there);
                        *all += 1;
                    }
                }
            }
        }
    }
}

impl fmt::Display for Larger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [png, webp] = self.counts;
        write!(
            f,
            "Larger than sharp's (a pipeline an output) of the same file and width: {} of {} PNG, {} of {} WebP.",
            png.0, png.1, webp.0, webp.1
        )
    }
}
