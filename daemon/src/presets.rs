//! `GET /v1/presets`, and the list of every preset that was ever used.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use sqlx::PgPool;
use time::OffsetDateTime;
use tradepost_render::presets::{ENGINE_VERSION, Preset, Watermark};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::SharedApp;
use crate::error::ApiResult;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(list_presets))
}

/// Writes down what is new among the presets of this release and this configuration.
pub async fn register(db: &PgPool, presets: &[Preset]) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    for preset in presets {
        let svg = match &preset.watermark {
            Watermark::Svg(text) => Some(text.as_str()),
            Watermark::None | Watermark::Tiled => None,
        };
        sqlx::query!(
            "insert into presets (sha256, name, width, format, quality, background, watermark, watermark_svg, engine_version)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (sha256) do nothing",
            &preset.hash()[..],
            preset.name,
            preset.width_px.cast_signed(),
            preset.format.as_str(),
            i16::from(preset.quality),
            background(preset),
            preset.watermark.name(),
            svg,
            ENGINE_VERSION.cast_signed()
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await
}

/// A preset of renditions.
#[derive(Debug, Serialize, ToSchema)]
struct PresetView {
    /// Renditions are requested by it; it stays when a preset is replaced by another one of its name.
    #[schema(max_length = 40)]
    name: String,
    /// SHA-256 of everything that decides the picture.
    #[schema(pattern = "^[0-9a-f]{64}$", max_length = 64)]
    sha256: String,
    /// The height follows the item's aspect ratio.
    width_px: i32,
    /// `png` or `webp`.
    #[schema(pattern = "^(png|webp)$", max_length = 4)]
    format: String,
    /// Quality of lossy WebP, 0 to 100.
    quality: i16,
    /// `#rrggbb`; null: transparent.
    #[schema(pattern = "^#[0-9a-f]{6}$", max_length = 7)]
    background: Option<String>,
    /// `none`, `tiled`, or the SHA-256 of the mark's SVG.
    #[schema(max_length = 64)]
    watermark: String,
    /// In use; the others made earlier renditions.
    current: bool,
    #[serde(with = "time::serde::rfc3339")]
    first_used_at: OffsetDateTime,
}

#[derive(Debug, Serialize, ToSchema)]
struct Presets {
    #[schema(max_items = 500)]
    rows: Vec<PresetView>,
}

/// The presets: those of today first, then those of before
#[utoipa::path(get, path = "/v1/presets", tag = "catalogue", responses((status = 200, body = Presets)))]
async fn list_presets(State(app): State<SharedApp>) -> ApiResult<Json<Presets>> {
    let current: Vec<Vec<u8>> = app.presets.iter().map(|preset| preset.hash().to_vec()).collect();
    let rows = sqlx::query_as!(
        PresetView,
        r#"
        select name, encode(sha256, 'hex') as "sha256!", width as width_px, format, quality, background, watermark,
            sha256 = any($1) as "current!", first_used_at
        from presets order by sha256 = any($1) desc, width, name, first_used_at desc limit 500
        "#,
        &current
    )
    .fetch_all(&app.db)
    .await?;
    Ok(Json(Presets { rows }))
}

fn background(preset: &Preset) -> Option<String> {
    preset.background.map(|colour| format!("#{}", hex::encode(colour)))
}
