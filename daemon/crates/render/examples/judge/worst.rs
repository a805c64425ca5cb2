//! The contact sheet of the worst.

use std::path::Path;

use image::{Rgba, RgbaImage, imageops};

use crate::{Judged, SIDE_PX};

const WORST: usize = 20;
const TILE: u32 = SIDE_PX / 2;

#[derive(Default)]
pub struct Worst {
    worst: Vec<Judged>,
}

impl Worst {
    pub fn add(&mut self, judged: Judged) {
        let badness = |one: &Judged| one.verdicts[0].badness();
        let place = self.worst.partition_point(|one| badness(one) >= badness(&judged));
        if place < WORST {
            self.worst.insert(place, judged);
            self.worst.truncate(WORST);
        }
    }

    /// Rows of four tiles on grey, so that white shows; prints the names.
    pub fn save(&self, to: &Path) -> image::ImageResult<()> {
        let height = TILE * self.worst.len().max(1) as u32;
        let mut sheet = RgbaImage::from_pixel(4 * TILE, height, Rgba([190, 190, 190, 255]));
        for (row, one) in (0..).zip(&self.worst) {
            if one.verdicts[0].badness() == 0.0 {
                break;
            }
            println!("<!-- {:15} {} -->", one.verdicts[0].to_string(), one.path.display());
            let [ours, resvg, librsvg] = &one.pictures;
            let columns = [ours.as_ref(), one.chromium.first(), librsvg.as_ref(), resvg.as_ref()];
            for (column, picture) in (0..).zip(columns) {
                if let Some(picture) = picture {
                    let tile = imageops::thumbnail(picture, TILE, TILE);
                    imageops::overlay(&mut sheet, &tile, column * i64::from(TILE), row * i64::from(TILE));
                }
            }
        }
        sheet.save(to)
    }
}
