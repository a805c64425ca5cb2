//! Clip paths and masks: what of a layer shows.

use resvg::tiny_skia::{FillRule, Mask, PathBuilder, PixmapMut, Rect, Transform};
use resvg::usvg::{self, ClipPath, Group, Node};

use super::area::Area;
use super::over::scale;
use super::path::{is_fillable, rule};
use super::{Layer, Painter};

impl Painter<'_> {
    /// Leaves of the layer what is inside the clip path; `transform` maps to the layer.
    pub(super) fn clip(&mut self, clip: &ClipPath, transform: Transform, layer: &mut Layer) {
        if let Some(next) = clip.clip_path() {
            self.clip(next, transform, layer);
        }
        let transform = transform.pre_concat(clip.transform());
        if covers(
            clip.root(),
            transform,
            layer.area.shifted(-layer.area.left, -layer.area.top),
        ) {
            return;
        }
        let Some(inside) = self.inside(clip.root(), transform, layer.area) else {
            return;
        };
        apply(&inside, &mut layer.pixels);
        self.scratch.give(inside);
    }

    /// The coverage of each pixel by the clip path, 0 to 255.
    fn inside(&mut self, root: &Group, transform: Transform, area: Area) -> Option<Vec<u8>> {
        let (width, height) = (area.width() as u32, area.height() as u32);
        let mut mask = Mask::from_vec(
            self.scratch.zeroed(area.len()),
            resvg::tiny_skia::IntSize::from_wh(width, height)?,
        )?;
        self.add_children(root, transform, area, &mut mask);
        Some(mask.take())
    }

    fn add_children(&mut self, parent: &Group, transform: Transform, area: Area, mask: &mut Mask) {
        for child in parent.children() {
            match child {
                Node::Path(path) => add_path(path, transform, mask),
                Node::Text(text) => self.add_children(text.flattened(), transform, area, mask),
                Node::Group(group) => self.add_group(group, transform.pre_concat(group.transform()), area, mask),
                Node::Image(_) => {}
            }
        }
    }

    /// Adds a group, which may have a clip path of its own.
    fn add_group(&mut self, group: &Group, transform: Transform, area: Area, mask: &mut Mask) {
        let Some(clip) = group.clip_path() else {
            return self.add_children(group, transform, area, mask);
        };
        let Some(mut inner) = self.inside(group, transform, area) else {
            return;
        };
        let mut next = Some(clip);
        while let Some(clip) = next {
            if let Some(inside) = self.inside(clip.root(), transform.pre_concat(clip.transform()), area) {
                inner
                    .iter_mut()
                    .zip(&inside)
                    .for_each(|(inner, inside)| *inner = product(*inner, *inside));
                self.scratch.give(inside);
            }
            next = clip.clip_path();
        }
        let both = mask.data_mut().iter_mut().zip(&inner);
        // resvg takes out what is in both.
        both.for_each(|(mask, inner)| {
            *mask = product(*mask, 255 - *inner).saturating_add(product(*inner, 255 - *mask));
        });
        self.scratch.give(inner);
    }

    /// Leaves of the layer what the mask shows; `transform` maps to the layer.
    pub(super) fn mask(&mut self, mask: &usvg::Mask, transform: Transform, layer: &mut Layer) {
        if mask.root().children().is_empty() {
            layer.pixels.fill(0);
            return;
        }
        if let Some(next) = mask.mask() {
            self.mask(next, transform, layer);
        }
        let area = layer.area;
        let (width, height) = (area.width() as u32, area.height() as u32);
        let mut shown = self.scratch.zeroed(area.len() * 4);
        if let Some(mut pixmap) = PixmapMut::from_bytes(&mut shown, width, height) {
            self.nodes(mask.root(), transform, &mut pixmap);
        }
        let region = mask.rect().to_rect();
        let picture = Area::of_size(area.width(), area.height());
        if !contains(region.transform(transform), transform, picture)
            && let Some(mut inside) = Mask::new(width, height)
        {
            fill_region(region, transform, picture, &mut inside);
            apply(inside.data(), &mut shown);
        }
        let weight = match mask.kind() {
            usvg::MaskType::Luminance => luminance,
            usvg::MaskType::Alpha => |pixel: [u8; 4]| pixel[3],
        };
        for (pixel, shown) in layer
            .pixels
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .zip(shown.as_chunks::<4>().0)
        {
            *pixel = scale(*pixel, weight(*shown));
        }
        self.scratch.give(shown);
    }
}

/// Marks what is inside of a rectangle; one that is mostly far away by its part that is near, unless it is turned: then none of it.
fn fill_region(region: Rect, transform: Transform, picture: Area, mask: &mut Mask) {
    let Some(bounds) = region.transform(transform) else {
        return;
    };
    let (region, transform) = if is_fillable(bounds) {
        (region, transform)
    } else {
        let near = |edge: f32, limit: usize| edge.clamp(-1.0, limit as f32 + 1.0);
        let (right, bottom) = (
            near(bounds.right(), picture.width()),
            near(bounds.bottom(), picture.height()),
        );
        let (left, top) = (
            near(bounds.left(), picture.width()),
            near(bounds.top(), picture.height()),
        );
        match Rect::from_ltrb(left, top, right, bottom) {
            Some(part) if transform.kx == 0.0 && transform.ky == 0.0 => (part, Transform::identity()),
            _ => return,
        }
    };
    mask.fill_path(&PathBuilder::from_rect(region), FillRule::Winding, true, transform);
}

fn add_path(path: &usvg::Path, transform: Transform, mask: &mut Mask) {
    let (Some(fill), true) = (path.fill(), path.is_visible()) else {
        return;
    };
    if !path.data().bounds().transform(transform).is_some_and(is_fillable) {
        return;
    }
    // The paint of a clip path's shape does not matter, except that some draw nothing.
    let aa = path.rendering_mode().use_shape_antialiasing();
    mask.fill_path(path.data(), rule(fill.rule()), aa, transform);
}

/// Returns `true` when the clip path is one rectangle around the whole area, and clips nothing.
fn covers(root: &Group, transform: Transform, area: Area) -> bool {
    let [Node::Path(path)] = root.children() else {
        return false;
    };
    if !path.is_visible() || path.fill().is_none() || !is_rectangle(path.data()) {
        return false;
    }
    contains(path.data().bounds().transform(transform), transform, area)
}

fn contains(rect: Option<resvg::tiny_skia::Rect>, transform: Transform, area: Area) -> bool {
    let straight = transform.kx == 0.0 && transform.ky == 0.0;
    rect.is_some_and(|rect| {
        straight
            && rect.left() <= area.left as f32
            && rect.top() <= area.top as f32
            && rect.right() >= area.right as f32
            && rect.bottom() >= area.bottom as f32
    })
}

/// Returns `true` when a path is its own bounding box.
fn is_rectangle(path: &resvg::tiny_skia::Path) -> bool {
    use resvg::tiny_skia::PathSegment::{Close, LineTo, MoveTo};
    let bounds = path.bounds();
    let mut corners = Vec::with_capacity(5);
    for (number, segment) in path.segments().enumerate() {
        match segment {
            MoveTo(point) if number == 0 => corners.push(point),
            LineTo(point) if number > 0 && number < 5 => corners.push(point),
            Close if number >= 4 => {}
            _ => return false,
        }
    }
    if corners.len() == 5 && corners[4] == corners[0] {
        corners.pop();
    }
    let horizontal = |a: usize, b: usize| corners[a].y == corners[b].y && corners[a].x != corners[b].x;
    let vertical = |a: usize, b: usize| corners[a].x == corners[b].x && corners[a].y != corners[b].y;
    let closes = corners.len() == 4
        && (horizontal(0, 1) && vertical(1, 2) && horizontal(2, 3) && vertical(3, 0)
            || vertical(0, 1) && horizontal(1, 2) && vertical(2, 3) && horizontal(3, 0));
    closes && bounds.width() > 0.0 && bounds.height() > 0.0
}

/// Multiplies pixels with weights from 0 to 255.
fn apply(weights: &[u8], pixels: &mut [u8]) {
    for (pixel, weight) in pixels.as_chunks_mut::<4>().0.iter_mut().zip(weights) {
        match weight {
            0 => *pixel = [0; 4],
            255 => {}
            _ => *pixel = scale(*pixel, *weight),
        }
    }
}

fn product(first: u8, second: u8) -> u8 {
    ((u32::from(first) * u32::from(second) + 127) / 255) as u8
}

/// The luminance of a premultiplied pixel, rounded up as in resvg.
fn luminance(pixel: [u8; 4]) -> u8 {
    let [red, green, blue, _] = pixel.map(f32::from);
    (red * 0.2126 + green * 0.7152 + blue * 0.0722 - 1e-4)
        .clamp(0.0, 255.0)
        .ceil() as u8
}
