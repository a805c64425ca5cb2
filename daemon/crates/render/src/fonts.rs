//! The machine's fonts, for files with text.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use resvg::usvg::fontdb::{Database, Family, ID, Query, Source, Stretch, Style, Weight};
use resvg::usvg::{self, FontFamily, FontStretch, FontStyle};

/// Families of the machine that are opened first: text is likely to name them, and they have letters that ours lack.
const PREFERRED: [&str; 4] = ["DejaVu", "Liberation", "Noto", "Free"];
/// Ours, as wide as Arial, Times New Roman and Courier New.
const SANS: &str = "Arimo";
const SERIF: &str = "Tinos";
const MONOSPACE: &str = "Cousine";

const FOLDERS: [&str; 2] = ["/usr/share/fonts", "/usr/local/share/fonts"];
const MAX_DEPTH: usize = 4;
const MAX_FILES: usize = 5_000;
/// The largest font file that is used: larger ones are collections for East Asia, which cost more than all others together.
const MAX_FONT_BYTES: u64 = 4 << 20;
/// The most bytes of all fonts: they stay in the child's memory once a file has text.
const MAX_ALL_BYTES: u64 = 24 << 20;
/// The number of fonts that are opened: a child gets each as a descriptor, because it cannot open paths.
pub const MAX_OPEN: usize = 48;

/// Opens the machine's fonts, those that text falls back to first.
pub fn open_system() -> Vec<File> {
    let mut files = Vec::new();
    FOLDERS
        .iter()
        .for_each(|folder| collect(Path::new(folder), 0, &mut files));
    // The families that text falls back to come first, then whatever still fits.
    files.sort_by_cached_key(|(path, _)| (!is_preferred(path), path.clone()));
    let mut left = MAX_ALL_BYTES;
    let fitting = files.into_iter().filter(|&(_, bytes)| {
        let rest = left.checked_sub(bytes);
        left = rest.unwrap_or(left);
        rest.is_some()
    });
    fitting
        .filter_map(|(path, _)| File::open(path).ok())
        .take(MAX_OPEN)
        .collect()
}

/// The size of text that names none, as in browsers.
pub const DEFAULT_SIZE_PX: f32 = 16.0;

/// Parts of the names of families with serifs, and of families of one width. Others are taken for families without serifs.
const WITH_SERIFS: [&str; 18] = [
    "times",
    "georgia",
    "garamond",
    "palatino",
    "cambria",
    "bookman",
    "baskerville",
    "didot",
    "bodoni",
    "century",
    "caslon",
    "minion",
    "roman",
    "antiqua",
    "song",
    "ming",
    "slab",
    "merriweather",
];
const OF_ONE_WIDTH: [&str; 9] = [
    "mono",
    "courier",
    "consol",
    "menlo",
    "typewriter",
    "code",
    "fixed",
    "terminal",
    "inconsolata",
];

/// Letters of Latin, Greek and Cyrillic, cut down: the families of the widths of Arial, Times New Roman and Courier New, then signs that they lack.
/// The licences are beside them.
const BUNDLED: [&[u8]; 13] = [
    include_bytes!("../fonts/Arimo-Regular.ttf"),
    include_bytes!("../fonts/Arimo-Bold.ttf"),
    include_bytes!("../fonts/Arimo-Italic.ttf"),
    include_bytes!("../fonts/Arimo-BoldItalic.ttf"),
    include_bytes!("../fonts/Tinos-Regular.ttf"),
    include_bytes!("../fonts/Tinos-Bold.ttf"),
    include_bytes!("../fonts/Tinos-Italic.ttf"),
    include_bytes!("../fonts/Tinos-BoldItalic.ttf"),
    include_bytes!("../fonts/Cousine-Regular.ttf"),
    include_bytes!("../fonts/Cousine-Bold.ttf"),
    include_bytes!("../fonts/Cousine-Italic.ttf"),
    include_bytes!("../fonts/Cousine-BoldItalic.ttf"),
    include_bytes!("../fonts/DejaVuSans-subset.ttf"),
];

/// Loads fonts of the machine, then ours. Every generic family is one of ours, so that it is the same everywhere.
pub fn load(files: &[File]) -> Arc<Database> {
    let mut fonts = Database::new();
    for file in files {
        if let Ok(data) = read_whole(file) {
            fonts.load_font_data(data);
        }
    }
    for bundled in BUNDLED {
        fonts.load_font_source(Source::Binary(Arc::new(bundled)));
    }
    fonts.set_sans_serif_family(SANS);
    fonts.set_cursive_family(SANS);
    fonts.set_fantasy_family(SANS);
    fonts.set_serif_family(SERIF);
    fonts.set_monospace_family(MONOSPACE);
    Arc::new(fonts)
}

/// The class of a family by its name.
fn class_of(name: &str) -> Family<'static> {
    let name = name.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    match () {
        () if has(&OF_ONE_WIDTH) => Family::Monospace,
        () if name.contains("sans") => Family::SansSerif,
        () if name.contains("serif") || has(&WITH_SERIFS) => Family::Serif,
        () => Family::SansSerif,
    }
}

/// Selects the first family that is there; without any, one of the class of the first that is named.
pub fn select(font: &usvg::Font, fonts: &mut Arc<Database>) -> Option<ID> {
    let mut families: Vec<Family<'_>> = Vec::new();
    for family in font.families() {
        families.push(match family {
            FontFamily::Serif => Family::Serif,
            FontFamily::SansSerif => Family::SansSerif,
            FontFamily::Cursive => Family::Cursive,
            FontFamily::Fantasy => Family::Fantasy,
            FontFamily::Monospace => Family::Monospace,
            FontFamily::Named(name) => Family::Name(name),
        });
    }
    let named = font.families().iter().find_map(|family| match family {
        FontFamily::Named(name) => Some(class_of(name)),
        _ => None,
    });
    families.extend(named.into_iter().chain([Family::SansSerif]));
    let query = Query {
        families: &families,
        weight: Weight(font.weight()),
        stretch: stretch_of(font.stretch()),
        style: match font.style() {
            FontStyle::Normal => Style::Normal,
            FontStyle::Italic => Style::Italic,
            FontStyle::Oblique => Style::Oblique,
        },
    };
    fonts.query(&query)
}

fn stretch_of(stretch: FontStretch) -> Stretch {
    match stretch {
        FontStretch::UltraCondensed => Stretch::UltraCondensed,
        FontStretch::ExtraCondensed => Stretch::ExtraCondensed,
        FontStretch::Condensed => Stretch::Condensed,
        FontStretch::SemiCondensed => Stretch::SemiCondensed,
        FontStretch::Normal => Stretch::Normal,
        FontStretch::SemiExpanded => Stretch::SemiExpanded,
        FontStretch::Expanded => Stretch::Expanded,
        FontStretch::ExtraExpanded => Stretch::ExtraExpanded,
        FontStretch::UltraExpanded => Stretch::UltraExpanded,
    }
}

/// Leaves the descriptor's position alone, which other children share.
fn read_whole(file: &File) -> std::io::Result<Vec<u8>> {
    let mut data = Vec::new();
    let mut chunk = vec![0; 256 << 10];
    loop {
        match file.read_at(&mut chunk, data.len() as u64)? {
            0 => return Ok(data),
            read => data.extend_from_slice(&chunk[..read]),
        }
    }
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
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    PREFERRED.iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generic_family_is_there_without_any_font_on_the_machine() {
        let fonts = load(&[]);
        for family in [
            Family::Serif,
            Family::SansSerif,
            Family::Cursive,
            Family::Fantasy,
            Family::Monospace,
        ] {
            let query = Query {
                families: &[family],
                ..Query::default()
            };
            assert!(fonts.query(&query).is_some(), "{family:?}");
        }
    }

    #[test]
    fn letters_are_as_wide_as_those_of_the_families_that_files_name() {
        let mut options = usvg::Options {
            fontdb: load(&[]),
            ..usvg::Options::default()
        };
        options.font_resolver.select_font = Box::new(select);
        // Ten letters W at 100 px, by the metrics of PostScript's base fonts.
        for (family, weight, width) in [
            ("Arial", "normal", 944.0),
            ("Helvetica Neue", "bold", 944.0),
            ("Unknown", "normal", 944.0),
            ("Times New Roman", "normal", 944.0),
            ("times", "bold", 1000.0),
            ("Courier New", "normal", 600.0),
        ] {
            let text = format!(
                "<svg xmlns='http://www.w3.org/2000/svg' width='2000' height='200'>
                <text y='100' font-size='100' font-family='{family}' font-weight='{weight}'>WWWWWWWWWW</text></svg>"
            );
            let tree = usvg::Tree::from_str(&text, &options).unwrap();
            let found = tree.root().bounding_box().width();
            assert!((found - width).abs() < 10.0, "{family}, {weight}: {found}");
        }
    }
}
