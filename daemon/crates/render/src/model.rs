//! Models: a still of a GLB, as on a turntable, seen from the front right and a little from above.
//!
//! A small rasteriser with a depth buffer: base colour and emission with their textures, one light with a sky around it, what is transparent over
//! what is not, bones at rest. Everything is bounded beforehand, by what there is and not by what a number says: what would take more is no
//! fault of the model, it only has no picture, and is told why.

mod access;
mod camera;
mod canvas;
mod document;
mod light;
mod look;
mod matrix;
mod scene;
mod shape;
mod surface;
#[cfg(test)]
mod tests;
mod texture;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use resvg::tiny_skia::{IntSize, Pixmap};
use tradepost_inspect::glb;

use self::access::Data;
use self::camera::Camera;
use self::canvas::Canvas;
use self::document::Document;
use self::scene::Placed;
use self::shape::{Corners, Shape};
use self::surface::Surfaces;

/// Of everything that is shown, each time it is shown.
pub const MAX_TRIANGLES: usize = 5_000_000;
/// Of everything that is shown, each time it is shown.
const MAX_VERTICES: usize = 4_000_000;
/// Pieces of meshes, each time they are shown.
const MAX_SHAPES: usize = 100_000;
/// Of all textures that are shown, together.
pub const MAX_TEXTURE_PIXELS: u64 = 50_000_000;
/// Wider pictures are scaled up: so large a canvas would take more memory than a file has.
const MAX_SIDE_PX: u32 = 2048;
/// Up to here every pixel is the mean of four.
const MAX_FINE_SIDE_PX: u32 = 1024;

/// Why a model has no picture.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unseen {
    #[error("has no picture: nothing of it is made of triangles that could be shown")]
    Nothing,
    #[error(
        "has no picture: it shows more than {MAX_TRIANGLES} triangles, {MAX_VERTICES} vertices or {MAX_SHAPES} pieces"
    )]
    TooManyTriangles,
    #[error("has no picture: its textures have more than {} megapixels together", MAX_TEXTURE_PIXELS / 1_000_000)]
    TooManyPixels,
    #[error("has no picture: so much of it lies over each other that drawing it takes too long")]
    TooDear,
    #[error("has no picture: {0}")]
    Unreadable(String),
}

/// A picture of a model: square, transparent around it.
pub struct Still {
    master: Pixmap,
    /// What could not be shown of it.
    pub notes: Vec<String>,
}

impl Still {
    /// Draws a GLB in which [`glb::check`] found no error, for pictures up to this width.
    pub fn draw(bytes: &[u8], widest_px: u32) -> Result<Self, Unseen> {
        let (json, bin) = glb::chunks(bytes).ok_or_else(|| Unseen::Unreadable("it is no GLB".to_owned()))?;
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        let document: Document = serde_json::from_slice(json)
            .map_err(|error| Unseen::Unreadable(format!("its JSON is unusual: {error}")))?;
        let data = Data::new(&document, bin);
        let placed = scene::place_all(&data);
        let shapes = shapes(&data, &placed)?;
        let camera = Camera::around(|| shapes.iter().flat_map(|(shape, _)| shape.points())).ok_or(Unseen::Nothing)?;
        let mut surfaces = Surfaces::new(&data, shapes.iter().map(|(shape, _)| shape.material))?;
        let side = widest_px.clamp(1, MAX_SIDE_PX);
        let fine = if side <= MAX_FINE_SIDE_PX { 2 } else { 1 };
        let mut canvas = Canvas::new(side * fine);
        paint(&mut canvas, shapes, &camera, &surfaces)?;
        let master = canvas.into_pixmap(side).ok_or(Unseen::Nothing)?;
        if master.pixels().iter().all(|pixel| pixel.alpha() == 0) {
            return Err(Unseen::Nothing);
        }
        Ok(Self {
            master,
            notes: surfaces.take_notes(),
        })
    }

    /// The picture at a width; `None` when memory is short.
    pub fn at(&self, width: u32) -> Option<Pixmap> {
        if width == self.master.width() {
            return Some(self.master.clone());
        }
        let side = self.master.width();
        let source = ImageRef::new(side, side, self.master.data(), PixelType::U8x4).ok()?;
        let mut scaled = Image::new(width, width, PixelType::U8x4);
        // A filter without negative weights: no colour may become more than its alpha.
        let filter = ResizeAlg::Convolution(FilterType::Bilinear);
        let options = ResizeOptions::new().resize_alg(filter).use_alpha(false);
        Resizer::new().resize(&source, &mut scaled, &options).ok()?;
        let mut pixels = scaled.into_vec();
        for pixel in pixels.chunks_exact_mut(4) {
            let alpha = pixel[3];
            pixel[..3]
                .iter_mut()
                .for_each(|channel| *channel = (*channel).min(alpha));
        }
        Pixmap::from_vec(pixels, IntSize::from_wh(width, width)?)
    }
}

/// What is made of triangles, within bounds.
fn shapes<'a>(data: &'a Data<'_>, placed: &'a [Placed]) -> Result<Vec<(Shape<'a>, Corners<'a>)>, Unseen> {
    let (mut triangles, mut vertices) = (0_usize, 0_usize);
    let mut shapes = Vec::new();
    for placed in placed {
        let Some(mesh) = data.document.meshes.get(placed.mesh) else {
            continue;
        };
        for primitive in &mesh.primitives {
            let Some(shape) = Shape::new(data, primitive, placed) else {
                continue;
            };
            let Some(corners) = Corners::new(data, primitive, shape.len()) else {
                continue;
            };
            triangles = triangles.saturating_add(corners.len());
            vertices = vertices.saturating_add(shape.len());
            if triangles > MAX_TRIANGLES || vertices > MAX_VERTICES || shapes.len() >= MAX_SHAPES {
                return Err(Unseen::TooManyTriangles);
            }
            shapes.push((shape, corners));
        }
    }
    Ok(shapes)
}

/// What hides goes first, then what is seen through, the farthest first.
fn paint(
    canvas: &mut Canvas,
    shapes: Vec<(Shape<'_>, Corners<'_>)>,
    camera: &Camera,
    surfaces: &Surfaces,
) -> Result<(), Unseen> {
    let lens = camera.lens(canvas.side());
    let (clear, solid): (Vec<_>, Vec<_>) = shapes
        .into_iter()
        .partition(|(shape, _)| surfaces.get(shape.material).is_clear());
    let mut vertices = Vec::new();
    for (shape, corners) in &solid {
        let surface = surfaces.get(shape.material);
        vertices.clear();
        vertices.extend((0..shape.len()).map(|at| lens.see(shape, at, surface)));
        for corners in (0..corners.len()).map(|at| corners.at(at)) {
            canvas.triangle(&vertices, corners, surface)?;
        }
    }
    let far = |shape: &Shape<'_>| lens.distance(shape.middle());
    let mut clear: Vec<_> = clear
        .iter()
        .map(|(shape, corners)| (far(shape), shape, corners))
        .collect();
    clear.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, shape, corners) in clear {
        let surface = surfaces.get(shape.material);
        vertices.clear();
        vertices.extend((0..shape.len()).map(|at| lens.see(shape, at, surface)));
        let nearness = |corners: &[usize; 3]| -> f32 {
            corners
                .iter()
                .map(|&at| vertices.get(at).map_or(0.0, |vertex| vertex.nearness))
                .sum()
        };
        let mut sorted: Vec<[usize; 3]> = (0..corners.len()).map(|at| corners.at(at)).collect();
        sorted.sort_by(|a, b| nearness(a).total_cmp(&nearness(b)));
        for corners in sorted {
            canvas.triangle(&vertices, corners, surface)?;
        }
    }
    Ok(())
}
