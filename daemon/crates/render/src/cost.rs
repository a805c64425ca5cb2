//! Estimates the cost of drawing by walking the tree as the painter does: time in steps of a pixel, memory in bytes of layers.
//!
//! A tree of a few kilobytes can ask for hours of work or all memory: masks in masks, patterns in patterns, filters over filters. Such files are
//! refused with a reason before the first pixel; the limits of the jail stop whatever is underestimated here.

mod filters;

use resvg::tiny_skia::{Rect, Transform};
use resvg::usvg::{ClipPath, Group, Image, ImageKind, Mask, Node, Paint, Path, Pattern, Tree};

/// The limit in steps of about a nanosecond; drawings that take seconds lie above.
const MAX_STEPS: f64 = 2e9;
const MAX_LAYER_BYTES: f64 = 256e6;
/// A node costs this much even when it is nowhere near the picture.
const NODE_STEPS: f64 = 150.0;
/// One point of a path.
const POINT_STEPS: f64 = 30.0;
/// Edges are sorted on each of four lines of a pixel: the cost grows with the square of how many there are side by side.
const EDGE_STEPS: f64 = 0.2;
/// One piece of a dashed line.
const DASH_STEPS: f64 = 300.0;
/// A layer is cleared, drawn on and put onto the one below.
const LAYER_STEPS: f64 = 20.0;
const MASK_STEPS: f64 = 12.0;
/// Layers may be five times as wide and high as the picture.
const LAYER_SCALE: f64 = 25.0;

/// The reason why the picture cannot be drawn that wide, for the contributor; `None` when it can.
pub fn excess(tree: &Tree, width_px: u32) -> Option<&'static str> {
    let size = tree.size();
    let scale = width_px as f32 / size.width();
    let canvas = f64::from(width_px) * f64::from(width_px) * f64::from(size.height() / size.width()).min(4.0);
    let mut cost = Cost {
        canvas: canvas.max(1.0),
        steps: 0.0,
        bytes: 0.0,
    };
    cost.group(tree.root(), Transform::from_scale(scale, scale))
        .err()
        .map(|excess| match excess {
            Excess::Steps => {
                "would take too long to draw: use fewer or smaller filters, masks, patterns and clip paths"
            }
            Excess::Bytes => "would take too much memory to draw: use smaller patterns, and nest fewer layers with opacity, masks or filters",
        })
}

enum Excess {
    Steps,
    Bytes,
}

struct Cost {
    /// Pixels of the picture.
    canvas: f64,
    steps: f64,
    /// Bytes of all layers that exist at this moment.
    bytes: f64,
}

impl Cost {
    fn spend(&mut self, steps: f64) -> Result<(), Excess> {
        self.steps += steps;
        // NaN exceeds the limit as well.
        if self.steps <= MAX_STEPS {
            Ok(())
        } else {
            Err(Excess::Steps)
        }
    }

    /// Does something while a layer of so many pixels exists.
    fn with_layer(&mut self, pixels: f64, draw: impl FnOnce(&mut Self) -> Result<(), Excess>) -> Result<(), Excess> {
        let before = self.bytes;
        self.bytes += pixels * 4.0;
        if self.bytes > MAX_LAYER_BYTES {
            return Err(Excess::Bytes);
        }
        self.spend(pixels * LAYER_STEPS)?;
        draw(self)?;
        self.bytes = before;
        Ok(())
    }

    fn group(&mut self, group: &Group, transform: Transform) -> Result<(), Excess> {
        let transform = transform.pre_concat(group.transform());
        self.spend(NODE_STEPS)?;
        if !group.should_isolate() {
            return self.nodes(group, transform);
        }
        let layer = area(group.layer_bounding_box().to_rect(), transform).min(self.canvas * LAYER_SCALE);
        self.with_layer(layer, |cost| {
            cost.nodes(group, transform)?;
            for filter in group.filters() {
                let region = area(filter.rect().to_rect(), transform).min(layer);
                cost.filter(filter, region, transform)?;
            }
            if let Some(clip_path) = group.clip_path() {
                cost.clip_path(clip_path, layer, transform)?;
            }
            group.mask().map_or(Ok(()), |mask| cost.mask(mask, layer, transform))
        })
    }

    fn nodes(&mut self, group: &Group, transform: Transform) -> Result<(), Excess> {
        for node in group.children() {
            match node {
                Node::Group(group) => self.group(group, transform)?,
                Node::Path(path) => self.path(path, transform)?,
                Node::Image(image) => self.image(image, transform)?,
                Node::Text(text) => self.group(text.flattened(), transform)?,
            }
        }
        Ok(())
    }

    fn clip_path(&mut self, clip_path: &ClipPath, layer: f64, transform: Transform) -> Result<(), Excess> {
        self.with_layer(layer, |cost| {
            cost.nodes(clip_path.root(), transform.pre_concat(clip_path.transform()))?;
            let next = clip_path.clip_path();
            next.map_or(Ok(()), |next| cost.clip_path(next, layer, transform))
        })
    }

    fn mask(&mut self, mask: &Mask, layer: f64, transform: Transform) -> Result<(), Excess> {
        self.spend(layer * MASK_STEPS)?;
        self.with_layer(layer, |cost| {
            cost.nodes(mask.root(), transform)?;
            mask.mask().map_or(Ok(()), |next| cost.mask(next, layer, transform))
        })
    }

    fn path(&mut self, path: &Path, transform: Transform) -> Result<(), Excess> {
        let pixels = area(path.stroke_bounding_box(), transform).min(self.canvas);
        self.spend(NODE_STEPS + path.data().len() as f64 * POINT_STEPS)?;
        self.spend(edges(path, transform, self.canvas) * EDGE_STEPS)?;
        if let Some(fill) = path.fill() {
            self.spend(pixels)?;
            self.paint(fill.paint(), transform)?;
        }
        if let Some(stroke) = path.stroke() {
            self.spend(pixels * 0.5)?;
            if let Some(dashes) = stroke.dasharray() {
                let period = dashes.iter().map(|&dash| f64::from(dash)).sum::<f64>();
                self.spend(length(path) / period.max(1e-6) * dashes.len() as f64 * DASH_STEPS)?;
            }
            self.paint(stroke.paint(), transform)?;
        }
        Ok(())
    }

    fn paint(&mut self, paint: &Paint, transform: Transform) -> Result<(), Excess> {
        match paint {
            Paint::Pattern(pattern) => self.pattern(pattern, transform),
            _ => Ok(()),
        }
    }

    fn pattern(&mut self, pattern: &Pattern, transform: Transform) -> Result<(), Excess> {
        let (sx, sy) = transform.pre_concat(pattern.transform()).get_scale();
        let tile = Transform::from_scale(sx, sy);
        self.with_layer(area(pattern.rect().to_rect(), tile), |cost| {
            cost.nodes(pattern.root(), tile)
        })
    }

    fn image(&mut self, image: &Image, transform: Transform) -> Result<(), Excess> {
        let shown = area(image.bounding_box(), transform).min(self.canvas);
        match image.kind() {
            ImageKind::SVG(tree) => self.with_layer(self.canvas, |cost| cost.group(tree.root(), transform)),
            _ => {
                let pixels = f64::from(image.size().width()) * f64::from(image.size().height());
                self.with_layer(pixels, |cost| cost.spend(pixels * 20.0 + shown * 20.0))
            }
        }
    }
}

/// In pixels.
fn area(rect: Rect, transform: Transform) -> f64 {
    let (sx, sy) = transform.get_scale();
    let (width, height) = (
        f64::from(rect.width()) * f64::from(sx),
        f64::from(rect.height()) * f64::from(sy),
    );
    (width + 4.0) * (height + 4.0)
}

/// Not less than the path's length, roughly.
fn length(path: &Path) -> f64 {
    let points = path.data().points();
    let steps = points.windows(2).map(|pair| f64::from((pair[1] - pair[0]).length()));
    steps.sum()
}

/// The mean number of edges that a line of pixels crosses, squared, times the lines.
fn edges(path: &Path, transform: Transform, canvas: f64) -> f64 {
    let scale = f64::from(transform.get_scale().1);
    let high = (f64::from(path.bounding_box().height()) * scale).clamp(1.0, canvas);
    let points = path.data().points();
    let climbed: f64 = points
        .windows(2)
        .map(|pair| f64::from((pair[1].y - pair[0].y).abs()) * scale)
        .sum();
    let beside = climbed / high;
    beside * beside * high
}
