//! The files of items: sources for their contributors, published copies for everybody else.

use sqlx::PgPool;
use tradepost_common::ids::AccountId;
use uuid::Uuid;

/// A source file that its contributor may download.
pub struct Source {
    pub account: AccountId,
    pub sha256: Vec<u8>,
    pub path: String,
}

/// The source file of an item that was scanned clean, unless it was rejected or its contributor is banned.
pub async fn source(db: &PgPool, item: Uuid) -> sqlx::Result<Option<Source>> {
    sqlx::query_as!(
        Source,
        r#"
        select account.id as "account: AccountId", item.sha256, item.path from items item
        join sets set_ on set_.id = item.set_id
        join families family on family.id = set_.family_id
        join accounts account on account.id = family.account_id
        where item.id = $1 and item.state in ('ready', 'published') and account.banned_at is null
        "#,
        item
    )
    .fetch_optional(db)
    .await
}

/// The published file of an item. `None`: not published, or published before there were sanitized copies.
pub async fn published_file(db: &PgPool, item: Uuid) -> sqlx::Result<Option<PublishedFile>> {
    sqlx::query_as!(
        PublishedFile,
        r#"
        select item.file_sha256 as "sha256!", item.path, set_.price_minor = 0 as "is_free!"
        from items item join sets set_ on set_.id = item.set_id
        where item.id = $1 and item.state = 'published' and item.file_sha256 is not null
        "#,
        item
    )
    .fetch_optional(db)
    .await
}

/// The bytes of an item that a buyer may get.
pub struct PublishedFile {
    pub sha256: Vec<u8>,
    pub path: String,
    pub is_free: bool,
}
