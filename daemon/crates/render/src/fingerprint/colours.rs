//! The main colours of a picture, by the names that people search by.

use resvg::tiny_skia::Pixmap;
use serde::{Deserialize, Serialize};

use super::look::is_one_colour;

/// Names of colours; a colour is one of them.
pub const NAMES: [&str; 12] = [
    "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "black", "grey", "white",
];
/// One part in so many of what shows has a colour that counts.
const PART: u32 = 12;
/// Fainter pixels do not count.
const VISIBLE: u8 = 128;
/// The greatest and the least channel of a grey differ by less.
const GREY: u8 = 36;

/// The colours of a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colours {
    /// A bit for each of [`NAMES`].
    names: u16,
    /// All that shows has the same colour.
    pub is_one: bool,
}

impl Colours {
    pub(super) fn new(pixels: &Pixmap) -> Self {
        let mut counts = [0_u32; NAMES.len()];
        // Most of a picture is runs of one colour.
        let runs = pixels.pixels().chunk_by(|left, right| left == right);
        for run in runs.filter(|run| run[0].alpha() >= VISIBLE) {
            let colour = run[0].demultiply();
            counts[place([colour.red(), colour.green(), colour.blue()])] += run.len() as u32;
        }
        let seen: u32 = counts.iter().sum();
        let is_main = |count: u32| count > 0 && count >= seen / PART;
        let bits = counts.iter().enumerate().filter(|(_, count)| is_main(**count));
        Self {
            names: bits.fold(0, |names, (bit, _)| names | 1 << bit),
            is_one: seen > 0 && is_one_colour(pixels),
        }
    }

    /// As [`Self::is_one`], or everything is too faint to have a colour.
    pub(super) fn are_at_most_one(self) -> bool {
        self.is_one || self.names == 0
    }

    /// In the order of [`NAMES`].
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let has = move |bit: &usize| self.names & (1 << bit) != 0;
        (0..NAMES.len()).filter(has).map(|bit| NAMES[bit])
    }
}

/// The name of a colour of red, green and blue.
pub fn name(channels: [u8; 3]) -> &'static str {
    NAMES[place(channels)]
}

fn place(channels: [u8; 3]) -> usize {
    let named = |name: &str| NAMES.iter().position(|known| *known == name).unwrap_or(0);
    let [red, green, blue] = channels.map(i32::from);
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let chroma = most - least;
    if chroma < GREY.into() || most < 48 {
        return match most + least {
            0..=140 => named("black"),
            141..=440 => named("grey"),
            _ => named("white"),
        };
    }
    let hue = match most {
        _ if most == red => 60 * (green - blue) / chroma,
        _ if most == green => 120 + 60 * (blue - red) / chroma,
        _ => 240 + 60 * (red - green) / chroma,
    }
    .rem_euclid(360);
    match hue {
        // Pale red is pink, dark orange is brown.
        0..=13 | 346..=359 if least > 140 => named("pink"),
        0..=13 | 346..=359 => named("red"),
        14..=44 if most < 170 => named("brown"),
        14..=44 => named("orange"),
        45..=69 => named("yellow"),
        70..=159 => named("green"),
        160..=194 => named("teal"),
        195..=254 => named("blue"),
        255..=289 => named("purple"),
        _ => named("pink"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_have_the_names_that_people_give_them() {
        for (channels, wanted) in [
            ([0, 0, 0], "black"),
            ([250, 250, 250], "white"),
            ([128, 128, 128], "grey"),
            ([220, 20, 30], "red"),
            ([255, 182, 193], "pink"),
            ([255, 140, 0], "orange"),
            ([120, 72, 20], "brown"),
            ([255, 221, 0], "yellow"),
            ([30, 160, 60], "green"),
            ([0, 160, 160], "teal"),
            ([30, 90, 220], "blue"),
            ([120, 40, 200], "purple"),
        ] {
            assert_eq!(name(channels), wanted, "{channels:?}");
        }
    }

    #[test]
    fn small_parts_do_not_count() {
        let mut pixels = Pixmap::new(10, 10).unwrap();
        pixels.fill(resvg::tiny_skia::Color::from_rgba8(200, 0, 0, 255));
        let one = Colours::new(&pixels);
        assert_eq!((one.names().collect::<Vec<_>>(), one.is_one), (vec!["red"], true));
        pixels.data_mut()[..4 * 20]
            .chunks_exact_mut(4)
            .for_each(|pixel| pixel.copy_from_slice(&[0, 0, 200, 255]));
        pixels.data_mut()[4 * 90..4 * 92]
            .chunks_exact_mut(4)
            .for_each(|pixel| pixel.copy_from_slice(&[0, 200, 0, 255]));
        let two = Colours::new(&pixels);
        assert_eq!(
            (two.names().collect::<Vec<_>>(), two.is_one),
            (vec!["red", "blue"], false)
        );
        assert_eq!(Colours::new(&Pixmap::new(4, 4).unwrap()), Colours::default());
    }
}
