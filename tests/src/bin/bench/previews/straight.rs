//! The straightforward program: resvg at each size, the `png` crate, libwebp at method 4.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use resvg::tiny_skia::{Pixmap, PremultipliedColorU8, Transform};
use resvg::usvg;

use super::{WIDTHS, sizes};

/// Draws the files and prints a line of JSON.
pub fn run(out: &Path, files: &[String]) {
    // The first warms up.
    let _ = draw(Path::new(&files[0]), out);
    let (before, started) = (cpu(), Instant::now());
    let failed = files.iter().filter(|file| draw(Path::new(file), out).is_none()).count();
    let (cpu_ms, seconds) = ((cpu() - before).as_secs_f64() * 1000.0, started.elapsed().as_secs_f64());
    let (png, webp) = sizes::sum(out);
    let peak_kib = getrusage(UsageWho::RUSAGE_SELF).unwrap().max_rss();
    let told = serde_json::json!({
        "files": files.len(), "failed": failed, "cpu_ms": cpu_ms, "seconds": seconds, "png": png, "webp": webp, "peak_kib": peak_kib
    });
    println!("{told}");
}

fn draw(file: &Path, out: &Path) -> Option<()> {
    let bytes = std::fs::read(file).ok()?;
    let tree = usvg::Tree::from_data(&bytes, &usvg::Options::default()).ok()?;
    let stem = file.file_stem()?.to_string_lossy();
    for width in WIDTHS {
        let scale = width as f32 / tree.size().width();
        let height = (tree.size().height() * scale).round().max(1.0) as u32;
        let mut pixmap = Pixmap::new(width, height)?;
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
        let pixels = straight(&pixmap);
        std::fs::write(out.join(format!("{stem}-{width}.webp")), webp(&pixels, width, height)?).ok()?;
        let picture = image::RgbaImage::from_raw(width, height, pixels)?;
        picture.save(out.join(format!("{stem}-{width}.png"))).ok()?;
    }
    Some(())
}

fn straight(pixmap: &Pixmap) -> Vec<u8> {
    let channels = |pixel: &PremultipliedColorU8| {
        let colour = pixel.demultiply();
        [colour.red(), colour.green(), colour.blue(), colour.alpha()]
    };
    pixmap.pixels().iter().flat_map(channels).collect()
}

fn webp(straight: &[u8], width: u32, height: u32) -> Option<Vec<u8>> {
    let (width, height) = (width.cast_signed(), height.cast_signed());
    let mut target = std::ptr::null_mut();
    #[expect(unsafe_code, reason = "libwebp is a C library")]
    // SAFETY: the pixels are `height` rows of `width` pixels of four bytes; what libwebp allocates is copied and freed once.
    unsafe {
        let length = libwebp_sys::WebPEncodeRGBA(straight.as_ptr(), width, height, width * 4, 80.0, &mut target);
        if length == 0 {
            return None;
        }
        let bytes = std::slice::from_raw_parts(target, length).to_vec();
        libwebp_sys::WebPFree(target.cast());
        Some(bytes)
    }
}

fn cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Duration::from_secs_f64(seconds(usage.user_time()) + seconds(usage.system_time()))
}
