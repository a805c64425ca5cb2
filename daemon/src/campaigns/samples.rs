//! Compares what the canary drew with what is shown, in the jail, as every picture is opened there.

use std::collections::HashMap;

use anyhow::Context as _;
use bytes::Bytes;
use uuid::Uuid;

use super::queries::{self, Drawn, Likeness, Shown};
use crate::app::App;
use crate::objects::rendition_key;
use tradepost_jail::JailError;

/// A picture of the canary, and how it compares to the one that is shown now.
pub(super) struct Compared {
    /// In the batch.
    pub drawn: usize,
    pub old: Option<Shown>,
    pub likeness: Option<Likeness>,
}

/// Compares pictures of the canary with what is shown now.
pub(super) async fn compare_all(
    app: &App,
    drawn: &[Drawn],
    bytes: &HashMap<[u8; 32], Bytes>,
    is_canary: impl Fn(Uuid) -> bool,
) -> anyhow::Result<Vec<Compared>> {
    let chosen: Vec<usize> = (0..drawn.len()).filter(|at| is_canary(drawn[*at].item_id)).collect();
    let items: Vec<Uuid> = chosen.iter().map(|at| drawn[*at].item_id).collect();
    let presets: Vec<String> = chosen.iter().map(|at| drawn[*at].preset.clone()).collect();
    let shown = queries::shown(&app.db, &items, &presets).await?;
    let shown: HashMap<_, _> = shown
        .into_iter()
        .map(|old| ((old.item_id, old.preset.clone()), old))
        .collect();
    let mut compared = Vec::with_capacity(chosen.len());
    for at in chosen {
        let new = &drawn[at];
        let old = shown.get(&(new.item_id, new.preset.clone())).cloned();
        let likeness = match (&old, bytes.get(&new.sha256)) {
            (Some(old), Some(new)) => likeness(app, old, new.clone()).await?,
            _ => None,
        };
        compared.push(Compared {
            drawn: at,
            old,
            likeness,
        });
    }
    Ok(compared)
}

async fn likeness(app: &App, old: &Shown, new: Bytes) -> anyhow::Result<Option<Likeness>> {
    let sha256 = old
        .sha256
        .as_slice()
        .try_into()
        .context("a SHA-256 of another length")?;
    let format = if old.format == "png" { "png" } else { "webp" };
    match app.store.read_content(&rendition_key(sha256, format)).await {
        Ok(old) => Ok(compare(app, old, new).await?.map(|(likeness, _)| likeness)),
        // There is nothing to compare with, and somebody should see that.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("reading a picture that is shown"),
    }
}

/// The likeness of two pictures, and a PNG of where they differ. `None`: they have other sizes, or one can not be read.
pub(super) async fn compare(app: &App, old: Bytes, new: Bytes) -> anyhow::Result<Option<(Likeness, Bytes)>> {
    match app.jail.compare(old, new).await {
        Ok(compared) => Ok(compared.map(|(about, difference)| {
            let likeness = Likeness {
                psnr_db: about.psnr_db,
                max_difference: i32::from(about.max_difference),
                differing: about.differing,
            };
            (likeness, difference)
        })),
        Err(JailError::Broken(error)) => Err(error.context("comparing two pictures")),
        Err(error) => {
            tracing::warn!(error = %error, "two renditions cannot be compared");
            Ok(None)
        }
    }
}
