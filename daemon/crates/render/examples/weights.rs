//! Other weights of the same icon among those that look like one: `weights @phosphor-icons/core/assets [ICONS]`.
//!
//! Every folder of the argument is a weight; its files are named `icon-weight.svg`, or `icon.svg`. Of each icon the five others that look most
//! like it are taken, those with the same outlines first, then by the bits in which the hashes differ: within the radius of look-alikes, as
//! the API answers, and without it.

use std::error::Error;
use std::fs;
use std::path::Path;

use tradepost_render::engine::Engine;
use tradepost_render::fingerprint::{Fingerprint, LOOK_RADIUS, distance};
use tradepost_render::fonts;
use tradepost_render::presets::{Format, Preset, Watermark};

const MAX_BYTES: u64 = 10 << 20;
const SHOWN: usize = 5;

/// A drawn icon: its place among the names, and its fingerprint.
struct Icon {
    name: usize,
    print: Fingerprint,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: weights FOLDER [ICONS]")?;
    let most = arguments.next().map_or(Ok(usize::MAX), |count| count.parse())?;
    let icons = draw(Path::new(&folder), most)?;
    let weights = fs::read_dir(&folder)?.count();
    for (label, radius) in [("within the radius", LOOK_RADIUS), ("without a bound", 64)] {
        let (found, wanted) = icons.iter().fold((0, 0), |(found, wanted), icon| {
            (found + siblings(&icons, icon, radius), wanted + SHOWN.min(weights - 1))
        });
        println!(
            "{} icons of {weights} weights, {label}: {found} of {wanted} places of the first {SHOWN} are other weights of the same ({:.1} %)",
            icons.len(),
            100.0 * f64::from(found) / wanted as f64
        );
    }
    Ok(())
}

fn draw(folder: &Path, most: usize) -> Result<Vec<Icon>, Box<dyn Error>> {
    let preset = Preset {
        name: "png-128".to_owned(),
        width_px: 128,
        format: Format::Png,
        quality: 80,
        background: None,
        watermark: Watermark::None,
    };
    let mut engine = Engine::new(fonts::open_system());
    let mut names: Vec<String> = Vec::new();
    let mut icons = Vec::new();
    for weight in fs::read_dir(folder)? {
        let weight = weight?;
        let suffix = format!("-{}", weight.file_name().to_string_lossy());
        let mut files: Vec<_> = fs::read_dir(weight.path())?.collect::<Result<_, _>>()?;
        files.sort_by_key(fs::DirEntry::file_name);
        for file in files.into_iter().take(most) {
            let path = file.path();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let name = stem.strip_suffix(&suffix).unwrap_or(&stem).to_owned();
            let place = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            });
            let opened = engine.open(&fs::read(&path)?, "a.svg", std::slice::from_ref(&preset), MAX_BYTES);
            if let Some(print) = opened.ok().and_then(|opened| opened.fingerprint) {
                icons.push(Icon { name: place, print });
            }
        }
    }
    Ok(icons)
}

/// The other weights of an icon among those that look most like it.
fn siblings(icons: &[Icon], icon: &Icon, radius: u32) -> u32 {
    let mut near: Vec<(u32, usize)> = icons
        .iter()
        .filter(|other| !std::ptr::eq(*other, icon))
        .map(|other| {
            let is_same = !icon.print.plain && icon.print.geometry == other.print.geometry;
            let bits = if is_same {
                0
            } else {
                distance(icon.print.look, other.print.look)
            };
            (bits, other.name)
        })
        .filter(|(bits, _)| *bits <= radius)
        .collect();
    near.sort_unstable();
    near.truncate(SHOWN);
    near.iter().filter(|(_, name)| *name == icon.name).count() as u32
}
