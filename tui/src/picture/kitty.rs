//! Kitty's protocol: the terminal gets a picture once, as PNG, and shows it in place of marked cells.

use std::fmt;
use std::io::Cursor;

use base64::Engine;
use image::{DynamicImage, ImageFormat, ImageResult, RgbaImage};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::widgets::Widget;
use ratatui_image::Image;
use ratatui_image::errors::Errors;
use ratatui_image::protocol::Protocol as Encoded;
use ratatui_image::protocol::kitty::Kitty;

use crate::graphics::Wrapping;

/// The cell that a piece of a picture takes the place of.
const PLACEHOLDER: char = '\u{10EEEE}';
/// The longest part of a transmission.
const CHUNK_BYTES: usize = 4096;
/// The most pictures that the terminal holds at once.
const SLOTS: u32 = 16;
const FIRST: u32 = 0x5450_0000;

/// A picture for a terminal that speaks kitty's protocol.
#[derive(Clone)]
pub struct KittyPicture {
    /// The marked cells. Before the first of them ratatui-image sends raw pixels, here a single one, the first time.
    cells: Encoded,
    /// The picture itself, which is sent in their place: a PNG has a thirtieth of the bytes.
    transmission: String,
}

impl fmt::Debug for KittyPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KittyPicture")
    }
}

impl KittyPicture {
    pub fn new(image: RgbaImage, size: Size, number: u32, wrapping: Wrapping) -> Result<Self, Errors> {
        let id = id(number);
        let pixel = DynamicImage::new_rgba8(1, 1);
        Ok(Self {
            cells: Encoded::Kitty(Kitty::new(pixel, size, id, false, false)?),
            transmission: transmission(&png(image)?, id, wrapping),
        })
    }

    pub fn size(&self) -> Size {
        self.cells.size()
    }

    pub fn render(&self, place: Rect, buffer: &mut Buffer) {
        Image::new(&self.cells).allow_clipping(true).render(place, buffer);
        let Some(first) = buffer.cell_mut(place) else {
            return;
        };
        let symbol = first.symbol();
        if let Some(at) = symbol.find(PLACEHOLDER).filter(|at| *at > 0) {
            let symbol = format!("{}{}", self.transmission, &symbol[at..]);
            first.set_symbol(&symbol);
        }
    }
}

/// Without the alpha channel: the background is in the picture already.
fn png(image: RgbaImage) -> ImageResult<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let opaque = DynamicImage::ImageRgba8(image).into_rgb8();
    opaque.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

fn transmission(png: &[u8], id: u32, wrapping: Wrapping) -> String {
    let (start, escape, end) = match wrapping {
        Wrapping::None => ("", "\x1b", ""),
        Wrapping::Tmux => ("\x1bPtmux;", "\x1b\x1b", "\x1b\\"),
    };
    let encoded = base64::engine::general_purpose::STANDARD.encode(png);
    let mut sent = String::with_capacity(encoded.len() * 21 / 20 + 128);
    let mut rest = encoded.as_str();
    let mut keys = format!("i={id},a=T,U=1,f=100,t=d,");
    while !rest.is_empty() {
        let (chunk, more) = rest.split_at(rest.len().min(CHUNK_BYTES));
        let has_more = u8::from(!more.is_empty());
        sent.push_str(&format!(
            "{start}{escape}_Gq=2,{keys}m={has_more};{chunk}{escape}\\{end}"
        ));
        keys.clear();
        rest = more;
    }
    sent
}

/// Sixteen names, used in turn: the terminal never holds more pictures of ours than that.
fn id(number: u32) -> u32 {
    FIRST | (number % SLOTS)
}

/// Tells a terminal that speaks kitty's protocol to forget our pictures.
pub fn forget_kitty_pictures() -> String {
    (0..SLOTS)
        .map(|slot| format!("\x1b_Ga=d,d=I,i={},q=2\x1b\\", id(slot)))
        .collect()
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    fn photo() -> RgbaImage {
        RgbaImage::from_fn(600, 600, |x, y| {
            Rgba([(x / 3) as u8, (y / 3) as u8, (x / 60 * 9) as u8, 255])
        })
    }

    fn first_symbol(picture: &KittyPicture) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 40));
        picture.render(Rect::new(3, 2, 60, 30), &mut buffer);
        assert!(buffer[(4, 2)].symbol().starts_with(PLACEHOLDER));
        buffer[(3, 2)].symbol().to_owned()
    }

    #[test]
    fn picture_is_sent_once_as_png_and_is_small() {
        let picture = KittyPicture::new(photo(), Size::new(60, 30), 35, Wrapping::None).unwrap();
        let sent = first_symbol(&picture);
        let raw = 600 * 600 * 4 * 4 / 3;
        assert!(sent.len() < raw / 10, "{} bytes", sent.len());
        let (sequence, cell) = sent.split_once(PLACEHOLDER).unwrap();
        assert_eq!(cell.chars().count(), 3, "the row, the column and the number");
        assert!(
            sequence.starts_with("\x1b_Gq=2,i=1414529027,a=T,U=1,f=100,t=d,m=1;"),
            "{}",
            &sequence[..60]
        );
        let parts = sequence
            .split("\x1b_G")
            .skip(1)
            .map(|part| part.strip_suffix("\x1b\\").unwrap());
        let data: String = parts.map(|part| part.split_once(';').unwrap().1).collect();
        let png = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
        let shown = image::load_from_memory_with_format(&png, ImageFormat::Png).unwrap();
        assert_eq!(shown.into_rgba8(), photo());
        assert!(first_symbol(&picture).starts_with(PLACEHOLDER), "it is not sent again");
    }

    #[test]
    fn tmux_passes_every_part_on() {
        let picture = KittyPicture::new(photo(), Size::new(60, 30), 1, Wrapping::Tmux).unwrap();
        let sent = first_symbol(&picture);
        let parts: Vec<&str> = sent.split("\x1bPtmux;").skip(1).collect();
        assert!(parts.len() > 1);
        assert!(parts.iter().all(|part| part.starts_with("\x1b\x1b_Gq=2,")));
    }
}
