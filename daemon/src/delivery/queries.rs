use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use tradepost_common::ids::{AccountId, EntitlementId, OrderId};
use tradepost_common::sales::{Licence, ProductKind};
use uuid::Uuid;

/// The right to download what a line of an order bought.
pub struct Entitlement {
    pub id: EntitlementId,
    pub order_id: OrderId,
    pub kind: ProductKind,
    pub product_id: Uuid,
    pub name: String,
    pub contributor: String,
    pub licence: Licence,
    pub terms_version: i32,
    pub granted_at: OffsetDateTime,
    pub downloads: i32,
    /// A set that came after the one that was bought.
    pub newer_set_id: Option<Uuid>,
}

/// The conditions of a list of entitlements.
#[derive(Debug, Default, Clone, Copy)]
pub struct Filter {
    pub id: Option<EntitlementId>,
    pub account: Option<AccountId>,
    pub order: Option<OrderId>,
    pub before: Option<OffsetDateTime>,
}

/// A file that a buyer may download.
pub struct File {
    pub item_id: Uuid,
    pub set_id: Uuid,
    pub path: String,
    pub title: String,
    pub sha256: [u8; 32],
    pub size_bytes: i64,
}

/// The files of an entitlement that are asked for.
#[derive(Debug, Default, Clone, Copy)]
pub struct Files {
    pub item: Option<Uuid>,
    pub set: Option<Uuid>,
    pub after: Option<Uuid>,
}

/// Entitlements that are not revoked, newest first.
pub async fn entitlements(db: impl PgExecutor<'_>, filter: Filter, limit: i64) -> sqlx::Result<Vec<Entitlement>> {
    sqlx::query_as!(
        Entitlement,
        r#"
        select right_.id as "id: EntitlementId", right_.order_id as "order_id: OrderId", right_.kind as "kind: ProductKind",
            right_.product_id, line.name, seller.name as contributor, right_.licence as "licence: Licence", line.terms_version,
            right_.granted_at, right_.downloads,
            (select newer.id from sets newer
                left join items item on right_.kind = 'item' and item.id = right_.product_id
                left join sets own on own.id = coalesce(item.set_id, right_.product_id)
                where newer.family_id = line.family_id and newer.state = 'published'
                    and case when right_.kind = 'family' then newer.published_at > right_.granted_at
                        else newer.slug = own.slug and newer.id > own.id end
                order by newer.id desc limit 1) as newer_set_id
        from entitlements right_
        join order_lines line on line.order_id = right_.order_id and line.position = right_.position
        join accounts seller on seller.id = line.seller_id
        where right_.revoked_at is null and ($1::uuid is null or right_.id = $1) and ($2::uuid is null or right_.account_id = $2)
            and ($3::uuid is null or right_.order_id = $3) and ($4::timestamptz is null or right_.granted_at < $4)
        order by right_.granted_at desc, right_.id desc limit $5
        "#,
        filter.id.map(|id| id.0),
        filter.account.map(|id| id.0),
        filter.order.map(|id| id.0),
        filter.before,
        limit
    )
    .fetch_all(db)
    .await
}

/// The entitlement by which an account may download an item: the one with the most downloads left.
pub async fn entitlement_to(
    db: impl PgExecutor<'_>,
    account: AccountId,
    item: Uuid,
) -> sqlx::Result<Option<EntitlementId>> {
    sqlx::query_scalar!(
        r#"
        select right_.id as "id: EntitlementId" from items item join sets set_ on set_.id = item.set_id
        join entitlements right_ on right_.account_id = $1 and right_.revoked_at is null and right_.product_id
            = case right_.kind when 'item' then item.id when 'set' then set_.id else set_.family_id end
        where item.id = $2 and item.released_at is not null order by right_.downloads limit 1
        "#,
        account.0,
        item
    )
    .fetch_optional(db)
    .await
}

/// Files of an entitlement that were published once and that no check forbids, by their id.
pub async fn files(
    db: impl PgExecutor<'_>,
    entitlement: EntitlementId,
    wanted: Files,
    limit: i64,
) -> sqlx::Result<Vec<File>> {
    sqlx::query_as!(
        File,
        r#"
        select item.id as item_id, item.set_id, item.path, item.title, item.file_sha256 as "sha256!: [u8; 32]",
            item.file_size_bytes as "size_bytes!"
        from entitlements right_
        join lateral (
            select id from sets where right_.kind = 'family' and family_id = right_.product_id
            union all select right_.product_id where right_.kind = 'set'
            union all select set_id from items where right_.kind = 'item' and id = right_.product_id
        ) set_ on true
        join items item on item.set_id = set_.id and (right_.kind <> 'item' or item.id = right_.product_id)
        where right_.id = $1 and right_.revoked_at is null and item.released_at is not null and item.state <> 'blocked'
            and item.file_sha256 is not null and ($2::uuid is null or item.id = $2) and ($3::uuid is null or item.set_id = $3)
            and ($4::uuid is null or item.id > $4)
            -- What was gone from the catalogue when it was ordered was not sold; a minute for who delisted and who ordered at once.
            and (item.delisted_at is null
                or item.delisted_at > (select placed_at from orders where id = right_.order_id) - interval '1 minute')
            and not exists (select from verdicts where sha256 in (item.sha256, item.file_sha256) and verdict = 'infected')
        order by item.id limit $5
        "#,
        entitlement.0,
        wanted.item,
        wanted.set,
        wanted.after,
        limit
    )
    .fetch_all(db)
    .await
}

/// Name of a set and of its family.
pub async fn set_names(db: impl PgExecutor<'_>, set: Uuid) -> sqlx::Result<Option<(String, String)>> {
    let row = sqlx::query!(
        "select set_.slug, family.name from sets set_ join families family on family.id = set_.family_id where set_.id = $1",
        set
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.slug, row.name)))
}

/// Counts a download. Answers with how many there were; `None`: no more are allowed.
pub async fn count_download(tx: &mut PgConnection, id: EntitlementId, limit: i32) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "update entitlements set downloads = downloads + 1 where id = $1 and revoked_at is null and downloads < $2 returning downloads",
        id.0,
        limit
    )
    .fetch_optional(tx)
    .await
}

pub async fn insert_download(
    tx: &mut PgConnection,
    entitlement: EntitlementId,
    file: Uuid,
    variant: &str,
    address: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into downloads (id, entitlement_id, file_id, variant, client_address) values ($1, $2, $3, $4, $5)",
        Uuid::now_v7(),
        entitlement.0,
        file,
        variant,
        address
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Lets what an order bought be downloaded anew. Answers with how many entitlements there are.
pub async fn reset_downloads(tx: &mut PgConnection, order: OrderId) -> sqlx::Result<i64> {
    let done = sqlx::query!("update entitlements set downloads = 0 where order_id = $1", order.0)
        .execute(tx)
        .await?;
    Ok(done.rows_affected().cast_signed())
}

/// A download of something that an order bought.
#[derive(Debug, serde::Serialize)]
pub struct Download {
    pub id: Uuid,
    pub file_id: Uuid,
    /// The path of an item in its pack; the name of a set.
    pub file: String,
    pub variant: String,
    pub client_address: String,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// The last downloads of what an order bought, newest first; those until a time, if there is one.
pub async fn downloads_of_order(
    db: impl PgExecutor<'_>,
    order: OrderId,
    until: Option<OffsetDateTime>,
    limit: i64,
) -> sqlx::Result<Vec<Download>> {
    sqlx::query_as!(
        Download,
        r#"
        select download.id, download.file_id, coalesce(item.path, set_.name) as "file!", download.variant, download.client_address,
            download.at
        from downloads download join entitlements right_ on right_.id = download.entitlement_id
            left join items item on item.id = download.file_id
            left join sets set_ on set_.id = download.file_id
        where right_.order_id = $1 and ($2::timestamptz is null or download.at <= $2) order by download.id desc limit $3
        "#,
        order.0,
        until,
        limit
    )
    .fetch_all(db)
    .await
}

/// The known CRCs of files.
pub async fn crcs(db: impl PgExecutor<'_>, hashes: &[Vec<u8>]) -> sqlx::Result<Vec<([u8; 32], i64)>> {
    let rows = sqlx::query!(
        r#"select sha256 as "sha256: [u8; 32]", crc32 from file_crcs where sha256 = any($1)"#,
        hashes
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.sha256, row.crc32)).collect())
}

pub async fn insert_crc(db: impl PgExecutor<'_>, sha256: &[u8; 32], crc32: u32) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into file_crcs (sha256, crc32) values ($1, $2) on conflict do nothing",
        sha256.as_slice(),
        i64::from(crc32)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A line of a certificate.
pub struct CertifiedLine {
    pub account: String,
    pub position: i16,
    pub kind: ProductKind,
    pub product_id: Uuid,
    pub name: String,
    pub contributor: String,
    pub title: String,
    pub licence: Licence,
    pub terms_version: i32,
    pub terms_sha256: String,
    pub terms: String,
    pub granted_at: OffsetDateTime,
}

/// The rights that an order gave and that are not revoked; or were not before a time.
pub async fn certified_lines(
    db: impl PgExecutor<'_>,
    order: OrderId,
    before: Option<OffsetDateTime>,
) -> sqlx::Result<Vec<CertifiedLine>> {
    sqlx::query_as!(
        CertifiedLine,
        r#"
        select buyer.name as account, right_.position, right_.kind as "kind: ProductKind", right_.product_id, line.name,
            seller.name as contributor, terms.title, right_.licence as "licence: Licence", line.terms_version,
            encode(terms.sha256, 'hex') as "terms_sha256!", terms.body as terms, right_.granted_at
        from entitlements right_
        join accounts buyer on buyer.id = right_.account_id
        join order_lines line on line.order_id = right_.order_id and line.position = right_.position
        join accounts seller on seller.id = line.seller_id
        join licence_terms terms on terms.licence = line.licence and terms.version = line.terms_version
        where right_.order_id = $1 and (right_.revoked_at is null or right_.revoked_at >= $2) order by right_.position
        "#,
        order.0,
        before
    )
    .fetch_all(db)
    .await
}

/// The buyer of an order.
pub async fn buyer_of(db: impl PgExecutor<'_>, order: OrderId) -> sqlx::Result<Option<AccountId>> {
    sqlx::query_scalar!(
        r#"select account_id as "id: AccountId" from orders where id = $1"#,
        order.0
    )
    .fetch_optional(db)
    .await
}

/// Rights that were revoked, with their order and line, the last ones first.
pub async fn revoked(db: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<Vec<(OrderId, i16, OffsetDateTime)>> {
    let rows = sqlx::query!(
        r#"
        select order_id as "order_id: OrderId", position, revoked_at as "revoked_at!" from entitlements
        where revoked_at is not null order by revoked_at desc, order_id, position limit $1
        "#,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.order_id, row.position, row.revoked_at))
        .collect())
}
