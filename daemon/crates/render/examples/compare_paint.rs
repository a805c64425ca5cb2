//! Draws the files of some lists with resvg and with our painter, in turns, and prints what each costs and how far the pictures are apart.
//!
//! `cargo run --release -p tradepost-render --example compare_paint -- LIST...`; a list holds one path a line.

use std::error::Error;
use std::fs;

use nix::sys::resource::{UsageWho, getrusage};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use tradepost_render::paint::{self, Scratch};

const WIDTH_PX: f32 = 512.0;
const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    for list in std::env::args().skip(1) {
        compare(&list)?;
    }
    Ok(())
}

/// Sums over one set; times in milliseconds of CPU.
#[derive(Default)]
struct Sum {
    files: usize,
    theirs: f64,
    ours: f64,
    worst: u8,
    worst_file: String,
    /// Squared differences, and how many there are.
    squares: f64,
    channels: f64,
    different: usize,
}

fn compare(list: &str) -> Result<(), Box<dyn Error>> {
    let mut scratch = Scratch::default();
    let mut sum = Sum::default();
    for path in fs::read_to_string(list)?.lines() {
        let Ok(tree) = Tree::from_data(&fs::read(path)?, &Options::default()) else {
            continue;
        };
        let scale = WIDTH_PX / tree.size().width();
        let height = (tree.size().height() * scale).round().clamp(1.0, 2048.0);
        let transform = Transform::from_scale(scale, height / tree.size().height());
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        let mut pictures = None;
        for _ in 0..ROUNDS {
            let mut first = Pixmap::new(WIDTH_PX as u32, height as u32).ok_or("no picture")?;
            let mut second = first.clone();
            theirs.push(cpu_ms(|| resvg::render(&tree, transform, &mut first.as_mut())));
            ours.push(cpu_ms(|| {
                paint::render(&tree, transform, &mut second.as_mut(), &mut scratch)
            }));
            pictures = Some((first, second));
        }
        let (first, second) = pictures.ok_or("no round")?;
        sum.files += 1;
        sum.theirs += median(theirs);
        sum.ours += median(ours);
        sum.add(path, &first, &second);
    }
    sum.print(list);
    Ok(())
}

impl Sum {
    fn add(&mut self, path: &str, first: &Pixmap, second: &Pixmap) {
        let differences = first.data().iter().zip(second.data()).map(|(a, b)| a.abs_diff(*b));
        let mut worst = 0;
        let mut squares = 0.0;
        for difference in differences {
            worst = worst.max(difference);
            squares += f64::from(difference) * f64::from(difference);
        }
        self.different += usize::from(worst > 0);
        if worst > self.worst {
            self.worst = worst;
            path.clone_into(&mut self.worst_file);
        }
        self.squares += squares;
        self.channels += first.data().len() as f64;
        if std::env::var_os("EACH").is_some() && worst > 0 {
            let psnr = 10.0 * (65025.0 * first.data().len() as f64 / squares).log10();
            println!("  {worst:3} {psnr:5.1} dB {path}");
        }
    }

    fn print(&self, list: &str) {
        let files = self.files.max(1) as f64;
        let psnr = 10.0 * (65025.0 * self.channels / self.squares).log10();
        println!(
            "{list}: {} files, resvg {:.3} ms, ours {:.3} ms ({:.2}x); {} differ, at most {} ({}), PSNR {psnr:.1} dB",
            self.files,
            self.theirs / files,
            self.ours / files,
            self.theirs / self.ours,
            self.different,
            self.worst,
            self.worst_file,
        );
    }
}

fn cpu_ms(draw: impl FnOnce()) -> f64 {
    let before = used_ms();
    draw();
    used_ms() - before
}

fn used_ms() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("a thread may ask what it used");
    let (user, system) = (usage.user_time(), usage.system_time());
    ((user.tv_sec() + system.tv_sec()) * 1_000) as f64 + (user.tv_usec() + system.tv_usec()) as f64 / 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
