//! Compares our lossy encoder with libwebp's: `cargo run --release -p tradepost-render --example vp8_compare -- LIST...`
//!
//! A list is a folder of SVGs or a text file of their paths. Each SVG is drawn 512 pixels wide and halved to 256, 128 and 64, as the engine
//! does; pictures of 256 colours or fewer are left out, because they are never encoded lossily. Printed for each list: CPU milliseconds,
//! bytes, and the quality (PSNR over white and over black, in dB) of ours, and of libwebp's methods 2 and 4.

#![expect(unsafe_code, reason = "libwebp is a C library")]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use libwebp_sys::{
    WEBP_ENCODER_ABI_VERSION, WebPCleanupTransparentArea, WebPConfig, WebPDecodeRGB, WebPEncCSP, WebPEncode, WebPFree,
    WebPPicture, WebPPictureFree, WebPPictureImportRGBA, WebPPictureInitInternal,
};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;
use tradepost_render::straight::Straight;
use tradepost_render::vp8::Vp8;

const QUALITY: u8 = 80;
const WIDTHS: [u32; 4] = [512, 256, 128, 64];

/// What one encoder came to over a list.
#[derive(Clone, Copy, Default)]
struct Sums {
    cpu_ns: u64,
    bytes: u64,
    /// Of the means of squared differences and of the PSNRs of pictures.
    psnr: f64,
    squares: f64,
}

fn main() -> Result<()> {
    let step = std::env::var("STEP")
        .ok()
        .and_then(|step| step.parse().ok())
        .unwrap_or(1);
    println!("list        pictures  encoder   cpu ms/file      bytes   PSNR mean   of all");
    let mut all = ([Sums::default(); 3], 0.0, 0);
    for list in std::env::args_os().skip(1) {
        let list = PathBuf::from(list);
        let files: Vec<PathBuf> = files(&list)?.into_iter().step_by(step).collect();
        let (mut sums, mut pictures, mut drawn) = ([Sums::default(); 3], 0, 0);
        let mut ours = Vp8::default();
        for file in &files {
            let Some(levels) = draw(file) else { continue };
            drawn += 1;
            for pixmap in &levels {
                let straight = Straight::of(pixmap);
                if straight.palette.is_none() {
                    pictures += 1;
                    compare(&straight, &mut ours, &mut sums);
                }
            }
        }
        report(
            &list.file_name().unwrap_or_default().to_string_lossy(),
            &sums,
            pictures,
            drawn,
        );
        for (all, sums) in all.0.iter_mut().zip(&sums) {
            all.cpu_ns += sums.cpu_ns;
            all.bytes += sums.bytes;
            all.psnr += sums.psnr;
            all.squares += sums.squares;
        }
        all.1 += f64::from(pictures);
        all.2 += drawn;
    }
    report("all", &all.0, all.1 as u32, all.2);
    Ok(())
}

fn report(list: &str, sums: &[Sums; 3], pictures: u32, files: u32) {
    for (name, sums) in ["ours", "method 2", "method 4"].into_iter().zip(sums) {
        let count = f64::from(pictures.max(1));
        println!(
            "{list:<12}{pictures:>8}  {name:<10}{:>11.3}{:>11}{:>12.3}{:>9.3}",
            sums.cpu_ns as f64 / 1e6 / f64::from(files.max(1)),
            sums.bytes,
            sums.psnr / count,
            psnr(sums.squares / count),
        );
    }
}

fn files(list: &Path) -> Result<Vec<PathBuf>> {
    if list.is_dir() {
        let entries = std::fs::read_dir(list)?.collect::<Result<Vec<_>, _>>()?;
        let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "svg"));
        files.sort();
        return Ok(files);
    }
    let text = std::fs::read_to_string(list).with_context(|| format!("{} is no folder and no list", list.display()))?;
    Ok(text.lines().map(PathBuf::from).collect())
}

fn draw(file: &Path) -> Option<Vec<Pixmap>> {
    let bytes = std::fs::read(file).ok()?;
    let tree = usvg::Tree::from_data(&bytes, &usvg::Options::default()).ok()?;
    let size = tree.size();
    let height = (512.0 * size.height() / size.width()).round().clamp(1.0, 2048.0);
    let mut pixmap = Pixmap::new(512, height as u32)?;
    let transform = Transform::from_scale(512.0 / size.width(), height / size.height());
    resvg::render(&tree, transform, &mut pixmap.as_mut());
    let mut levels = vec![pixmap];
    for _ in 1..WIDTHS.len() {
        levels.push(halve(levels.last()?)?);
    }
    Some(levels)
}

fn halve(source: &Pixmap) -> Option<Pixmap> {
    let (width, height) = (source.width() / 2, (source.height() / 2).max(1));
    let mut target = Pixmap::new(width, height)?;
    let stride = source.width() as usize * 4;
    let lower = if source.height() > 1 { stride } else { 0 };
    for (at, byte) in target.data_mut().iter_mut().enumerate() {
        let (row, column) = (at / (width as usize * 4), at % (width as usize * 4));
        let from = row * 2 * stride + column / 4 * 8 + column % 4;
        let sum: u32 = [0, 4, lower, lower + 4]
            .iter()
            .map(|offset| u32::from(source.data()[from + offset]))
            .sum();
        *byte = ((sum + 2) / 4) as u8;
    }
    Some(target)
}

fn compare(picture: &Straight, ours: &mut Vp8, sums: &mut [Sums; 3]) {
    let encoders = if std::env::var_os("ONLY_OURS").is_some() { 1 } else { 3 };
    for (at, sums) in sums.iter_mut().enumerate().take(encoders) {
        // The least of some turns, because others use the machine.
        let (mut best, mut file) = (u64::MAX, Vec::new());
        for _ in 0..3 {
            let start = cpu_ns();
            file = match at {
                0 => ours.encode(picture, QUALITY),
                1 => libwebp(picture, 2),
                _ => libwebp(picture, 4),
            };
            best = best.min(cpu_ns() - start);
        }
        let payload = if at == 0 { riff(&file) } else { file };
        let squares = difference(picture, &payload);
        sums.cpu_ns += best;
        sums.bytes += payload.len() as u64 - 20;
        sums.squares += squares;
        sums.psnr += psnr(squares);
    }
}

fn psnr(squares: f64) -> f64 {
    10.0 * (255.0 * 255.0 / squares.max(0.01)).log10()
}

fn riff(payload: &[u8]) -> Vec<u8> {
    let padded = payload.len().next_multiple_of(2);
    let mut file = b"RIFF".to_vec();
    file.extend_from_slice(&(padded as u32 + 12).to_le_bytes());
    file.extend_from_slice(b"WEBPVP8 ");
    file.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    file.extend_from_slice(payload);
    file.resize(20 + padded, 0);
    file
}

/// The mean squared difference over white and over black; the transparency is exact, so both weigh a pixel by how much it shows.
fn difference(picture: &Straight, file: &[u8]) -> f64 {
    let (mut width, mut height) = (0, 0);
    // SAFETY: the file is a slice; the pixels are read before they are freed.
    let decoded = unsafe {
        let pixels = WebPDecodeRGB(file.as_ptr(), file.len(), &mut width, &mut height);
        assert!(!pixels.is_null(), "libwebp does not read the frame");
        let copy = std::slice::from_raw_parts(pixels, (width * height * 3) as usize).to_vec();
        WebPFree(pixels.cast());
        copy
    };
    let mut squares = 0.0;
    for (original, decoded) in picture.rgba.as_chunks::<4>().0.iter().zip(decoded.as_chunks::<3>().0) {
        let alpha = f64::from(original[3]) / 255.0;
        for (original, decoded) in original.iter().zip(decoded) {
            squares += (alpha * (f64::from(*original) - f64::from(*decoded))).powi(2);
        }
    }
    squares / (f64::from(width) * f64::from(height) * 3.0)
}

fn libwebp(picture: &Straight, method: c_int) -> Vec<u8> {
    let config = WebPConfig {
        quality: f32::from(QUALITY),
        method,
        ..WebPConfig::new().expect("the header and the library are of one version")
    };
    let mut bytes: Vec<u8> = Vec::new();
    // SAFETY: the pixels outlive the call and are rows of pixels of 4 bytes; `bytes` outlives the picture that points to it.
    unsafe {
        let mut target = MaybeUninit::<WebPPicture>::uninit();
        assert_ne!(
            WebPPictureInitInternal(target.as_mut_ptr(), WEBP_ENCODER_ABI_VERSION as c_int),
            0
        );
        let mut target = target.assume_init();
        target.width = picture.width.cast_signed();
        target.height = picture.height.cast_signed();
        target.writer = Some(append);
        target.custom_ptr = (&raw mut bytes).cast::<c_void>();
        assert_ne!(
            WebPPictureImportRGBA(&mut target, picture.rgba.as_ptr(), target.width * 4),
            0
        );
        WebPCleanupTransparentArea(&mut target);
        target.colorspace = WebPEncCSP::WEBP_YUV420;
        target.a = std::ptr::null_mut();
        assert_ne!(WebPEncode(&config, &mut target), 0);
        WebPPictureFree(&mut target);
    }
    bytes
}

unsafe extern "C" fn append(data: *const u8, size: usize, picture: *const WebPPicture) -> c_int {
    // SAFETY: libwebp passes its own buffer and the picture above, whose pointer is to a living `Vec` that nothing else uses meanwhile.
    unsafe {
        let bytes = &mut *(*picture).custom_ptr.cast::<Vec<u8>>();
        bytes.extend_from_slice(std::slice::from_raw_parts(data, size));
    }
    1
}

/// What this thread has used.
fn cpu_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time is written, nothing else is touched.
    assert_eq!(
        unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) },
        0
    );
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}
