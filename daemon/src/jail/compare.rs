//! Compares two pictures of ours: a child has made them, so another child opens them.

use bytes::Bytes;
use tradepost_render::compare::{Likeness, SAME_DB};
use tradepost_render::presets::Format;

use super::talk::misbehaved;
use super::wire::{Bounds, Reply, Request};
use super::{Jail, JailError, Limits};

impl Jail {
    /// How alike two PNG or WebP pictures are, with a PNG of where they differ. `None` when they have other sizes, or one can not
    /// be read.
    pub async fn compare(&self, old: Bytes, new: Bytes) -> Result<Option<(Likeness, Bytes)>, JailError> {
        let Limits { wall, cpu, .. } = self.inner.limits;
        let bounds = Bounds {
            head_bytes: 1 << 20,
            blobs: 1,
            blob_bytes: 64 << 20,
        };
        let errand = self.errand(Request::Compare, None, vec![old, new], bounds, (wall, cpu));
        self.run(errand, move |replies| match replies.next()? {
            (Reply::Compared { likeness: None }, _) => Ok(None),
            (
                Reply::Compared {
                    likeness: Some(likeness),
                },
                mut blobs,
            ) if blobs.len() == 1 && is_sound(&likeness) => {
                let difference = blobs.remove(0);
                if !Format::Png.is_magic_of(&difference) {
                    return Err(misbehaved("another picture than was asked for"));
                }
                Ok(Some((likeness, Bytes::from(difference))))
            }
            _ => Err(misbehaved("another reply than a comparison")),
        })
        .await
    }
}

fn is_sound(likeness: &Likeness) -> bool {
    (0.0..=SAME_DB).contains(&likeness.psnr_db) && (0.0..=1.0).contains(&likeness.differing)
}
