//! Results of effects: as few channels and pixels as say it all.

use std::rc::Rc;

use resvg::usvg::filter::ColorInterpolation;

use super::colour;
use crate::paint::area::Area;
use crate::paint::over::Pixel;
use crate::paint::scratch::Scratch;

/// The result of an effect; transparent outside of its area.
#[derive(Clone)]
pub struct Image {
    pub area: Area,
    pub space: ColorInterpolation,
    pub pixels: Pixels,
}

/// Premultiplied pixels in one of three ways.
#[derive(Clone)]
pub enum Pixels {
    /// One colour everywhere.
    Flood(Pixel),
    /// One byte a pixel that says which of 256 colours: black of that alpha when there is no table.
    Shade(Rc<Vec<u8>>, Option<Rc<PixelTable>>),
    /// Four bytes a pixel.
    Colour(Rc<Vec<u8>>),
}

pub type PixelTable = [Pixel; 256];

impl Image {
    pub fn nothing(space: ColorInterpolation) -> Self {
        Self {
            area: Area::EMPTY,
            space,
            pixels: Pixels::Flood([0; 4]),
        }
    }

    /// Transparent everywhere, as far as that is known.
    pub fn is_nothing(&self) -> bool {
        self.area.is_empty() || matches!(self.pixels, Pixels::Flood([0, 0, 0, 0]))
    }

    /// Shades of black, one byte a pixel; `None` when there are other colours.
    pub fn shades(&self, scratch: &mut Scratch) -> Option<Rc<Vec<u8>>> {
        match &self.pixels {
            Pixels::Shade(plane, None) => Some(Rc::clone(plane)),
            Pixels::Flood([0, 0, 0, alpha]) => {
                let mut plane = scratch.any(self.area.len());
                plane.fill(*alpha);
                Some(Rc::new(plane))
            }
            _ => None,
        }
    }

    /// Four bytes a pixel.
    pub fn into_colour(self, scratch: &mut Scratch) -> Vec<u8> {
        let pixels = self.colour(scratch);
        Rc::try_unwrap(pixels).unwrap_or_else(|shared| (*shared).clone())
    }

    /// Four bytes a pixel, shared.
    pub fn colour(self, scratch: &mut Scratch) -> Rc<Vec<u8>> {
        if let Pixels::Colour(pixels) = self.pixels {
            return pixels;
        }
        let mut colours = scratch.any(self.area.len() * 4);
        let pixels = colours.as_chunks_mut::<4>().0;
        match &self.pixels {
            Pixels::Flood(pixel) => pixels.fill(*pixel),
            Pixels::Shade(plane, Some(table)) => {
                pixels
                    .iter_mut()
                    .zip(plane.iter())
                    .for_each(|(pixel, shade)| *pixel = table[usize::from(*shade)]);
            }
            Pixels::Shade(plane, None) => {
                pixels
                    .iter_mut()
                    .zip(plane.iter())
                    .for_each(|(pixel, shade)| *pixel = [0, 0, 0, *shade]);
            }
            Pixels::Colour(_) => {}
        }
        self.recycle(scratch);
        Rc::new(colours)
    }

    /// Black where there is anything, of the same alpha.
    pub fn alpha(self, scratch: &mut Scratch) -> Self {
        let Pixels::Colour(pixels) = &self.pixels else {
            return self.mapped(|pixel| [0, 0, 0, pixel[3]], Area::EMPTY, scratch);
        };
        let mut plane = scratch.any(self.area.len());
        plane
            .iter_mut()
            .zip(pixels.as_chunks::<4>().0)
            .for_each(|(shade, pixel)| *shade = pixel[3]);
        Self {
            pixels: Pixels::Shade(Rc::new(plane), None),
            ..self
        }
    }

    /// Every pixel changed in the same way, transparent ones all over the region as well.
    pub fn mapped(self, change: impl Fn(Pixel) -> Pixel, region: Area, scratch: &mut Scratch) -> Self {
        let outside = change([0; 4]);
        let image = if outside == [0; 4] {
            self
        } else {
            self.spread_to(region, scratch)
        };
        let pixels = match image.pixels {
            Pixels::Flood(pixel) => Pixels::Flood(change(pixel)),
            Pixels::Shade(plane, table) => {
                let old = |shade: usize| table.as_ref().map_or([0, 0, 0, shade as u8], |table| table[shade]);
                tinted(plane, std::array::from_fn(|shade| change(old(shade))), scratch)
            }
            Pixels::Colour(pixels) => {
                let mut pixels = Rc::try_unwrap(pixels).unwrap_or_else(|shared| (*shared).clone());
                let mut last = ([0; 4], outside);
                for pixel in pixels.as_chunks_mut::<4>().0 {
                    if *pixel != last.0 {
                        last = (*pixel, change(*pixel));
                    }
                    *pixel = last.1;
                }
                Pixels::Colour(Rc::new(pixels))
            }
        };
        Self { pixels, ..image }
    }

    /// Converts the picture to another colour space.
    pub fn into_space(self, space: ColorInterpolation, scratch: &mut Scratch) -> Self {
        if self.space == space {
            return self;
        }
        let image = match self.pixels {
            // Black is black.
            Pixels::Shade(_, None) => self,
            _ => self.mapped(colour::converter(space), Area::EMPTY, scratch),
        };
        Self { space, ..image }
    }

    /// Only what is in the area.
    pub fn cropped(self, area: Area, scratch: &mut Scratch) -> Self {
        let left = self.area.intersect(area);
        if left == self.area {
            return self;
        }
        let pixels = match &self.pixels {
            Pixels::Flood(pixel) => Pixels::Flood(*pixel),
            Pixels::Shade(plane, table) => {
                Pixels::Shade(Rc::new(cut(plane, self.area, 1, left, scratch)), table.clone())
            }
            Pixels::Colour(pixels) => Pixels::Colour(Rc::new(cut(pixels, self.area, 4, left, scratch))),
        };
        let space = self.space;
        self.recycle(scratch);
        Self {
            area: left,
            space,
            pixels,
        }
    }

    /// Elsewhere, by whole pixels; what leaves the region is lost.
    pub fn moved(self, x: f32, y: f32, region: Area, scratch: &mut Scratch) -> Self {
        let area = self.area.shifted(x as i32, y as i32);
        Self { area, ..self }.cropped(region, scratch)
    }

    /// Extends the picture to the region with transparent pixels.
    fn spread_to(self, region: Area, scratch: &mut Scratch) -> Self {
        let area = self.area.union(region);
        if area == self.area {
            return self;
        }
        let black = match &self.pixels {
            Pixels::Shade(plane, None) => Some(Rc::clone(plane)),
            _ => None,
        };
        let space = self.space;
        let (bytes, source, from) = match black {
            Some(plane) => (1, plane, self.area),
            None => (4, self.clone().colour(scratch), self.area),
        };
        let mut wide = scratch.zeroed(area.len() * bytes);
        for y in from.top..from.bottom {
            let row = from.index(from.left, y) * bytes..from.index(from.right, y) * bytes;
            let to = area.index(from.left, y) * bytes;
            wide[to..to + row.len()].copy_from_slice(&source[row]);
        }
        let pixels = match bytes {
            1 => Pixels::Shade(Rc::new(wide), None),
            _ => Pixels::Colour(Rc::new(wide)),
        };
        Self { area, space, pixels }
    }

    /// Gives the memory back unless somebody else still needs it.
    pub fn recycle(self, scratch: &mut Scratch) {
        if let Pixels::Shade(pixels, _) | Pixels::Colour(pixels) = self.pixels
            && let Ok(pixels) = Rc::try_unwrap(pixels)
        {
            scratch.give(pixels);
        }
    }
}

/// Shades by a table; without it when all of it is black.
fn tinted(plane: Rc<Vec<u8>>, table: PixelTable, scratch: &mut Scratch) -> Pixels {
    if table.iter().any(|[red, green, blue, _]| (red | green | blue) != 0) {
        return Pixels::Shade(plane, Some(Rc::new(table)));
    }
    let mut shades = scratch.any(plane.len());
    shades
        .iter_mut()
        .zip(plane.iter())
        .for_each(|(new, old)| *new = table[usize::from(*old)][3]);
    Pixels::Shade(Rc::new(shades), None)
}

/// Copies a part of a picture of so many bytes a pixel.
pub fn cut(pixels: &[u8], area: Area, bytes: usize, part: Area, scratch: &mut Scratch) -> Vec<u8> {
    let mut copy = scratch.any(part.len() * bytes);
    let width = part.width() * bytes;
    for (y, row) in (part.top..part.bottom).zip(copy.chunks_exact_mut(width.max(1))) {
        let from = area.index(part.left, y) * bytes;
        row.copy_from_slice(&pixels[from..from + width]);
    }
    copy
}

/// The area of an image of four bytes a pixel that is not empty.
pub fn drawn(pixels: &[u8], area: Area) -> Area {
    let width = area.width() * 4;
    if width == 0 {
        return Area::EMPTY;
    }
    let mut columns = vec![0u8; width];
    let (mut first, mut last) = (None, 0);
    for (y, row) in (0..).zip(pixels.chunks_exact(width)) {
        if row.iter().fold(0, |any, byte| any | byte) == 0 {
            continue;
        }
        columns.iter_mut().zip(row).for_each(|(column, byte)| *column |= byte);
        first = first.or(Some(y));
        last = y;
    }
    let used = |byte: &u8| *byte != 0;
    let (Some(top), Some(left), Some(right)) = (first, columns.iter().position(used), columns.iter().rposition(used))
    else {
        return Area::EMPTY;
    };
    Area {
        left: area.left + (left / 4) as i32,
        top: area.top + top,
        right: area.left + (right / 4) as i32 + 1,
        bottom: area.top + last + 1,
    }
}
