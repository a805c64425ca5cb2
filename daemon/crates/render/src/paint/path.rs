//! Paths: fills and strokes with colours, gradients and patterns, as resvg draws them.

use resvg::tiny_skia::{
    Color, FillRule, FilterQuality, GradientStop, LinearGradient, Paint, Pattern, Pixmap, PixmapMut, RadialGradient,
    Rect, Shader, SpreadMode, Transform,
};
use resvg::usvg::{self, BaseGradient, Opacity};

use super::Painter;
use super::area::Area;

/// Strokes end up to this far outside of their bounds: rounding, and the half pixel of anti-aliasing.
const MARGIN_PX: i32 = 2;
/// Paths that end farther outside of the picture are not drawn.
const FARTHEST_PX: f32 = 1e8;

impl Painter<'_> {
    /// Draws a path at an opacity that is on top of its own.
    pub(super) fn path(
        &mut self,
        path: &usvg::Path,
        opacity: Opacity,
        transform: Transform,
        pixmap: &mut PixmapMut<'_>,
    ) {
        if !path.is_visible() || !is_near(path, transform, pixmap) {
            return;
        }
        if path.paint_order() == usvg::PaintOrder::FillAndStroke {
            self.fill(path, opacity, transform, pixmap);
            self.stroke(path, opacity, transform, pixmap);
        } else {
            self.stroke(path, opacity, transform, pixmap);
            self.fill(path, opacity, transform, pixmap);
        }
    }

    fn fill(
        &mut self,
        path: &usvg::Path,
        opacity: Opacity,
        transform: Transform,
        pixmap: &mut PixmapMut<'_>,
    ) -> Option<()> {
        let fill = path.fill()?;
        let bounds = path.data().bounds();
        // Lines have no inside.
        if bounds.width() == 0.0 || bounds.height() == 0.0 {
            return None;
        }
        if self.gradient(path, fill, opacity, transform, pixmap).is_some() {
            return Some(());
        }
        let tile = self.pattern(fill.paint(), transform);
        let shader = shader(fill.paint(), tile.as_ref(), fill.opacity() * opacity)?;
        let paint = paint(shader, path);
        pixmap.fill_path(path.data(), &paint, rule(fill.rule()), transform, None);
        Some(())
    }

    fn stroke(
        &mut self,
        path: &usvg::Path,
        opacity: Opacity,
        transform: Transform,
        pixmap: &mut PixmapMut<'_>,
    ) -> Option<()> {
        let stroke = path.stroke()?;
        let tile = self.pattern(stroke.paint(), transform);
        let shader = shader(stroke.paint(), tile.as_ref(), stroke.opacity() * opacity)?;
        let paint = paint(shader, path);
        pixmap.stroke_path(path.data(), &paint, &stroke.to_tiny_skia(), transform, None);
        Some(())
    }

    /// One tile of a pattern, and where it goes.
    fn pattern(&mut self, paint: &usvg::Paint, transform: Transform) -> Option<(Pixmap, Transform)> {
        let usvg::Paint::Pattern(pattern) = paint else {
            return None;
        };
        let (sx, sy) = transform.pre_concat(pattern.transform()).get_scale();
        let rect = pattern.rect();
        let mut tile = Pixmap::new((rect.width() * sx).round() as u32, (rect.height() * sy).round() as u32)?;
        self.nodes(pattern.root(), Transform::from_scale(sx, sy), &mut tile.as_mut());
        let placed = pattern
            .transform()
            .pre_translate(rect.x(), rect.y())
            .pre_scale(1.0 / sx, 1.0 / sy);
        Some((tile, placed))
    }
}

/// tiny-skia's name of the rule.
pub fn rule(rule: usvg::FillRule) -> FillRule {
    match rule {
        usvg::FillRule::NonZero => FillRule::Winding,
        usvg::FillRule::EvenOdd => FillRule::EvenOdd,
    }
}

/// Returns `true` when the path may touch the picture, and none of it is so far away that tiny-skia would panic.
fn is_near(path: &usvg::Path, transform: Transform, pixmap: &PixmapMut<'_>) -> bool {
    let picture = Area::of_size(pixmap.width() as usize, pixmap.height() as usize);
    let bounds = path.stroke_bounding_box().transform(transform);
    bounds.is_some_and(|bounds| is_fillable(bounds) && !Area::around(bounds, MARGIN_PX).intersect(picture).is_empty())
}

/// Returns `true` when tiny-skia can fill paths within these bounds, in pixels, without an overflow.
pub(super) fn is_fillable(bounds: Rect) -> bool {
    let edges = [bounds.left(), bounds.top(), bounds.right(), bounds.bottom()];
    edges.iter().all(|edge| edge.abs() < FARTHEST_PX)
}

fn paint<'a>(shader: Shader<'a>, path: &usvg::Path) -> Paint<'a> {
    Paint {
        shader,
        anti_alias: path.rendering_mode().use_shape_antialiasing(),
        ..Paint::default()
    }
}

fn shader<'a>(paint: &usvg::Paint, tile: Option<&'a (Pixmap, Transform)>, opacity: Opacity) -> Option<Shader<'a>> {
    match paint {
        usvg::Paint::Color(color) => {
            let color = Color::from_rgba8(color.red, color.green, color.blue, opacity.to_u8());
            Some(Shader::SolidColor(color))
        }
        usvg::Paint::LinearGradient(linear) => LinearGradient::new(
            (linear.x1(), linear.y1()).into(),
            (linear.x2(), linear.y2()).into(),
            stops(linear, opacity),
            spread(linear),
            linear.transform(),
        ),
        usvg::Paint::RadialGradient(radial) => RadialGradient::new(
            (radial.fx(), radial.fy()).into(),
            radial.fr().get(),
            (radial.cx(), radial.cy()).into(),
            radial.r().get(),
            stops(radial, opacity),
            spread(radial),
            radial.transform(),
        ),
        usvg::Paint::Pattern(_) => {
            let (tile, placed) = tile?;
            Some(Pattern::new(
                tile.as_ref(),
                SpreadMode::Repeat,
                FilterQuality::Bicubic,
                opacity.get(),
                *placed,
            ))
        }
    }
}

fn spread(gradient: &BaseGradient) -> SpreadMode {
    match gradient.spread_method() {
        usvg::SpreadMethod::Pad => SpreadMode::Pad,
        usvg::SpreadMethod::Reflect => SpreadMode::Reflect,
        usvg::SpreadMethod::Repeat => SpreadMode::Repeat,
    }
}

fn stops(gradient: &BaseGradient, opacity: Opacity) -> Vec<GradientStop> {
    let stop = |stop: &usvg::Stop| {
        let (color, alpha) = (stop.color(), (stop.opacity() * opacity).to_u8());
        GradientStop::new(
            stop.offset().get(),
            Color::from_rgba8(color.red, color.green, color.blue, alpha),
        )
    };
    gradient.stops().iter().map(stop).collect()
}
