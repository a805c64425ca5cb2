//! The machine's fonts, for files with text.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use resvg::usvg::fontdb::{Database, Family, Query};

/// Families that are likely to be there, best first.
const SANS: [&str; 6] = [
    "DejaVu Sans",
    "Liberation Sans",
    "Noto Sans",
    "Arial",
    "Helvetica",
    "FreeSans",
];
const SERIF: [&str; 5] = [
    "DejaVu Serif",
    "Liberation Serif",
    "Noto Serif",
    "Times New Roman",
    "FreeSerif",
];
const MONOSPACE: [&str; 5] = [
    "DejaVu Sans Mono",
    "Liberation Mono",
    "Noto Sans Mono",
    "Courier New",
    "FreeMono",
];

const FOLDERS: [&str; 2] = ["/usr/share/fonts", "/usr/local/share/fonts"];
const MAX_DEPTH: usize = 4;
const MAX_FILES: usize = 5_000;
/// Of one file: larger ones are collections for East Asia, which cost more than all others together.
const MAX_FONT_BYTES: u64 = 4 << 20;
/// Of all fonts: they stay in the child's memory.
const MAX_ALL_BYTES: u64 = 24 << 20;

/// Loads fonts of the system, with every generic family pointing to one that exists: usvg drops all text of a family that does not.
pub fn system() -> Arc<Database> {
    let mut files = Vec::new();
    FOLDERS
        .iter()
        .for_each(|folder| collect(Path::new(folder), 0, &mut files));
    // The families that text falls back to come first, then whatever still fits.
    files.sort_by_cached_key(|(path, _)| (!is_preferred(path), path.clone()));
    let mut fonts = Database::new();
    let mut left = MAX_ALL_BYTES;
    for (path, bytes) in files {
        if let Some(rest) = left.checked_sub(bytes) {
            left = rest;
            std::fs::read(path)
                .into_iter()
                .for_each(|data| fonts.load_font_data(data));
        }
    }
    name_generics(&mut fonts);
    Arc::new(fonts)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<(PathBuf, u64)>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let (path, Ok(metadata)) = (entry.path(), entry.metadata()) else {
            continue;
        };
        if metadata.is_dir() && depth < MAX_DEPTH {
            collect(&path, depth + 1, files);
        } else if metadata.is_file() && metadata.len() <= MAX_FONT_BYTES && is_font(&path) && files.len() < MAX_FILES {
            files.push((path, metadata.len()));
        }
    }
}

fn is_font(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["ttf", "otf", "ttc"]
            .iter()
            .any(|font| extension.eq_ignore_ascii_case(font))
    })
}

fn is_preferred(path: &Path) -> bool {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().replace('-', "");
    SANS.iter()
        .chain(&SERIF)
        .chain(&MONOSPACE)
        .any(|family| name.starts_with(&family.replace(' ', "")))
}

fn name_generics(fonts: &mut Database) {
    let any = fonts
        .faces()
        .next()
        .and_then(|face| face.families.first())
        .map(|(name, _)| name.clone());
    let pick = |candidates: &[&str]| {
        let known = candidates.iter().find(|name| {
            fonts
                .query(&Query {
                    families: &[Family::Name(name)],
                    ..Query::default()
                })
                .is_some()
        });
        known.map(|&name| name.to_owned()).or_else(|| any.clone())
    };
    let (sans, serif, monospace) = (pick(&SANS), pick(&SERIF), pick(&MONOSPACE));
    if let Some(sans) = sans {
        fonts.set_sans_serif_family(&sans);
        fonts.set_cursive_family(&sans);
        fonts.set_fantasy_family(sans);
    }
    if let Some(serif) = serif {
        // The last resort for every family that is not there.
        fonts.set_serif_family(serif);
    }
    if let Some(monospace) = monospace {
        fonts.set_monospace_family(monospace);
    }
}
