//! Pictures of items: fetched, decoded, blurred, put on a background and encoded for the
//! terminal, all away from the screen's task.

mod compose;
mod key;
mod kitty;
mod zoom;

pub use crate::client::PictureOf;
pub use key::{Background, Colour, Focus, PictureKey};
pub use kitty::{KittyPicture, forget_kitty_pictures};
pub use zoom::{Pan, Zoom};

use std::sync::Arc;

use image::{DynamicImage, RgbaImage};
use ratatui::layout::Size;
use ratatui_image::protocol::Protocol as Encoded;
use ratatui_image::protocol::halfblocks::Halfblocks;
use ratatui_image::protocol::iterm2::Iterm2;
use ratatui_image::protocol::sixel::Sixel;

use crate::client::Client;
use crate::graphics::{Graphics, Protocol, Wrapping};

/// The widths the daemon makes.
const WIDTHS: [u32; 4] = [64, 128, 256, 512];
/// Decoded pictures kept, so that blur and background change at once: two samples of three pictures each, and their next.
const KEPT_SOURCES: usize = 9;

/// The outcome of making a picture.
#[derive(Clone)]
pub enum Shown {
    Encoded(Box<Encoded>),
    Kitty(Box<KittyPicture>),
    /// Lines of `░▒▓█`.
    Shades(Vec<String>),
    /// The daemon has none.
    Missing,
    Failed(String),
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Encoded(_) => f.write_str("Encoded"),
            Self::Kitty(_) => f.write_str("Kitty"),
            Self::Shades(lines) => f.debug_tuple("Shades").field(lines).finish(),
            Self::Missing => f.write_str("Missing"),
            Self::Failed(why) => f.debug_tuple("Failed").field(why).finish(),
        }
    }
}

/// Turns a picture into something this terminal can show.
#[derive(Debug, Clone, Copy)]
pub struct Studio {
    pub graphics: Graphics,
}

/// The key of a decoded picture: what it is of and its width.
type SourceKey = (PictureOf, u32);

/// Makes pictures, one after the other.
pub struct Maker {
    client: Client,
    studio: Studio,
    sources: Vec<(SourceKey, Arc<RgbaImage>)>,
    next_id: u32,
}

impl Maker {
    pub fn new(client: Client, studio: Studio) -> Self {
        Self {
            client,
            studio,
            sources: Vec::new(),
            next_id: 0,
        }
    }

    pub async fn make(&mut self, key: PictureKey) -> Shown {
        self.next_id = self.next_id.wrapping_add(1);
        match self.source(&key).await {
            Ok(Some(image)) => encode_aside(self.studio, image, key, self.next_id).await,
            Ok(None) => Shown::Missing,
            Err(why) => Shown::Failed(why),
        }
    }

    async fn source(&mut self, key: &PictureKey) -> Result<Option<Arc<RgbaImage>>, String> {
        let width = if key.of.has_widths() {
            self.studio.source_width(key.columns, key.zoom)
        } else {
            0
        };
        let wanted = (key.of.clone(), width);
        if let Some((_, image)) = self.sources.iter().find(|(have, _)| *have == wanted) {
            return Ok(Some(Arc::clone(image)));
        }
        let bytes = self.client.picture(&key.of, width).await.map_err(|e| e.to_string())?;
        let Some(bytes) = bytes else {
            return Ok(None);
        };
        let image = tokio::task::spawn_blocking(move || decode(&bytes)).await;
        let image = Arc::new(image.map_err(|e| format!("the picture could not be decoded: {e}"))??);
        if self.sources.len() == KEPT_SOURCES {
            self.sources.remove(0);
        }
        self.sources.push((wanted, Arc::clone(&image)));
        Ok(Some(image))
    }
}

async fn encode_aside(studio: Studio, image: Arc<RgbaImage>, key: PictureKey, id: u32) -> Shown {
    tokio::task::spawn_blocking(move || studio.encode(&image, &key, id))
        .await
        .unwrap_or_else(|e| Shown::Failed(format!("the picture could not be encoded: {e}")))
}

/// PNG, or WebP as a campaign's canary draws it; nothing else is tried.
fn decode(bytes: &[u8]) -> Result<RgbaImage, String> {
    let format = if bytes.starts_with(b"RIFF") {
        image::ImageFormat::WebP
    } else {
        image::ImageFormat::Png
    };
    let mut reader = image::ImageReader::with_format(std::io::Cursor::new(bytes), format);
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(4096);
    limits.max_image_height = Some(4096);
    reader.limits(limits);
    let image = reader
        .decode()
        .map_err(|e| format!("the picture cannot be read: {e}"))?;
    Ok(image.into_rgba8())
}

impl Studio {
    /// The smallest rendition that has a little more detail than the room can show.
    fn source_width(&self, columns: u16, zoom: Zoom) -> u32 {
        let pixels = u32::from(columns) * u32::from(self.graphics.cell.0) * u32::from(zoom.times()) * 3 / 2;
        WIDTHS.into_iter().find(|&w| w >= pixels).unwrap_or(512)
    }

    /// The picture in as many cells as it fills of the room; `id` names it to the terminal.
    pub fn encode(&self, source: &RgbaImage, key: &PictureKey, id: u32) -> Shown {
        let graphics = match key.colour {
            Colour::Full => self.graphics,
            Colour::None => self.graphics.without_colour(),
        };
        let (cell_w, cell_h) = (u32::from(graphics.cell.0), u32::from(graphics.cell.1));
        let room = (u32::from(key.columns) * cell_w, u32::from(key.rows) * cell_h);
        let part = match key.focus {
            Focus::Sharp => zoom::part(source, key.zoom),
            Focus::Blurred => None,
        };
        let source = part.as_ref().unwrap_or(source);
        let Some(fitted) = compose::fit(source.dimensions(), room) else {
            return Shown::Missing;
        };
        let size = Size::new(fitted.0.div_ceil(cell_w) as u16, fitted.1.div_ceil(cell_h) as u16);
        let canvas = (u32::from(size.width) * cell_w, u32::from(size.height) * cell_h);
        let picture = match key.focus {
            Focus::Sharp => compose::scale(source, fitted),
            Focus::Blurred => compose::pixelate(source, fitted),
        };
        let composed = compose::compose(&picture, canvas, key.background, checker_size(graphics.protocol));
        encode_as(graphics, composed, size, id)
    }
}

fn encode_as(graphics: Graphics, image: RgbaImage, size: Size, id: u32) -> Shown {
    let in_tmux = graphics.wrapping == Wrapping::Tmux;
    let dynamic = |image| DynamicImage::ImageRgba8(image);
    let boxed = |encoded| Shown::Encoded(Box::new(encoded));
    let encoded = match graphics.protocol {
        Protocol::Shades => {
            let grey = dynamic(image).into_luma8();
            return Shown::Shades(compose::shades(&grey, graphics.ground));
        }
        Protocol::Halfblocks => Halfblocks::new(dynamic(image), size).map(|it| boxed(Encoded::Halfblocks(it))),
        Protocol::Kitty => {
            KittyPicture::new(image, size, id, graphics.wrapping).map(|picture| Shown::Kitty(Box::new(picture)))
        }
        Protocol::Iterm2 => Iterm2::new(dynamic(image), size, in_tmux).map(|it| boxed(Encoded::ITerm2(it))),
        Protocol::Sixel => Sixel::new(dynamic(image), size, in_tmux).map(|it| boxed(Encoded::Sixel(it))),
    };
    encoded.unwrap_or_else(|e| Shown::Failed(format!("the picture could not be encoded: {e}")))
}

fn checker_size(protocol: Protocol) -> u32 {
    match protocol {
        Protocol::Halfblocks | Protocol::Shades => 4,
        _ => 10,
    }
}

#[cfg(test)]
mod tests {
    use image::Rgba;
    use tradepost_common::ids::ItemId;

    use super::*;
    use crate::theme::Ground;

    fn studio() -> Studio {
        Studio {
            graphics: Graphics::new(crate::graphics::Choice::Halfblocks, None, |_| None),
        }
    }

    fn key(focus: Focus, colour: Colour) -> PictureKey {
        PictureKey {
            of: PictureOf::Item(ItemId(uuid::Uuid::nil())),
            columns: 20,
            rows: 10,
            focus,
            background: Background::Light,
            colour,
            zoom: Zoom::default(),
        }
    }

    #[test]
    fn small_pictures_are_scaled_up_to_the_room_and_keep_their_shape() {
        assert_eq!(compose::fit((16, 16), (20, 20)), Some((20, 20)));
        assert_eq!(compose::fit((64, 32), (20, 20)), Some((20, 10)));
        assert_eq!(compose::fit((1, 4000), (20, 20)), Some((1, 20)));
        assert_eq!(compose::fit((0, 5), (20, 20)), None);
        let Shown::Encoded(encoded) = studio().encode(&RgbaImage::new(8, 8), &key(Focus::Sharp, Colour::Full), 1)
        else {
            panic!("half blocks always work");
        };
        assert_eq!(encoded.size(), Size::new(20, 10));
    }

    #[test]
    fn pictures_are_read_as_png_and_as_webp_and_as_nothing_else() {
        let picture = RgbaImage::from_fn(5, 3, |x, y| Rgba([x as u8 * 50, y as u8 * 80, 7, 255 - x as u8]));
        let encoded = |format| {
            let mut bytes = std::io::Cursor::new(Vec::new());
            picture.write_to(&mut bytes, format).unwrap();
            bytes.into_inner()
        };
        for format in [image::ImageFormat::Png, image::ImageFormat::WebP] {
            assert_eq!(decode(&encoded(format)).unwrap(), picture, "{format:?}");
        }
        for bytes in [&b"RIFF"[..], b"<svg/>", b"", &encoded(image::ImageFormat::WebP)[..30]] {
            assert!(decode(bytes).unwrap_err().contains("cannot be read"));
        }
    }

    #[test]
    fn blurred_picture_has_lost_its_detail() {
        let stripes = RgbaImage::from_fn(64, 64, |x, _| {
            if x % 2 == 0 {
                Rgba([0, 0, 0, 255])
            } else {
                Rgba([255, 255, 255, 255])
            }
        });
        let blurred = compose::pixelate(&stripes, (64, 64));
        let (low, high) = blurred
            .pixels()
            .fold((255, 0), |(l, h), p| (p.0[0].min(l), p.0[0].max(h)));
        assert!(high - low < 40, "stripes are still there: {low}..{high}");
    }

    #[test]
    fn without_colour_light_is_light_on_any_background() {
        let half = RgbaImage::from_fn(20, 20, |x, _| {
            let grey = if x < 10 { 0 } else { 255 };
            Rgba([grey, grey, grey, 255])
        });
        for (ground, line) in [
            (Ground::Dark, "          ██████████"),
            (Ground::Light, "██████████          "),
        ] {
            let mut studio = studio();
            studio.graphics.ground = ground;
            let Shown::Shades(lines) = studio.encode(&half, &key(Focus::Sharp, Colour::None), 1) else {
                panic!("no colour means shades");
            };
            assert_eq!((lines.len(), lines[5].as_str()), (10, line), "{ground:?}");
        }
    }
}
