//! Draws SVGs with our engine, resvg, librsvg and Chromium, and counts for each how many look as in Chromium.
//!
//! `cargo run --release -p tradepost-render --example judge -- OUT FOLDER...`. Folders in a FOLDER are kinds, counted each; animated files are
//! counted apart. `OUT/worst-FOLDER.png` shows the worst of ours, a row each: ours, Chromium, librsvg, resvg. `OUT/verdicts.tsv` has a line for
//! each file.

mod chromium;
mod counts;
mod difference;
mod programs;
mod worst;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::RgbaImage;
use resvg::usvg::fontdb;
use tradepost_render::engine::Engine;
use tradepost_render::fonts;

use self::chromium::Chromium;
use self::counts::Counts;
use self::difference::Verdict;
use self::worst::Worst;

/// Side of the square that every picture is fitted into, at its upper left corner.
const SIDE_PX: u32 = 256;
/// Ours first.
const PROGRAMS: [&str; 3] = ["ours", "resvg", "librsvg"];

struct Judged {
    path: PathBuf,
    is_animated: bool,
    /// Several of an animated drawing: one of them has to be met.
    chromium: Vec<RgbaImage>,
    /// In the order of the programs; none of a refused file.
    pictures: [Option<RgbaImage>; 3],
    verdicts: [Verdict; 3],
}

struct Judge {
    engine: Engine,
    fontdb: Arc<fontdb::Database>,
    chromium: Chromium,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = PathBuf::from(arguments.next().ok_or("usage: judge OUT FOLDER...")?);
    std::fs::create_dir_all(&out)?;
    let out = out.canonicalize()?;
    programs::write_fonts_conf(&programs::fonts_conf(&out))?;
    let mut judge = Judge {
        engine: Engine::new(fonts::open_system()),
        fontdb: fonts::load(&fonts::open_system()),
        chromium: Chromium::new(&out),
    };
    let mut lines = String::new();
    let mut all = Counts::default();
    counts::print_head();
    for folder in arguments.map(PathBuf::from) {
        let folder = folder.canonicalize()?;
        let (mut kinds, mut worst) = (Counts::default(), Worst::default());
        let mut paths = Vec::new();
        collect(&folder, &mut paths)?;
        paths.sort();
        for paths in paths.chunks(chromium::PAGE) {
            for one in judge.judge(paths, &out)? {
                let words: Vec<String> = one.verdicts.iter().map(ToString::to_string).collect();
                lines += &format!("{}\t{}\n", one.path.display(), words.join("\t"));
                kinds.add(&kind(&folder, &one.path), &one);
                all.add("all", &one);
                worst.add(one);
            }
        }
        kinds.print();
        worst.save(&out.join(format!("worst-{}.png", name(&folder))))?;
    }
    all.print();
    std::fs::write(out.join("verdicts.tsv"), lines)?;
    Ok(())
}

impl Judge {
    fn judge(&mut self, paths: &[PathBuf], out: &Path) -> Result<Vec<Judged>, Box<dyn Error>> {
        let mut drawn = Vec::new();
        for path in paths {
            let bytes = std::fs::read(path)?;
            let ours = programs::ours(&mut self.engine, &bytes);
            let moment = ours.as_ref().and(self.engine.moment());
            let others = [programs::resvg(&self.fontdb, &bytes), programs::librsvg(path, out)];
            drawn.push((ours, moment, others));
        }
        let moments: Vec<Option<f64>> = drawn.iter().map(|(_, moment, _)| *moment).collect();
        let shots = self.chromium.draw(paths, &moments)?;
        let judged = paths.iter().zip(drawn).zip(shots);
        let judged = judged.map(|((path, (ours, _, [resvg, librsvg])), chromium)| {
            let pictures = [ours, resvg, librsvg];
            let verdicts = pictures
                .each_ref()
                .map(|picture| difference::judge(picture.as_ref(), &chromium));
            Judged {
                path: path.clone(),
                is_animated: chromium::is_animated(path),
                chromium,
                pictures,
                verdicts,
            }
        });
        Ok(judged.collect())
    }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "svg") {
            paths.push(path);
        }
    }
    Ok(())
}

/// The folder in the folder, else the folder itself.
fn kind(folder: &Path, path: &Path) -> String {
    let below = path.strip_prefix(folder).unwrap_or(path);
    match below.components().count() {
        0 | 1 => name(folder),
        _ => below.iter().next().unwrap_or_default().to_string_lossy().into_owned(),
    }
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
