//! Draws a tree as resvg does, in less time: filters in one channel where that is enough, layers no larger than their content, reused memory.
//!
//! Paths are drawn by tiny-skia just as resvg has it do. What is rare (lighting, turbulence, turned filters, pictures in pictures) is left to
//! resvg itself. Differences: blurs of a small radius are rounded, not cut off, and the passes of a blur run down first, then across.

mod area;
mod clip;
mod filter;
mod gradient;
mod over;
mod path;
mod scratch;

use resvg::tiny_skia::{
    BlendMode, FillRule, FilterQuality, Paint, PathBuilder, Pattern, PixmapMut, PixmapRef, SpreadMode, Transform,
};
use resvg::usvg::{self, Group, Node, Opacity, Tree};

use self::area::Area;
pub use self::scratch::Scratch;

/// Anti-aliased edges reach this far outside of a layer's bounds.
const LAYER_MARGIN_PX: i32 = 2;
/// The number of nodes visited to decide that a group needs no layer; a group with more gets one.
const MAX_LOOK: usize = 1_000;

/// Draws the tree onto the picture, which it must fit: `transform` maps the tree's units to pixels.
pub fn render(tree: &Tree, transform: Transform, pixmap: &mut PixmapMut<'_>, scratch: &mut Scratch) {
    Painter { scratch }.nodes(tree.root(), transform, pixmap);
}

struct Painter<'a> {
    scratch: &'a mut Scratch,
}

/// Pixels of their own, drawn before they go onto the picture.
struct Layer {
    /// The place, in pixels of the image below.
    area: Area,
    /// Red, green, blue and alpha, premultiplied.
    pixels: Vec<u8>,
}

impl Layer {
    fn nothing() -> Self {
        Self {
            area: Area::EMPTY,
            pixels: Vec::new(),
        }
    }

    fn pixmap(&mut self) -> Option<PixmapMut<'_>> {
        PixmapMut::from_bytes(&mut self.pixels, self.area.width() as u32, self.area.height() as u32)
    }
}

impl Painter<'_> {
    fn nodes(&mut self, parent: &Group, transform: Transform, pixmap: &mut PixmapMut<'_>) {
        for node in parent.children() {
            match node {
                Node::Group(group) => self.group(node, group, transform, pixmap),
                Node::Path(path) => self.path(path, Opacity::ONE, transform, pixmap),
                Node::Image(_) => leave_to_resvg(node, transform, pixmap),
                Node::Text(text) => self.group(node, text.flattened(), transform, pixmap),
            }
        }
    }

    fn group(&mut self, node: &Node, group: &Group, transform: Transform, pixmap: &mut PixmapMut<'_>) {
        let inner = transform.pre_concat(group.transform());
        if !group.should_isolate() || isolates_nothing(group) {
            return self.nodes(group, inner, pixmap);
        }
        if let Some((path, to_path)) = faded_path(group) {
            return self.path(path, group.opacity(), inner.pre_concat(to_path), pixmap);
        }
        let plain = group.filters().is_empty();
        if !plain && (!is_straight(inner) || !group.filters().iter().all(|filter| filter::is_known(filter))) {
            return leave_to_resvg(node, transform, pixmap);
        }
        let Some(area) = layer_area(group, inner, pixmap) else {
            return;
        };
        self.layer(group, area, inner, pixmap);
    }

    /// Draws the group on a layer, and that onto the picture.
    fn layer(&mut self, group: &Group, area: Area, transform: Transform, pixmap: &mut PixmapMut<'_>) {
        let mut transform = Transform::from_translate(-area.left as f32, -area.top as f32).pre_concat(transform);
        let pixels = self.scratch.zeroed(area.len() * 4);
        let mut layer = Layer { area, pixels };
        if let Some(mut on) = layer.pixmap() {
            self.nodes(group, transform, &mut on);
        }
        if !group.filters().is_empty() {
            let limits = Area::of_size(area.width(), area.height());
            layer.area = limits;
            for filter in group.filters() {
                layer = self.filter(filter, transform, limits, layer);
            }
            // The result may be smaller.
            transform =
                Transform::from_translate(-layer.area.left as f32, -layer.area.top as f32).pre_concat(transform);
            layer.area = layer.area.shifted(area.left, area.top);
        }
        if let Some(clip) = group.clip_path() {
            self.clip(clip, transform, &mut layer);
        }
        if let Some(mask) = group.mask() {
            self.mask(mask, transform, &mut layer);
        }
        put(&layer, group, pixmap);
        self.scratch.give(layer.pixels);
    }
}

/// Draws a layer onto the picture below.
fn put(layer: &Layer, group: &Group, pixmap: &mut PixmapMut<'_>) {
    let below = Area::of_size(pixmap.width() as usize, pixmap.height() as usize);
    if group.blend_mode() == usvg::BlendMode::Normal {
        return over::draw_over(
            &layer.pixels,
            layer.area,
            group.opacity().get(),
            pixmap.data_mut(),
            below,
        );
    }
    let (width, height) = (layer.area.width() as u32, layer.area.height() as u32);
    let Some(source) = PixmapRef::from_bytes(&layer.pixels, width, height) else {
        return;
    };
    let (left, top) = (layer.area.left as f32, layer.area.top as f32);
    let place = Transform::from_translate(left, top);
    let paint = Paint {
        shader: Pattern::new(
            source,
            SpreadMode::Pad,
            FilterQuality::Nearest,
            group.opacity().get(),
            place,
        ),
        blend_mode: blend_mode(group.blend_mode()),
        ..Paint::default()
    };
    if let Some(rect) = resvg::tiny_skia::Rect::from_xywh(left, top, width as f32, height as f32) {
        pixmap.fill_path(
            &PathBuilder::from_rect(rect),
            &paint,
            FillRule::Winding,
            Transform::identity(),
            None,
        );
    }
}

/// The area of the picture that the group may touch, in pixels.
fn layer_area(group: &Group, transform: Transform, pixmap: &PixmapMut<'_>) -> Option<Area> {
    let picture = Area::of_size(pixmap.width() as usize, pixmap.height() as usize);
    let bounds = group.layer_bounding_box().transform(transform)?;
    let mut shown = picture;
    if let Some(clip) = group.clip_path() {
        let transform = transform.pre_concat(clip.transform());
        let bounds = clip.root().bounding_box().transform(transform);
        shown = bounds.map_or(shown, |bounds| shown.intersect(Area::around(bounds, LAYER_MARGIN_PX)));
    }
    if let Some(mask) = group.mask() {
        let bounds = mask.rect().to_rect().transform(transform);
        shown = bounds.map_or(shown, |bounds| shown.intersect(Area::around(bounds, LAYER_MARGIN_PX)));
    }
    let area = if group.filters().is_empty() {
        Area::around(bounds.to_rect(), LAYER_MARGIN_PX).intersect(shown)
    } else {
        // Blurs and offsets bring into view what is outside; resvg goes no further than this either.
        let (reach_x, reach_y) = filter::reach(group.filters(), transform);
        let farthest = |length: u32| i32::try_from(length.saturating_mul(2)).unwrap_or(i32::MAX);
        let (most_x, most_y) = (farthest(pixmap.width()), farthest(pixmap.height()));
        Area::of_region(bounds).intersect(shown.grown(reach_x.min(most_x), reach_y.min(most_y)))
    };
    (!area.is_empty()).then_some(area)
}

/// The only path of a group that does nothing but fade it, and the way to its units. A path with a fill and a stroke must be whole before it fades.
fn faded_path(group: &Group) -> Option<(&usvg::Path, Transform)> {
    let fades_only = group.clip_path().is_none()
        && group.mask().is_none()
        && group.filters().is_empty()
        && group.blend_mode() == usvg::BlendMode::Normal;
    let [child] = group.children() else {
        return None;
    };
    match child {
        Node::Path(path) if fades_only && !(path.fill().is_some() && path.stroke().is_some()) => {
            Some((path, Transform::identity()))
        }
        Node::Group(inner) if fades_only && !inner.should_isolate() => {
            let (path, transform) = faded_path(inner)?;
            Some((path, inner.transform().pre_concat(transform)))
        }
        _ => None,
    }
}

/// Returns `true` when the group is isolated, but nothing in it blends with the backdrop.
fn isolates_nothing(group: &Group) -> bool {
    let only_isolates = group.opacity() == Opacity::ONE
        && group.clip_path().is_none()
        && group.mask().is_none()
        && group.filters().is_empty()
        && group.blend_mode() == usvg::BlendMode::Normal;
    only_isolates && !blends(group, &mut MAX_LOOK.clone())
}

/// Returns `true` when anything in the group blends with its backdrop, or when there is too much to look at.
fn blends(group: &Group, left: &mut usize) -> bool {
    group.children().iter().any(|node| {
        let Some(rest) = left.checked_sub(1) else {
            return true;
        };
        *left = rest;
        match node {
            Node::Group(group) => group.blend_mode() != usvg::BlendMode::Normal || blends(group, left),
            Node::Text(text) => blends(text.flattened(), left),
            Node::Path(_) | Node::Image(_) => false,
        }
    })
}

/// Neither turned nor mirrored: layers have the picture's pixels.
fn is_straight(transform: Transform) -> bool {
    transform.kx == 0.0 && transform.ky == 0.0 && transform.sx > 0.0 && transform.sy > 0.0
}

fn leave_to_resvg(node: &Node, transform: Transform, pixmap: &mut PixmapMut<'_>) {
    if let Some(bounds) = node.abs_layer_bounding_box() {
        // It moves the node to the origin.
        resvg::render_node(node, transform.pre_translate(bounds.x(), bounds.y()), pixmap);
    }
}

fn blend_mode(mode: usvg::BlendMode) -> BlendMode {
    match mode {
        usvg::BlendMode::Normal => BlendMode::SourceOver,
        usvg::BlendMode::Multiply => BlendMode::Multiply,
        usvg::BlendMode::Screen => BlendMode::Screen,
        usvg::BlendMode::Overlay => BlendMode::Overlay,
        usvg::BlendMode::Darken => BlendMode::Darken,
        usvg::BlendMode::Lighten => BlendMode::Lighten,
        usvg::BlendMode::ColorDodge => BlendMode::ColorDodge,
        usvg::BlendMode::ColorBurn => BlendMode::ColorBurn,
        usvg::BlendMode::HardLight => BlendMode::HardLight,
        usvg::BlendMode::SoftLight => BlendMode::SoftLight,
        usvg::BlendMode::Difference => BlendMode::Difference,
        usvg::BlendMode::Exclusion => BlendMode::Exclusion,
        usvg::BlendMode::Hue => BlendMode::Hue,
        usvg::BlendMode::Saturation => BlendMode::Saturation,
        usvg::BlendMode::Color => BlendMode::Color,
        usvg::BlendMode::Luminosity => BlendMode::Luminosity,
        usvg::BlendMode::PlusLighter => BlendMode::Plus,
    }
}
