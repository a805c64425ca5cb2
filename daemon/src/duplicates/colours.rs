//! Takes the colours of files that were drawn before colours were taken. The file is drawn in the jail again; its renditions stay.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::Prints;
use super::queries::{self, Colourless};
use crate::app::App;
use crate::objects::member_key;
use crate::pinned;

/// Files are drawn for so long at once, so that the other chores of the scheduler do not wait.
const SLICE: Duration = Duration::from_secs(2);

/// Takes the colours of the next files; answers with their number. A file that can not be read or drawn now is due again in an hour.
pub async fn take_missing(app: &App) -> anyhow::Result<u32> {
    let begun = Instant::now();
    let mut taken = 0;
    while begun.elapsed() < SLICE {
        let Some(file) = queries::next_colourless(&app.db).await? else {
            break;
        };
        let Some(prints) = draw(app, &file).await? else {
            break;
        };
        let facets = prints.as_ref().map(Prints::facets).unwrap_or_default();
        queries::set_colours(&app.db, file.item_id, &facets).await?;
        taken += 1;
    }
    Ok(taken)
}

/// The prints of a file, without any if it can not be drawn. `None`: the jail is busy.
async fn draw(app: &App, file: &Colourless) -> anyhow::Result<Option<Option<Prints>>> {
    let bytes = app.store.read_content(&member_key(file.sha256)).await;
    let bytes = bytes.with_context(|| format!("reading {} for its colours", file.path))?;
    pinned::check(&bytes, &file.sha256, "a file of a pack")?;
    // One rendition is drawn, the colours beside it.
    let presets = &app.presets[..app.presets.len().min(1)];
    let drawn = app
        .jail
        .render(pinned::in_memory(&bytes)?, &file.sha256, &file.path, presets)
        .await;
    match drawn {
        Ok(drawn) => Ok(Some(drawn.fingerprint.map(Prints::from))),
        Err(error) if error.is_busy() => Ok(None),
        Err(error) if error.is_about_the_file() => Ok(Some(None)),
        Err(error) => Err(error).context("drawing a file for its colours"),
    }
}
