//! Filters of the effects that drawing programs write; those with any other are left to resvg.

mod blend;
mod blur;
mod colour;
mod composite;
mod image;
mod kernel;

use std::rc::Rc;

use resvg::tiny_skia::{NonZeroRect, Transform};
use resvg::usvg::filter::{ColorInterpolation, Filter, Input, Kind, Primitive};

use self::image::{Image, Pixels};
use super::area::Area;
use super::scratch::Scratch;
use super::{Layer, Painter};

/// Returns `true` when the painter implements every effect of the filter.
pub fn is_known(filter: &Filter) -> bool {
    filter.primitives().iter().all(|primitive| {
        matches!(
            primitive.kind(),
            Kind::Blend(_)
                | Kind::ColorMatrix(_)
                | Kind::ComponentTransfer(_)
                | Kind::Composite(_)
                | Kind::DropShadow(_)
                | Kind::Flood(_)
                | Kind::GaussianBlur(_)
                | Kind::Merge(_)
                | Kind::Offset(_)
        )
    })
}

/// From how far away, in pixels across and down, a pixel can come into view; never less.
pub fn reach(filters: &[std::sync::Arc<Filter>], transform: Transform) -> (i32, i32) {
    let (sx, sy) = transform.get_scale();
    let mut reach = (1i32, 1i32);
    let mut add = |x: f32, y: f32| {
        reach.0 = reach.0.saturating_add((x.abs() * sx).ceil() as i32);
        reach.1 = reach.1.saturating_add((y.abs() * sy).ceil() as i32);
    };
    for primitive in filters.iter().flat_map(|filter| filter.primitives()) {
        match primitive.kind() {
            Kind::GaussianBlur(blur) => add(
                blur.std_dev_x().get() * blur::REACH,
                blur.std_dev_y().get() * blur::REACH,
            ),
            Kind::DropShadow(shadow) => {
                add(
                    shadow.std_dev_x().get() * blur::REACH,
                    shadow.std_dev_y().get() * blur::REACH,
                );
                add(shadow.dx(), shadow.dy());
            }
            Kind::Offset(offset) => add(offset.dx(), offset.dy()),
            _ => {}
        }
        add(blur::LEAST_REACH_PX / sx, blur::LEAST_REACH_PX / sy);
    }
    reach
}

/// One filter at work. Areas are in pixels of the layer as it was before the first filter.
struct Bench<'a> {
    scratch: &'a mut Scratch,
    source: &'a Layer,
    /// Nothing is drawn outside.
    region: Area,
    transform: Transform,
    graphic: Option<Image>,
    alpha: Option<Image>,
    /// By their names; later ones hide earlier ones.
    results: Vec<(String, Image)>,
}

impl Painter<'_> {
    /// Applies a filter to the source; `limits` is all that was ever drawn on; `transform` maps to the source's pixels.
    pub(super) fn filter(&mut self, filter: &Filter, transform: Transform, limits: Area, source: Layer) -> Layer {
        let mut bench = Bench {
            scratch: &mut *self.scratch,
            source: &source,
            region: region(filter.rect(), transform).intersect(limits),
            transform,
            graphic: None,
            alpha: None,
            results: Vec::new(),
        };
        for primitive in filter.primitives() {
            let image = bench.run(primitive);
            bench.results.push((primitive.result().to_owned(), image));
        }
        let last = bench.results.pop().map(|(_, image)| image);
        bench.clear();
        let made = last.map(|image| image.into_space(ColorInterpolation::SRGB, self.scratch));
        let layer = made.map_or_else(Layer::nothing, |image| {
            let area = image.area;
            let pixels = image.into_colour(self.scratch);
            Layer { area, pixels }
        });
        self.scratch.give(source.pixels);
        layer
    }
}

fn region(rect: NonZeroRect, transform: Transform) -> Area {
    rect.transform(transform).map_or(Area::EMPTY, Area::of_region)
}

impl Bench<'_> {
    fn run(&mut self, primitive: &Primitive) -> Image {
        let space = primitive.color_interpolation();
        let image = match primitive.kind() {
            Kind::Blend(blend) => {
                let (above, below) = self.pair(blend.input1(), blend.input2(), space);
                blend::blend(above, below, blend.mode(), self.scratch)
            }
            Kind::ColorMatrix(matrix) => {
                let image = self.input_in(matrix.input(), space);
                image.mapped(colour::matrix(matrix.kind()), self.region, self.scratch)
            }
            Kind::ComponentTransfer(transfer) => {
                let image = self.input_in(transfer.input(), space);
                image.mapped(colour::transfer(transfer), self.region, self.scratch)
            }
            Kind::Composite(composite) => {
                let (above, below) = self.pair(composite.input1(), composite.input2(), space);
                composite::composite(above, below, composite.operator(), self.region, self.scratch)
            }
            Kind::DropShadow(shadow) => {
                let image = self.input_in(shadow.input(), space);
                blend::drop_shadow(shadow, image, self.transform, self.region, self.scratch)
            }
            Kind::Flood(flood) => colour::flood(flood, self.region),
            Kind::GaussianBlur(gauss) => {
                let deviation = (gauss.std_dev_x().get(), gauss.std_dev_y().get());
                match blur::Blur::new(deviation, self.transform) {
                    Some(blur) => blur.apply(self.input_in(gauss.input(), space), self.region, self.scratch),
                    None => self.input(gauss.input()),
                }
            }
            Kind::Merge(merge) => {
                let mut merged = Image::nothing(space);
                for input in merge.inputs() {
                    let image = self.input_in(input, space);
                    merged = blend::over(image, merged, self.scratch);
                }
                merged
            }
            Kind::Offset(offset) => {
                let (sx, sy) = self.transform.get_scale();
                let image = self.input(offset.input());
                return image.moved(offset.dx() * sx, offset.dy() * sy, self.region, self.scratch);
            }
            // `is_known` lets no other pass.
            _ => Image::nothing(space),
        };
        image.cropped(region(primitive.rect(), self.transform), self.scratch)
    }

    fn pair(&mut self, first: &Input, second: &Input, space: ColorInterpolation) -> (Image, Image) {
        (self.input_in(first, space), self.input_in(second, space))
    }

    fn input_in(&mut self, input: &Input, space: ColorInterpolation) -> Image {
        self.input(input).into_space(space, self.scratch)
    }

    fn input(&mut self, input: &Input) -> Image {
        let known = match input {
            Input::SourceGraphic => None,
            Input::SourceAlpha => {
                if self.alpha.is_none() {
                    self.alpha = Some(self.graphic().alpha(self.scratch));
                }
                self.alpha.clone()
            }
            Input::Reference(name) => {
                let named = self.results.iter().rev().find(|(result, _)| result == name);
                named.map(|(_, image)| image.clone())
            }
        };
        known.unwrap_or_else(|| self.graphic())
    }

    /// The source graphic, cut to its visible pixels.
    fn graphic(&mut self) -> Image {
        if self.graphic.is_none() {
            let drawn = image::drawn(&self.source.pixels, self.source.area).intersect(self.region);
            let pixels = image::cut(&self.source.pixels, self.source.area, 4, drawn, self.scratch);
            self.graphic = Some(Image {
                area: drawn,
                space: ColorInterpolation::SRGB,
                pixels: Pixels::Colour(Rc::new(pixels)),
            });
        }
        self.graphic
            .clone()
            .unwrap_or_else(|| Image::nothing(ColorInterpolation::SRGB))
    }

    /// Gives the memory back.
    fn clear(&mut self) {
        let results = self.results.drain(..).map(|(_, image)| image);
        for image in results.chain(self.graphic.take()).chain(self.alpha.take()) {
            image.recycle(self.scratch);
        }
    }
}
