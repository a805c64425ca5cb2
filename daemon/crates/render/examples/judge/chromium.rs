//! Chromium: a page of many pictures is shot at once. Animated ones are held at their beginning, and where what ends has ended.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use image::{RgbaImage, imageops};

use crate::SIDE_PX;

const COLUMNS: u32 = 10;
const ROWS: u32 = 10;
/// In seconds of the animation.
const MOMENTS: [u32; 2] = [0, 100];

/// The pictures for each path, in their order: one, or one for each moment of an animated drawing.
pub fn draw(paths: &[PathBuf], out: &Path) -> Result<Vec<Vec<RgbaImage>>, Box<dyn Error>> {
    let mut pictures = Vec::new();
    for paths in paths.chunks((COLUMNS * ROWS) as usize) {
        let animated: Vec<bool> = paths.iter().map(|path| is_animated(path)).collect();
        let moments = if animated.contains(&true) {
            &MOMENTS[..]
        } else {
            &MOMENTS[..1]
        };
        let mut shots = Vec::new();
        for &moment in moments {
            let page = out.join("page.html");
            std::fs::write(&page, html(paths, &animated, moment))?;
            shots.push(take(&page.canonicalize()?, &out.join("page.png"))?);
        }
        for (at, is_animated) in (0..).zip(animated) {
            let (x, y) = (at % COLUMNS * SIDE_PX, at / COLUMNS * SIDE_PX);
            let cells = shots
                .iter()
                .map(|shot| imageops::crop_imm(shot, x, y, SIDE_PX, SIDE_PX).to_image());
            pictures.push(cells.take(if is_animated { MOMENTS.len() } else { 1 }).collect());
        }
    }
    Ok(pictures)
}

fn is_animated(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    ["<animate", "<set ", "keyframes"]
        .iter()
        .any(|word| text.contains(word))
}

fn html(paths: &[PathBuf], animated: &[bool], moment: u32) -> String {
    let mut cells = String::new();
    for (path, is_animated) in paths.iter().zip(animated) {
        let url = path
            .to_string_lossy()
            .replace('%', "%25")
            .replace('#', "%23")
            .replace('?', "%3f");
        let url = url.replace('&', "&amp;").replace('"', "&quot;");
        cells += &match is_animated {
            true => format!("<iframe onload=\"hold(this)\" src=\"file://{url}\"></iframe>"),
            false => format!("<img src=\"file://{url}\">"),
        };
    }
    format!(
        "<!doctype html><style>body{{margin:0;width:{}px;line-height:0}}img,iframe{{width:{SIDE_PX}px;height:{SIDE_PX}px;border:0;object-fit:contain;object-position:0 0}}</style>
        <script>function hold(frame){{const page=frame.contentDocument,svg=page.documentElement;
        svg.setAttribute('width','100%');svg.setAttribute('height','100%');svg.setAttribute('preserveAspectRatio','xMinYMin');
        svg.pauseAnimations();svg.setCurrentTime({moment});
        page.getAnimations().forEach(one=>{{one.pause();one.currentTime={moment}*1000}})}}</script>{cells}",
        COLUMNS * SIDE_PX,
    )
}

fn take(page: &Path, shot: &Path) -> Result<RgbaImage, Box<dyn Error>> {
    let status = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--hide-scrollbars",
            "--default-background-color=00000000",
        ])
        .args(["--force-color-profile=srgb", "--allow-file-access-from-files"])
        .arg(format!("--window-size={},{}", COLUMNS * SIDE_PX, ROWS * SIDE_PX))
        .arg(format!("--screenshot={}", shot.display()))
        .arg(format!("file://{}", page.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if !status.success() {
        return Err("Chromium took no picture".into());
    }
    Ok(image::open(shot)?.to_rgba8())
}
