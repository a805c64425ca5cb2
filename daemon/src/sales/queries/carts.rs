use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use tradepost_common::ids::{AccountId, CartId};
use tradepost_common::sales::{Licence, Product, ProductKind};

use crate::sales::Wanted;

/// A cart without its lines.
pub struct Head {
    pub currency: String,
    pub coupon: Option<String>,
    pub expires_at: OffsetDateTime,
}

/// A line with the price when it was put in.
pub struct StoredLine {
    pub wanted: Wanted,
    pub price_minor: Option<i64>,
}

/// Carts of an account that are not expired.
pub async fn count(tx: &mut PgConnection, account: AccountId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "carts!" from carts where account_id = $1 and expires_at > now()"#,
        account.0
    )
    .fetch_one(tx)
    .await
}

/// Makes a cart, or changes it and makes it last. `false`: it is somebody else's.
pub async fn put(
    tx: &mut PgConnection,
    id: CartId,
    account: AccountId,
    (currency, coupon): (&str, Option<&str>),
    days: i32,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        insert into carts (id, account_id, currency, coupon, expires_at) values ($1, $2, $3, $4, now() + make_interval(days => $5))
        on conflict (id) do update set currency = excluded.currency, coupon = excluded.coupon, expires_at = excluded.expires_at
            where carts.account_id = $2 and carts.expires_at > now()
        "#,
        id.0,
        account.0,
        currency,
        coupon,
        days
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Locks a cart that is not expired.
pub async fn lock(tx: &mut PgConnection, id: CartId, account: AccountId) -> sqlx::Result<Option<Head>> {
    sqlx::query_as!(
        Head,
        "select currency, coupon, expires_at from carts where id = $1 and account_id = $2 and expires_at > now() for update",
        id.0,
        account.0
    )
    .fetch_optional(tx)
    .await
}

pub async fn delete_lines(tx: &mut PgConnection, id: CartId) -> sqlx::Result<()> {
    sqlx::query!("delete from cart_lines where cart_id = $1", id.0)
        .execute(tx)
        .await?;
    Ok(())
}

pub async fn insert_line(
    tx: &mut PgConnection,
    id: CartId,
    position: i16,
    wanted: Wanted,
    price_minor: Option<i64>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into cart_lines (cart_id, position, kind, product_id, licence, price_minor) values ($1, $2, $3, $4, $5, $6)",
        id.0,
        position,
        wanted.product.kind.as_str(),
        wanted.product.id,
        wanted.licence.as_str(),
        price_minor
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn lines(tx: &mut PgConnection, id: CartId) -> sqlx::Result<Vec<StoredLine>> {
    let rows = sqlx::query!(
        r#"
        select kind as "kind: ProductKind", product_id, licence as "licence: Licence", price_minor
        from cart_lines where cart_id = $1 order by position
        "#,
        id.0
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| StoredLine {
            wanted: Wanted {
                product: Product {
                    kind: row.kind,
                    id: row.product_id,
                },
                licence: row.licence,
            },
            price_minor: row.price_minor,
        })
        .collect())
}

pub async fn delete(tx: &mut PgConnection, id: CartId, account: AccountId) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from carts where id = $1 and account_id = $2", id.0, account.0)
        .execute(tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes some carts that are expired. Answers with how many.
pub async fn delete_expired(db: impl PgExecutor<'_>, most: i64) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "delete from carts where id in (select id from carts where expires_at <= now() order by expires_at limit $1)",
        most
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
