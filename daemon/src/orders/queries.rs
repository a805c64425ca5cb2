pub mod library;
pub mod rights;

use sqlx::{PgConnection, PgExecutor};
use tradepost_common::ids::{AccountId, OrderId};
use tradepost_common::orders::{OrderLine, OrderRow, OrderState};
use tradepost_common::sales::{Licence, Product, ProductKind};
use uuid::Uuid;

use crate::sales::quote::{Offer, Quote, QuotedLine};
use crate::sales::tax::Tax;

/// An order to be inserted.
pub struct NewOrder<'a> {
    pub id: OrderId,
    pub account_id: AccountId,
    pub key: &'a str,
    pub request_sha256: [u8; 32],
    pub currency: &'a str,
    pub quote: &'a Quote,
    pub tax: &'a Tax,
    pub coupon: Option<&'a str>,
    pub hold_id: Option<Uuid>,
    pub state: OrderState,
}

/// An order that a key has placed.
pub struct Earlier {
    pub id: OrderId,
    pub request_sha256: Vec<u8>,
}

/// An order whose row is locked.
pub struct LockedOrder {
    pub buyer_id: AccountId,
    pub buyer: String,
    pub state: OrderState,
    pub currency: String,
    pub total_minor: i64,
    pub refunded_minor: i64,
    pub hold_id: Option<Uuid>,
    pub payment_id: Option<Uuid>,
}

/// The royalty of one contributor in an order.
pub struct RoyaltyPart {
    pub contributor: String,
    pub royalty_minor: i64,
}

/// Sums of the lines of an order.
pub struct Sums {
    pub tax_minor: i64,
    pub fee_minor: i64,
    pub subsidy_minor: i64,
}

/// `false`: another request holds the key. Held until the transaction ends.
pub async fn lock_key(tx: &mut PgConnection, account: AccountId, key: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(hashtextextended($1::uuid || ' ' || $2, 0)) as "is_locked!""#,
        account.0,
        key
    )
    .fetch_one(tx)
    .await
}

/// Orders of a buyer are placed and settled one after the other, so that each sees what the ones before it bought. Held until the
/// transaction ends.
pub async fn lock_buyer(tx: &mut PgConnection, account: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 1))",
        account.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn by_key(tx: &mut PgConnection, account: AccountId, key: &str) -> sqlx::Result<Option<Earlier>> {
    sqlx::query_as!(
        Earlier,
        r#"select id as "id: OrderId", request_sha256 from orders where account_id = $1 and idempotency_key = $2"#,
        account.0,
        key
    )
    .fetch_optional(tx)
    .await
}

pub async fn insert(tx: &mut PgConnection, order: &NewOrder<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into orders (id, account_id, idempotency_key, request_sha256, currency, total_minor, discount_minor, tax_minor, coupon, hold_id,
            state, tax_country, tax_basis_points, tax_number, is_reverse_charge)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        "#,
        order.id.0,
        order.account_id.0,
        order.key,
        order.request_sha256.as_slice(),
        order.currency,
        order.quote.total,
        order.quote.discount,
        order.quote.tax,
        order.coupon,
        order.hold_id,
        order.state.as_str(),
        order.tax.country,
        i32::from(order.tax.basis_points),
        order.tax.number,
        order.tax.is_reverse_charge
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Inserts a line with the royalties of its contributors.
pub async fn insert_line(
    tx: &mut PgConnection,
    id: OrderId,
    position: i16,
    offer: &Offer,
    line: &QuotedLine,
) -> sqlx::Result<()> {
    let (accounts, royalties): (Vec<_>, Vec<_>) = line
        .royalties
        .iter()
        .map(|(account, royalty)| (account.0, *royalty))
        .unzip();
    sqlx::query!(
        r#"
        with line as (
            insert into order_lines (order_id, position, kind, product_id, family_id, seller_id, name, licence, terms_version,
                price_minor, discount_minor, tax_minor, fee_minor, subsidy_minor, royalty_minor, upgrades, credit_minor)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $18, $19)
        )
        insert into order_line_shares (order_id, position, account_id, royalty_minor)
        select $1, $2, account_id, royalty_minor from unnest($16::uuid[], $17::int8[]) share (account_id, royalty_minor)
        "#,
        id.0,
        position,
        offer.product.kind.as_str(),
        offer.product.id,
        offer.family_id,
        offer.seller_id.0,
        offer.name,
        offer.licence.as_str(),
        offer.terms_version,
        line.price,
        line.discount,
        line.tax,
        line.fee,
        line.subsidy,
        line.royalty,
        &accounts,
        &royalties,
        offer.upgrades.map(|upgrade| upgrade.of.0),
        offer.upgrades.map_or(0, |upgrade| upgrade.credit_minor)
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Orders, in the order of the ids.
pub async fn rows(db: impl PgExecutor<'_>, ids: &[Uuid]) -> sqlx::Result<Vec<OrderRow>> {
    sqlx::query_as!(
        OrderRow,
        r#"
        select orders.id as "id: OrderId", account.name as account, orders.state as "state: OrderState", total_minor, refunded_minor, currency,
            orders.tax_minor, tax_country, tax_basis_points, tax_number, is_reverse_charge, (select count(*) from order_lines where order_id = orders.id) as "products!", placed_at, settled_at, refunded_at, note
        from orders join accounts account on account.id = orders.account_id
        where orders.id = any($1) order by array_position($1, orders.id)
        "#,
        ids
    )
    .fetch_all(db)
    .await
}

pub async fn lines(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<Vec<OrderLine>> {
    let rows = sqlx::query!(
        r#"
        select line.kind as "kind: ProductKind", line.product_id, line.name, seller.name as contributor, line.licence as "licence: Licence",
            line.terms_version, line.price_minor, line.credit_minor, line.discount_minor, line.tax_minor
        from order_lines line join accounts seller on seller.id = line.seller_id
        where line.order_id = $1 order by line.position
        "#,
        id.0
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OrderLine {
            product: Product {
                kind: row.kind,
                id: row.product_id,
            },
            name: row.name,
            contributor: row.contributor,
            licence: row.licence,
            terms_version: row.terms_version,
            price_minor: row.price_minor,
            credit_minor: row.credit_minor,
            discount_minor: row.discount_minor,
            tax_minor: row.tax_minor,
        })
        .collect())
}

/// Locks an order until the caller's transaction ends.
pub async fn lock(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<Option<LockedOrder>> {
    sqlx::query_as!(
        LockedOrder,
        r#"
        select account.id as "buyer_id: AccountId", account.name as buyer, orders.state as "state: OrderState", currency,
            total_minor, refunded_minor, hold_id, payment_id
        from orders join accounts account on account.id = orders.account_id where orders.id = $1 for no key update of orders
        "#,
        id.0
    )
    .fetch_optional(tx)
    .await
}

/// The royalties of an order, one for each contributor.
pub async fn royalty_parts(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<Vec<RoyaltyPart>> {
    sqlx::query_as!(
        RoyaltyPart,
        r#"
        select account.name as contributor, sum(share.royalty_minor)::bigint as "royalty_minor!"
        from order_line_shares share join accounts account on account.id = share.account_id
        where share.order_id = $1 group by account.name having sum(share.royalty_minor) > 0 order by account.name
        "#,
        id.0
    )
    .fetch_all(tx)
    .await
}

/// The tax, the fee and the subsidy of an order.
pub async fn sums(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<Sums> {
    sqlx::query_as!(
        Sums,
        r#"
        select sum(tax_minor)::bigint as "tax_minor!", sum(fee_minor)::bigint as "fee_minor!", sum(subsidy_minor)::bigint as "subsidy_minor!"
        from order_lines where order_id = $1
        "#,
        id.0
    )
    .fetch_one(tx)
    .await
}

/// The funds of an order came in, and are held.
pub async fn set_placed(tx: &mut PgConnection, id: OrderId, hold: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update orders set state = 'placed', hold_id = $2 where id = $1",
        id.0,
        hold
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Sets the state of an order that was settled.
pub async fn set_state(tx: &mut PgConnection, id: OrderId, state: OrderState) -> sqlx::Result<()> {
    sqlx::query!("update orders set state = $2 where id = $1", id.0, state.as_str())
        .execute(tx)
        .await?;
    Ok(())
}

pub async fn set_paid(tx: &mut PgConnection, id: OrderId, payment: Option<Uuid>) -> sqlx::Result<()> {
    sqlx::query!(
        "update orders set state = 'paid', payment_id = $2, settled_at = now() where id = $1",
        id.0,
        payment
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn set_failed(tx: &mut PgConnection, id: OrderId, note: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update orders set state = 'failed', note = $2, settled_at = now() where id = $1",
        id.0,
        note
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds to what went back to the buyer. All of it: the order is refunded.
pub async fn add_refunded(
    tx: &mut PgConnection,
    id: OrderId,
    amount: i64,
    refund: Option<Uuid>,
    note: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update orders set refunded_minor = refunded_minor + $2, refund_id = $3, note = $4,
            state = case when refunded_minor + $2 = total_minor then 'refunded' else state end,
            refunded_at = case when refunded_minor + $2 = total_minor then now() end
        where id = $1
        "#,
        id.0,
        amount,
        refund,
        note
    )
    .execute(tx)
    .await?;
    Ok(())
}
