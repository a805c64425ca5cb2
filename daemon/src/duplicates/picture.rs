//! The fingerprint of a picture that somebody searches by. Strangers send it: it is opened in the jail only, and not kept.

use tokio::sync::Semaphore;
use tradepost_jail::JailError;

use super::Prints;
use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::pinned;

/// Pictures that are drawn at once, so that uploads have the rest of the jail.
static DRAWING: Semaphore = Semaphore::const_new(1);

/// Draws a picture, which is of the kind that its extension says.
///
/// # Errors
/// Unprocessable; unavailable when the jail is busy.
pub async fn prints(app: &App, bytes: &[u8], extension: &str) -> ApiResult<Prints> {
    let _permit = DRAWING.acquire().await.map_err(anyhow::Error::from)?;
    let file = pinned::in_memory(bytes)?;
    let path = format!("picture.{extension}");
    // One rendition is drawn, the fingerprint beside it.
    let presets = &app.presets[..app.presets.len().min(1)];
    let sha256 = tradepost_store::sha256(bytes);
    let drawn = match app.jail.render(file, &sha256, &path, presets).await {
        Ok(drawn) => drawn,
        Err(error) if error.is_busy() => return Err(ApiError::Unavailable("the renderer is busy")),
        Err(JailError::Refused(findings)) => {
            let reasons: Vec<_> = findings.into_iter().map(|finding| finding.message).collect();
            return Err(unreadable(reasons.join(" ")));
        }
        Err(error) if error.is_about_the_file() => return Err(unreadable(error.to_string())),
        Err(error) => return Err(ApiError::Internal(error.into())),
    };
    drawn
        .fingerprint
        .map(Prints::from)
        .ok_or_else(|| unreadable("It shows nothing.".to_owned()))
}

fn unreadable(detail: String) -> ApiError {
    ApiError::unprocessable("picture-not-readable", detail)
}
