//! Keys of pictures: one way to show one picture.

use super::Zoom;
use crate::client::PictureOf;

/// One way to show one picture.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PictureKey {
    pub of: PictureOf,
    /// Room on the screen, in cells.
    pub columns: u16,
    pub rows: u16,
    pub focus: Focus,
    pub background: Background,
    pub colour: Colour,
    /// A blurred picture is never larger than whole: a part of it would show what the whole hides.
    pub zoom: Zoom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Focus {
    Sharp,
    Blurred,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Colour {
    Full,
    None,
}

/// The background that is seen through transparent pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Background {
    Checker,
    Light,
    Dark,
}

impl Background {
    pub fn next(self) -> Self {
        match self {
            Self::Checker => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::Checker,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checker => "checker",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}
