//! Draws folders of SVGs with our engine, resvg, librsvg and Chromium, and counts for each how many look as in Chromium.
//!
//! `cargo run --release -p tradepost-render --example judge -- OUT FOLDER...`. `OUT/worst.png` shows the worst of ours, a row each:
//! ours, Chromium, librsvg, resvg. `OUT/verdicts.tsv` has a line for each file.

mod chromium;
mod difference;
mod programs;

use std::error::Error;
use std::path::{Path, PathBuf};

use image::{Rgba, RgbaImage, imageops};
use resvg::usvg::fontdb;
use tradepost_render::engine::Engine;
use tradepost_render::fonts;

use self::difference::Verdict;

/// Side of the square that every picture is fitted into, at its upper left corner.
const SIDE_PX: u32 = 256;
const WORST: usize = 20;
/// Ours first.
const PROGRAMS: [&str; 3] = ["ours", "resvg", "librsvg"];

struct Judged {
    path: PathBuf,
    /// Several of an animated drawing: one of them has to be met.
    chromium: Vec<RgbaImage>,
    /// In the order of the programs; none of a refused file.
    pictures: [Option<RgbaImage>; 3],
    verdicts: [Verdict; 3],
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = PathBuf::from(arguments.next().ok_or("usage: judge OUT FOLDER...")?);
    std::fs::create_dir_all(&out)?;
    let mut engine = Engine::new(fonts::open_system());
    let fontdb = fonts::load(&fonts::open_system());
    let mut worst: Vec<Judged> = Vec::new();
    let mut lines = String::new();
    println!(
        "{:24} {:8} {:>6} {:>6} {:>6} {:>6} {:>7}",
        "set", "program", "files", "equal", "near", "wrong", "refused"
    );
    for folder in arguments.map(PathBuf::from) {
        let judged = judge(&mut engine, &fontdb, &folder, &out)?;
        for one in &judged {
            let words: Vec<String> = one.verdicts.iter().map(ToString::to_string).collect();
            lines += &format!("{}\t{}\n", one.path.display(), words.join("\t"));
        }
        print(&folder, &judged);
        worst.extend(judged);
        worst.sort_by(|a, b| b.verdicts[0].badness().total_cmp(&a.verdicts[0].badness()));
        worst.truncate(WORST);
    }
    std::fs::write(out.join("verdicts.tsv"), lines)?;
    sheet(&worst).save(out.join("worst.png"))?;
    println!("\nThe worst, from the top of {}:", out.join("worst.png").display());
    for one in &worst {
        println!("{:40} {}", one.verdicts[0].to_string(), one.path.display());
    }
    Ok(())
}

fn judge(
    engine: &mut Engine,
    fontdb: &std::sync::Arc<fontdb::Database>,
    folder: &Path,
    out: &Path,
) -> Result<Vec<Judged>, Box<dyn Error>> {
    let mut paths = Vec::new();
    collect(folder, &mut paths)?;
    paths.sort();
    let shots = chromium::draw(&paths, out)?;
    let judged = paths.into_iter().zip(shots).map(|(path, chromium)| {
        let bytes = std::fs::read(&path).unwrap_or_default();
        let pictures = [
            programs::ours(engine, &bytes),
            programs::resvg(fontdb, &bytes),
            programs::librsvg(&path),
        ];
        let verdicts = pictures
            .each_ref()
            .map(|picture| difference::judge(picture.as_ref(), &chromium));
        Judged {
            path,
            chromium,
            pictures,
            verdicts,
        }
    });
    Ok(judged.collect())
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "svg") {
            paths.push(path.canonicalize()?);
        }
    }
    Ok(())
}

fn print(folder: &Path, judged: &[Judged]) {
    for (at, program) in PROGRAMS.iter().enumerate() {
        let count = |kind: fn(&Verdict) -> bool| judged.iter().filter(|one| kind(&one.verdicts[at])).count();
        println!(
            "{:24} {program:8} {:6} {:6} {:6} {:6} {:7}",
            folder.file_name().unwrap_or_default().to_string_lossy(),
            judged.len(),
            count(|verdict| matches!(verdict, Verdict::Equal)),
            count(|verdict| matches!(verdict, Verdict::Near(_))),
            count(|verdict| matches!(verdict, Verdict::Wrong(_))),
            count(|verdict| matches!(verdict, Verdict::Refused)),
        );
    }
}

/// Rows of four tiles on grey, so that white shows.
fn sheet(worst: &[Judged]) -> RgbaImage {
    const TILE: u32 = SIDE_PX / 2;
    let mut sheet = RgbaImage::from_pixel(4 * TILE, TILE * worst.len().max(1) as u32, Rgba([190, 190, 190, 255]));
    for (row, one) in worst.iter().enumerate() {
        let [ours, resvg, librsvg] = &one.pictures;
        for (column, picture) in [ours.as_ref(), one.chromium.last(), librsvg.as_ref(), resvg.as_ref()]
            .into_iter()
            .enumerate()
        {
            if let Some(picture) = picture {
                let tile = imageops::thumbnail(picture, TILE, TILE);
                imageops::overlay(
                    &mut sheet,
                    &tile,
                    i64::from(TILE) * column as i64,
                    i64::from(TILE) * row as i64,
                );
            }
        }
    }
    sheet
}
