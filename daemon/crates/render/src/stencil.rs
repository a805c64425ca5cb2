//! Drawings of one colour, which most icons are: only the coverage of each pixel is drawn.

mod sizes;

use resvg::tiny_skia::{self, Transform};
use resvg::usvg::{Color, FillRule, Group, Node, Opacity, Paint, PaintOrder, Path, Tree};

pub use self::sizes::CoverageSizes;
use super::coverage::Coverage;
use super::frame::Frame;
use super::scan::Scanner;

/// A drawing of one colour.
pub struct Stencil<'a> {
    /// Red, green and blue.
    pub colour: [u8; 3],
    shapes: Vec<StencilPath<'a>>,
}

struct StencilPath<'a> {
    path: &'a Path,
    part: Part,
    /// 255 is opaque.
    opacity: u8,
    /// From the shape to the drawing.
    transform: Transform,
}

#[derive(Clone, Copy)]
enum Part {
    Fill(tiny_skia::FillRule),
    Stroke,
}

impl<'a> Stencil<'a> {
    /// `None` when the drawing has several colours, or something in it that is more than shapes: gradients, filters, masks, pictures,
    /// groups that are transparent as a whole. Such drawings may still come out in one colour.
    pub fn from_tree(tree: &'a Tree) -> Option<Self> {
        let mut collector = PathCollector {
            colour: None,
            shapes: Vec::new(),
        };
        collector.nodes(tree.root(), Transform::identity())?;
        let Color { red, green, blue } = collector.colour?;
        Some(Self {
            colour: [red, green, blue],
            shapes: collector.shapes,
        })
    }

    /// Draws over coverage of the frame's size. `None` when the painter has to draw it: with lines thinner than a pixel, or immense paths.
    pub fn draw(&self, frame: &Frame, scanner: &mut Scanner, target: &mut Coverage) -> Option<()> {
        for shape in &self.shapes {
            let transform = frame.transform.pre_concat(shape.transform);
            match shape.part {
                Part::Fill(rule) => scanner.fill(shape.path.data(), rule, transform, shape.opacity, target)?,
                Part::Stroke => {
                    let outline = outline(shape.path, transform)?;
                    let rule = tiny_skia::FillRule::Winding;
                    scanner.fill(&outline, rule, transform, shape.opacity, target)?;
                }
            }
        }
        Some(())
    }
}

/// The outline of a stroke, as in resvg.
fn outline(path: &Path, transform: Transform) -> Option<tiny_skia::Path> {
    let stroke = path.stroke()?.to_tiny_skia();
    if is_hairline(stroke.width, transform) {
        return None;
    }
    let scale = tiny_skia::PathStroker::compute_resolution_scale(&transform);
    match &stroke.dash {
        Some(dash) => path.data().dash(dash, scale)?.stroke(&stroke, scale),
        None => path.data().stroke(&stroke, scale),
    }
}

/// Returns `true` when the line is at most a pixel wide: resvg draws it one pixel wide and lighter.
fn is_hairline(width: f32, transform: Transform) -> bool {
    let length = |x: f32, y: f32| x.abs().max(y.abs()) + x.abs().min(y.abs()) / 2.0;
    length(transform.sx * width, transform.ky * width) <= 1.0
        && length(transform.kx * width, transform.sy * width) <= 1.0
}

/// Collects the paths of a drawing.
struct PathCollector<'a> {
    colour: Option<Color>,
    shapes: Vec<StencilPath<'a>>,
}

impl<'a> PathCollector<'a> {
    /// `None` when there is something that is no shape of the one colour.
    fn nodes(&mut self, group: &'a Group, transform: Transform) -> Option<()> {
        for node in group.children() {
            match node {
                Node::Group(group) => self.group(group, transform)?,
                Node::Path(path) => self.path(path, transform)?,
                Node::Image(_) => return None,
                Node::Text(text) => self.group(text.flattened(), transform)?,
            }
        }
        Some(())
    }

    fn group(&mut self, group: &'a Group, transform: Transform) -> Option<()> {
        if group.should_isolate() {
            return None;
        }
        self.nodes(group, transform.pre_concat(group.transform()))
    }

    fn path(&mut self, path: &'a Path, transform: Transform) -> Option<()> {
        if !path.is_visible() {
            return Some(());
        }
        if !path.rendering_mode().use_shape_antialiasing() {
            return None;
        }
        let fill = |collector: &mut Self| -> Option<()> {
            let bounds = path.data().bounds();
            // Lines without an area cannot be filled.
            let Some(fill) = path.fill().filter(|_| bounds.width() != 0.0 && bounds.height() != 0.0) else {
                return Some(());
            };
            let rule = match fill.rule() {
                FillRule::NonZero => tiny_skia::FillRule::Winding,
                FillRule::EvenOdd => tiny_skia::FillRule::EvenOdd,
            };
            collector.shape(path, Part::Fill(rule), fill.paint(), fill.opacity(), transform)
        };
        let stroke = |collector: &mut Self| -> Option<()> {
            path.stroke().map_or(Some(()), |stroke| {
                collector.shape(path, Part::Stroke, stroke.paint(), stroke.opacity(), transform)
            })
        };
        match path.paint_order() {
            PaintOrder::FillAndStroke => fill(self).and_then(|()| stroke(self)),
            PaintOrder::StrokeAndFill => stroke(self).and_then(|()| fill(self)),
        }
    }

    fn shape(
        &mut self,
        path: &'a Path,
        part: Part,
        paint: &Paint,
        opacity: Opacity,
        transform: Transform,
    ) -> Option<()> {
        let &Paint::Color(colour) = paint else {
            return None;
        };
        let is_same = self.colour.is_none_or(|known| known == colour);
        if !is_same {
            return None;
        }
        self.colour = Some(colour);
        self.shapes.push(StencilPath {
            path,
            part,
            opacity: opacity.to_u8(),
            transform,
        });
        Some(())
    }
}
