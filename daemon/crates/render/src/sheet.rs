//! The family preview: a contact sheet of some of the family's items.

mod grid;
mod paint;
mod tile;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use self::grid::Grid;
use super::encoder::{Encoder, straight};
use super::engine::Picture;
use super::presets::{Format, Preset, Watermark};

/// The size and formats of a contact sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetSpec {
    /// 64 to 4096.
    pub width_px: u32,
    /// 0 to 100, for WebP.
    pub quality: u8,
    pub formats: Vec<Format>,
}

impl Default for SheetSpec {
    fn default() -> Self {
        Self {
            width_px: 1200,
            quality: 80,
            formats: vec![Format::Png, Format::Webp],
        }
    }
}

impl SheetSpec {
    /// The name of every rendition of a sheet.
    pub const NAME: &str = "sheet";

    /// The presets of its renditions, one for each format.
    pub fn presets(&self) -> Vec<Preset> {
        let preset = |&format| Preset {
            name: Self::NAME.to_owned(),
            width_px: self.width_px,
            format,
            quality: self.quality,
            background: None,
            watermark: Watermark::None,
        };
        self.formats.iter().map(preset).collect()
    }
}

/// The most tiles a sheet has room for.
pub const MAX_TILES: usize = 48;

/// Picks `n` of `ids` (all of them when there are fewer): the same seed and the same ids in any order always give the same choice.
pub fn choose<T: Ord + Clone>(seed: u64, ids: &[T], n: usize) -> Vec<T> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let chosen = n.min(ids.len());
    for index in 0..chosen {
        // Written out: a shuffle of a library may change with its version.
        let left = (ids.len() - index) as u128;
        let step = (u128::from(random.next_u64()) * left) >> 64;
        ids.swap(index, index + step as usize);
    }
    ids.truncate(chosen);
    ids
}

/// Draws the sheet of 1 to [`MAX_TILES`] PNG pictures.
pub fn draw(tiles: &[impl AsRef<[u8]>], spec: &SheetSpec) -> anyhow::Result<Vec<Picture>> {
    anyhow::ensure!(
        (1..=MAX_TILES).contains(&tiles.len()),
        "a sheet has 1 to {MAX_TILES} tiles, not {}",
        tiles.len()
    );
    anyhow::ensure!(
        (64..=4096).contains(&spec.width_px),
        "a sheet is 64 to 4096 px wide, not {}",
        spec.width_px
    );
    let pictures = tiles
        .iter()
        .map(|tile| tile::decode(tile.as_ref()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let grid = Grid::new(pictures.len(), spec.width_px);
    let sheet = paint::paint(&pictures, &grid).ok_or_else(|| anyhow::anyhow!("no memory for the sheet"))?;
    let image = straight(&sheet);
    let formats: Vec<(Format, u8)> = spec.formats.iter().map(|&format| (format, spec.quality)).collect();
    let files = Encoder::default().encode(&image, None, &formats);
    let picture = |(bytes, format): (Vec<u8>, &Format)| Picture {
        preset: SheetSpec::NAME.to_owned(),
        format: *format,
        width_px: image.width,
        height_px: image.height,
        bytes,
    };
    Ok(files.into_iter().zip(&spec.formats).map(picture).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_the_same_in_every_run_and_order() {
        let ids: Vec<u32> = (0..100).collect();
        let reversed: Vec<u32> = ids.iter().rev().copied().collect();
        let chosen = choose(7, &ids, 5);
        assert_eq!(chosen, choose(7, &reversed, 5));
        assert_ne!(chosen, choose(8, &ids, 5));
        assert_eq!(
            chosen,
            [15, 17, 71, 73, 61],
            "pinned: stored previews must not change by themselves"
        );
    }

    #[test]
    fn a_choice_has_no_doubles_and_no_more_than_there_are() {
        let mut chosen = choose(1, &[3, 1, 2, 3], 12);
        chosen.sort_unstable();
        assert_eq!(chosen, [1, 2, 3]);
        assert!(choose::<u32>(1, &[], 12).is_empty());
    }
}
