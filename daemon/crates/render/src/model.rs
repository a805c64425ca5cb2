//! A still of a 3D model (GLB), as on a turntable, seen from the front right and a little from above.
//!
//! A small rasterizer with a depth buffer: base colour and emission with their textures, one light with a sky around it, transparent surfaces
//! after opaque ones, skins at rest. Everything is bounded beforehand, by the data and not by what a number declares. A model that takes more
//! is not at fault; it has no picture, and a finding says why.

mod camera;
mod canvas;
mod light;
mod scene;
mod shape;
mod surface;
#[cfg(test)]
mod tests;
mod texture;
mod textures;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use resvg::tiny_skia::{IntSize, Pixmap};
use tradepost_inspect::glb::{self, Elements, Model};

use self::camera::Camera;
use self::canvas::Canvas;
use self::scene::PlacedMesh;
use self::shape::{PlacedPrimitive, Triangles};
use self::surface::Surfaces;

/// The most triangles of a model, counted each time they are shown.
pub const MAX_TRIANGLES: usize = 5_000_000;
/// The most vertices of a model, counted each time they are shown.
const MAX_VERTICES: usize = 4_000_000;
/// Primitives, each time they are shown.
const MAX_SHAPES: usize = 100_000;
/// A picture needs no accessor of more elements.
const MAX_ELEMENTS: usize = 3 * MAX_TRIANGLES;
/// The most pixels of all textures that are shown, together.
pub const MAX_TEXTURE_PIXELS: u64 = 50_000_000;
/// Wider pictures are scaled up: so large a canvas would take more memory than a file has.
const MAX_SIDE_PX: u32 = 2048;
/// Up to here every pixel is the mean of four.
const MAX_FINE_SIDE_PX: u32 = 1024;

/// The reason why a model has no picture.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ModelError {
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
    #[error("cannot be rendered: it is not a GLB")]
    Unreadable,
}

/// A picture of a model: square, transparent around it.
pub struct Still {
    master: Pixmap,
    /// Parts that could not be shown.
    pub notes: Vec<String>,
}

impl Still {
    /// Draws a GLB in which [`glb::check`] found no error, for pictures up to this width.
    pub fn draw(bytes: &[u8], widest_px: u32) -> Result<Self, ModelError> {
        glb::read_model(bytes, |model| Self::draw_model(model, widest_px)).ok_or(ModelError::Unreadable)?
    }

    fn draw_model(model: &Model<'_>, widest_px: u32) -> Result<Self, ModelError> {
        let placed = scene::place_meshes(model);
        let shapes = shapes(model, &placed)?;
        let camera =
            Camera::around(|| shapes.iter().flat_map(|(shape, _)| shape.points())).ok_or(ModelError::Nothing)?;
        let mut surfaces = Surfaces::new(model, shapes.iter().map(|(shape, _)| shape.material))?;
        let side = widest_px.clamp(1, MAX_SIDE_PX);
        let fine = if side <= MAX_FINE_SIDE_PX { 2 } else { 1 };
        let mut canvas = Canvas::new(side * fine);
        paint(&mut canvas, shapes, &camera, &surfaces)?;
        let master = canvas.into_pixmap(side).ok_or(ModelError::Nothing)?;
        if master.pixels().iter().all(|pixel| pixel.alpha() == 0) {
            return Err(ModelError::Nothing);
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

/// The elements of an accessor, unless there are more than a picture needs.
fn elements<'a>(model: &'a Model<'_>, accessor: Option<usize>) -> Option<Elements<'a>> {
    model
        .elements(accessor)
        .filter(|elements| elements.len() <= MAX_ELEMENTS)
}

/// The vertices and triangles of all primitives, within bounds.
fn shapes<'a>(
    model: &'a Model<'_>,
    placed: &[PlacedMesh],
) -> Result<Vec<(PlacedPrimitive<'a>, Triangles<'a>)>, ModelError> {
    let (mut all_triangles, mut all_vertices) = (0_usize, 0_usize);
    let mut shapes = Vec::new();
    for placed in placed {
        let Some(mesh) = model.mesh(Some(placed.mesh)) else {
            continue;
        };
        for primitive in mesh.primitives() {
            let Some(shape) = PlacedPrimitive::new(model, primitive, placed) else {
                continue;
            };
            let Some(triangles) = Triangles::new(model, primitive, shape.len()) else {
                continue;
            };
            all_triangles = all_triangles.saturating_add(triangles.len());
            all_vertices = all_vertices.saturating_add(shape.len());
            if all_triangles > MAX_TRIANGLES || all_vertices > MAX_VERTICES || shapes.len() >= MAX_SHAPES {
                return Err(ModelError::TooManyTriangles);
            }
            shapes.push((shape, triangles));
        }
    }
    Ok(shapes)
}

/// Draws opaque surfaces first, then blended ones, the farthest first.
fn paint(
    canvas: &mut Canvas,
    shapes: Vec<(PlacedPrimitive<'_>, Triangles<'_>)>,
    camera: &Camera,
    surfaces: &Surfaces,
) -> Result<(), ModelError> {
    let lens = camera.lens(canvas.side());
    let (blended, opaque): (Vec<_>, Vec<_>) = shapes
        .into_iter()
        .partition(|(shape, _)| surfaces.get(shape.material).is_blended());
    let mut vertices = Vec::new();
    for (shape, triangles) in &opaque {
        let surface = surfaces.get(shape.material);
        vertices.clear();
        vertices.extend((0..shape.len()).map(|at| lens.project(shape, at, surface)));
        for corners in (0..triangles.len()).map(|at| triangles.at(at)) {
            canvas.triangle(&vertices, corners, surface)?;
        }
    }
    let far = |shape: &PlacedPrimitive<'_>| lens.distance(shape.middle());
    let mut blended: Vec<_> = blended
        .iter()
        .map(|(shape, triangles)| (far(shape), shape, triangles))
        .collect();
    blended.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, shape, triangles) in blended {
        let surface = surfaces.get(shape.material);
        vertices.clear();
        vertices.extend((0..shape.len()).map(|at| lens.project(shape, at, surface)));
        let nearness = |corners: &[usize; 3]| -> f32 {
            corners
                .iter()
                .map(|&at| vertices.get(at).map_or(0.0, |vertex| vertex.nearness))
                .sum()
        };
        let mut sorted: Vec<[usize; 3]> = (0..triangles.len()).map(|at| triangles.at(at)).collect();
        sorted.sort_by(|a, b| nearness(a).total_cmp(&nearness(b)));
        for corners in sorted {
            canvas.triangle(&vertices, corners, surface)?;
        }
    }
    Ok(())
}
