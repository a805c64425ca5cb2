//! Chromium: a page of many pictures is shot at once. Animated ones are held at the moment that ours shows, at their beginning, and late.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use image::{RgbaImage, imageops};

use crate::SIDE_PX;
use crate::programs::fonts_conf;

const COLUMNS: u32 = 10;
/// The number of files on a page.
pub const PAGE: usize = 200;
/// Beside the moment that ours shows, in seconds.
const OTHER_MOMENTS: [f64; 2] = [0.0, 100.0];

pub struct Chromium {
    out: PathBuf,
}

pub fn is_animated(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    ["<animate", "<set ", "keyframes"]
        .iter()
        .any(|word| text.contains(word))
}

impl Chromium {
    /// Pages and shots are in this folder.
    pub fn new(out: &Path) -> Self {
        Self { out: out.to_owned() }
    }

    /// The pictures for each path of a page, in their order: one, or one for each moment of an animated drawing.
    pub fn draw(&self, paths: &[PathBuf], moments: &[Option<f64>]) -> Result<Vec<Vec<RgbaImage>>, Box<dyn Error>> {
        let animated: Vec<bool> = paths.iter().map(|path| is_animated(path)).collect();
        let mut shots = vec![self.take(paths, &animated, |at| moments[at].unwrap_or(0.0))?];
        if animated.contains(&true) {
            for moment in OTHER_MOMENTS {
                shots.push(self.take(paths, &animated, |_| moment)?);
            }
        }
        let cell = |shot: &RgbaImage, at: u32| {
            let (x, y) = (at % COLUMNS * SIDE_PX, at / COLUMNS * SIDE_PX);
            imageops::crop_imm(shot, x, y, SIDE_PX, SIDE_PX).to_image()
        };
        let pictures = (0..).zip(animated).map(|(at, is_animated)| {
            let shots = if is_animated { &shots[..] } else { &shots[..1] };
            let mut cells: Vec<RgbaImage> = shots.iter().map(|shot| cell(shot, at)).collect();
            // A still is to show something, if the drawing ever does.
            let shows = |one: &RgbaImage| one.pixels().any(|pixel| pixel.0[3] != 0);
            if cells.iter().any(shows) {
                cells.retain(shows);
            }
            cells
        });
        Ok(pictures.collect())
    }

    fn take(
        &self,
        paths: &[PathBuf],
        animated: &[bool],
        moment: impl Fn(usize) -> f64,
    ) -> Result<RgbaImage, Box<dyn Error>> {
        let (page, shot) = (self.out.join("page.html"), self.out.join("page.png"));
        let cells = paths.iter().zip(animated).enumerate();
        let cells = cells.map(|(at, (path, &is_animated))| cell(path, is_animated.then(|| moment(at))));
        std::fs::write(&page, html(&cells.collect::<String>()))?;
        let status = Command::new("chromium")
            .env("FONTCONFIG_FILE", fonts_conf(&self.out))
            .args([
                "--headless",
                "--no-sandbox",
                "--hide-scrollbars",
                "--default-background-color=00000000",
            ])
            .args(["--force-color-profile=srgb", "--allow-file-access-from-files"])
            .arg(format!(
                "--window-size={},{}",
                COLUMNS * SIDE_PX,
                PAGE as u32 / COLUMNS * SIDE_PX
            ))
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
}

/// An animated drawing is held at its moment.
fn cell(path: &Path, moment: Option<f64>) -> String {
    let url = path
        .to_string_lossy()
        .replace('%', "%25")
        .replace('#', "%23")
        .replace('?', "%3f");
    let url = url.replace('&', "&amp;").replace('"', "&quot;");
    match moment {
        Some(moment) => format!("<iframe onload=\"hold(this,{moment})\" src=\"file://{url}\"></iframe>"),
        None => format!("<img src=\"file://{url}\">"),
    }
}

fn html(cells: &str) -> String {
    format!(
        "<!doctype html><style>body{{margin:0;width:{}px;line-height:0}}img,iframe{{width:{SIDE_PX}px;height:{SIDE_PX}px;border:0;object-fit:contain;object-position:0 0}}</style>
        <script>function hold(frame,moment){{const page=frame.contentDocument,svg=page.documentElement;
        svg.setAttribute('width','100%');svg.setAttribute('height','100%');svg.setAttribute('preserveAspectRatio','xMinYMin');
        svg.pauseAnimations();svg.setCurrentTime(moment);
        page.getAnimations().forEach(one=>{{one.pause();one.currentTime=moment*1000}})}}</script>{cells}",
        COLUMNS * SIDE_PX,
    )
}
