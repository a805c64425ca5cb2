//! A buyer's library: what was bought, its files, and signed URLs that download them.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use tradepost_common::audit::AuditAct;
use tradepost_common::ids::{AccountId, EntitlementId, OrderId};
use tradepost_common::sales::{Licence, Product, ProductKind};
use tradepost_render::presets::Format;
use utoipa::ToSchema;
use uuid::Uuid;

use super::queries::{self, Entitlement, File, Files, Filter};
use super::variant::Variant;
use crate::accounts::guests;
use crate::accounts::links::{self, Purpose};
use crate::accounts::sessions::{self, NewSession};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::downloads::routes::safe_name;
use crate::error::{ApiError, ApiResult};
use crate::orders::library::adopt_guests;

/// Something that was bought.
#[derive(Debug, Serialize, ToSchema)]
pub struct Bought {
    pub id: EntitlementId,
    order_id: OrderId,
    product: Product,
    #[schema(max_length = 120)]
    name: String,
    #[schema(max_length = 63)]
    contributor: String,
    licence: Licence,
    terms_version: i32,
    #[serde(with = "time::serde::rfc3339")]
    pub granted_at: OffsetDateTime,
    downloads: i32,
    downloads_left: i32,
    /// A new version of it: a set of the same name, or one that joined the family.
    newer_set_id: Option<Uuid>,
}

impl Bought {
    fn new(right: Entitlement, limit: i32) -> Self {
        Self {
            id: right.id,
            order_id: right.order_id,
            product: Product {
                kind: right.kind,
                id: right.product_id,
            },
            name: right.name,
            contributor: right.contributor,
            licence: right.licence,
            terms_version: right.terms_version,
            granted_at: right.granted_at,
            downloads: right.downloads,
            downloads_left: (limit - right.downloads).max(0),
            newer_set_id: right.newer_set_id,
        }
    }
}

/// A file of something that was bought.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoughtFile {
    pub item_id: Uuid,
    set_id: Uuid,
    #[schema(max_length = 120)]
    title: String,
    /// The path in the pack.
    #[schema(max_length = 255)]
    path: String,
    size_bytes: i64,
}

tradepost_common::text_enum! {
    /// The form of a download.
    #[derive(ToSchema)]
    pub enum Form {
        /// The file itself.
        Original = "original",
        /// An image of the file.
        Png = "png",
        Webp = "webp",
        /// A whole set.
        Zip = "zip",
    }
}

/// The wanted file and its form.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartDownload {
    /// Not needed when an item was bought, nor for a ZIP.
    item: Option<Uuid>,
    /// For a ZIP; needed only when a family was bought.
    set: Option<Uuid>,
    /// `original` when not given.
    form: Option<Form>,
    /// Pixels of an image; 512 when not given.
    #[schema(minimum = 16, maximum = 4_096)]
    width: Option<u32>,
}

/// A signed URL.
#[derive(Debug, Serialize, ToSchema)]
pub struct DownloadUrl {
    #[schema(max_length = 2_048)]
    pub url: String,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    downloads_left: i32,
}

/// Opens the library of a mailed link: proves its address, and starts a session.
///
/// # Errors
/// Gone; not found: nobody has bought with the address.
pub async fn open(app: &App, secret: &str) -> ApiResult<(AccountId, NewSession)> {
    let mut tx = app.db.begin().await?;
    let link = links::open(&mut tx, Purpose::Library, secret).await?;
    let account = guests::prove(&mut tx, &link.email).await?;
    let account = account.ok_or(ApiError::NotFound("library"))?;
    adopt_guests(&mut tx, account).await?;
    let session = sessions::start(&mut tx, account).await?;
    tx.commit().await?;
    Ok((account, session))
}

/// The purchases of an account that are not revoked, newest first.
pub async fn list(app: &App, account: AccountId, before: Option<OffsetDateTime>, limit: u32) -> ApiResult<Vec<Bought>> {
    let filter = Filter {
        account: Some(account),
        before,
        ..Filter::default()
    };
    let rows = queries::entitlements(&app.db, filter, limit.into()).await?;
    let most = app.config.money.downloads_per_purchase;
    Ok(rows.into_iter().map(|right| Bought::new(right, most)).collect())
}

/// One purchase of an account.
///
/// # Errors
/// Not found.
pub async fn get(app: &App, account: AccountId, id: EntitlementId) -> ApiResult<Bought> {
    let right = own(app, account, id).await?;
    Ok(Bought::new(right, app.config.money.downloads_per_purchase))
}

async fn own(app: &App, account: AccountId, id: EntitlementId) -> ApiResult<Entitlement> {
    let filter = Filter {
        id: Some(id),
        account: Some(account),
        ..Filter::default()
    };
    let right = queries::entitlements(&app.db, filter, 1).await?.pop();
    right.ok_or(ApiError::NotFound("purchase of yours"))
}

/// The files of a purchase that may be downloaded.
///
/// # Errors
/// Not found.
pub async fn files(
    app: &App,
    account: AccountId,
    id: EntitlementId,
    after: Option<Uuid>,
    limit: u32,
) -> ApiResult<Vec<BoughtFile>> {
    own(app, account, id).await?;
    let wanted = Files {
        after,
        ..Files::default()
    };
    let files = queries::files(&app.db, id, wanted, limit.into()).await?;
    Ok(files.into_iter().map(bought_file).collect())
}

fn bought_file(file: File) -> BoughtFile {
    BoughtFile {
        item_id: file.item_id,
        set_id: file.set_id,
        title: file.title,
        path: file.path,
        size_bytes: file.size_bytes,
    }
}

/// Counts a download and signs a URL for it.
///
/// # Errors
/// Not found; unprocessable when it is not told which file; a conflict when there were too many.
pub async fn start(
    app: &App,
    account: AccountId,
    (id, address): (EntitlementId, IpAddr),
    wanted: &StartDownload,
) -> ApiResult<DownloadUrl> {
    let right = own(app, account, id).await?;
    let (file, variant) = wanted.target(&right)?;
    let of_file = Files {
        item: (variant != Variant::Zip).then_some(file),
        set: (variant == Variant::Zip).then_some(file),
        after: None,
    };
    let found = queries::files(&app.db, id, of_file, 1).await?.pop();
    let found = found.ok_or(ApiError::NotFound("file of this purchase"))?;
    let name = match variant {
        Variant::Zip => queries::set_names(&app.db, file)
            .await?
            .map_or_else(|| "set".to_owned(), |(slug, _)| slug),
        _ => super::archive::name_in_zip(&found.path).to_owned(),
    };
    let limit = app.config.money.downloads_per_purchase;
    let mut tx = app.db.begin().await?;
    let Some(downloads) = queries::count_download(&mut tx, id, limit).await? else {
        let detail = format!("This purchase was downloaded {limit} times. Ask the marketplace to allow more.");
        return Err(ApiError::conflict("download-limit", detail));
    };
    queries::insert_download(&mut tx, id, file, &variant.to_string(), &address.to_string()).await?;
    tx.commit().await?;
    let expires_at = OffsetDateTime::now_utc() + Duration::seconds(app.config.limits.download_url_seconds.into());
    let path = signed_path(id, file, variant, &variant.file_name(&safe_name(&name)));
    let query = app.signer.query("GET", &path, expires_at);
    Ok(DownloadUrl {
        url: format!("{}{path}?{query}", app.files_url()),
        expires_at,
        downloads_left: limit - downloads,
    })
}

impl StartDownload {
    /// The file itself.
    pub fn original(item: Uuid) -> Self {
        Self {
            item: Some(item),
            set: None,
            form: None,
            width: None,
        }
    }

    /// The item or set, and its form.
    fn target(&self, right: &Entitlement) -> ApiResult<(Uuid, Variant)> {
        let bought = |kind| (right.kind == kind).then_some(right.product_id);
        let width = self.width.unwrap_or(512);
        let image =
            |format| Variant::image(format, width).ok_or_else(|| ApiError::invalid("width", "must be 16 to 4096"));
        let variant = match self.form.unwrap_or(Form::Original) {
            Form::Original => Variant::Original,
            Form::Png => image(Format::Png)?,
            Form::Webp => image(Format::Webp)?,
            Form::Zip => Variant::Zip,
        };
        let file = match variant {
            Variant::Zip => self.set.or(bought(ProductKind::Set)),
            _ => self.item.or(bought(ProductKind::Item)),
        };
        let file = file.ok_or_else(|| {
            let detail = "Name the item, or for a ZIP of a family the set.";
            ApiError::unprocessable("which-file", detail)
        })?;
        Ok((file, variant))
    }
}

/// The path that a download is signed for.
pub fn signed_path(id: EntitlementId, file: Uuid, variant: Variant, name: &str) -> String {
    format!("/objects/downloads/{id}/{file}/{variant}/{name}")
}

/// The purchase of a signed URL.
///
/// # Errors
/// Gone: it was revoked.
pub async fn of_url(app: &App, id: EntitlementId) -> ApiResult<Entitlement> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let right = queries::entitlements(&app.db, filter, 1).await?.pop();
    right.ok_or_else(|| ApiError::Gone {
        code: "revoked",
        detail: "The purchase was paid back or revoked.".to_owned(),
    })
}

/// Lets what an order bought be downloaded anew.
///
/// # Errors
/// Not found.
pub async fn reset(app: &App, actor: &Actor, order: OrderId) -> ApiResult<i64> {
    let mut tx = app.db.begin().await?;
    let purchases = queries::reset_downloads(&mut tx, order).await?;
    if purchases == 0 {
        return Err(ApiError::NotFound("paid order"));
    }
    let detail = json!({ "purchases": purchases });
    audit::record(
        &mut tx,
        actor,
        AuditAct::OrderResetDownloads,
        &format!("order:{order}"),
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(purchases)
}
