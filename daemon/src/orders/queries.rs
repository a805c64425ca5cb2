pub mod library;

use sqlx::{PgConnection, PgExecutor};
use tradepost_common::ids::{AccountId, OrderId, SetId};
use tradepost_common::orders::{OrderLine, OrderRow, OrderState};
use uuid::Uuid;

use super::books;

/// A published set as it is sold now.
pub struct Offer {
    pub set_id: SetId,
    pub seller_id: AccountId,
    pub licence: String,
    pub price_minor: i64,
    pub currency: String,
    /// The buyer has an entitlement.
    pub is_owned: bool,
    /// It is in an order of the buyer that is not settled.
    pub is_ordered: bool,
}

/// An order to be inserted.
pub struct NewOrder<'a> {
    pub id: OrderId,
    pub account_id: AccountId,
    pub key: &'a str,
    pub request_sha256: [u8; 32],
    pub currency: &'a str,
    pub total_minor: i64,
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
    pub buyer: String,
    pub state: OrderState,
    pub currency: String,
    pub total_minor: i64,
    pub refunded_minor: i64,
    pub hold_id: Option<Uuid>,
    pub payment_id: Option<Uuid>,
}

/// The royalty of one seller in an order.
pub struct SellerPart {
    pub seller: String,
    pub royalty_minor: i64,
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

pub async fn offers(tx: &mut PgConnection, buyer: AccountId, sets: &[SetId]) -> sqlx::Result<Vec<Offer>> {
    let ids: Vec<_> = sets.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Offer,
        r#"
        select set_.id as "set_id: SetId", family.account_id as "seller_id: AccountId", set_.licence, set_.price_minor, set_.currency,
            exists (select from entitlements where account_id = $1 and set_id = set_.id and revoked_at is null) as "is_owned!",
            exists (select from orders join order_lines line on line.order_id = orders.id
                where orders.account_id = $1 and orders.state in ('awaiting_payment', 'placed') and line.set_id = set_.id) as "is_ordered!"
        from sets set_ join families family on family.id = set_.family_id
        where set_.id = any($2) and set_.state = 'published' order by set_.id
        "#,
        buyer.0,
        &ids
    )
    .fetch_all(tx)
    .await
}

pub async fn insert(tx: &mut PgConnection, order: &NewOrder<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into orders (id, account_id, idempotency_key, request_sha256, currency, total_minor, hold_id, state)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        order.id.0,
        order.account_id.0,
        order.key,
        order.request_sha256.as_slice(),
        order.currency,
        order.total_minor,
        order.hold_id,
        order.state.as_str()
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn insert_lines(tx: &mut PgConnection, id: OrderId, offers: &[Offer], fee: u16) -> sqlx::Result<()> {
    for (position, offer) in (0i16..).zip(offers) {
        sqlx::query!(
            r#"
            insert into order_lines (order_id, position, set_id, seller_id, licence, price_minor, royalty_minor)
            values ($1, $2, $3, $4, $5, $6, $7)
            "#,
            id.0,
            position,
            offer.set_id.0,
            offer.seller_id.0,
            offer.licence,
            offer.price_minor,
            books::royalty(offer.price_minor, fee)
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// Orders, in the order of the ids.
pub async fn rows(db: impl PgExecutor<'_>, ids: &[Uuid]) -> sqlx::Result<Vec<OrderRow>> {
    sqlx::query_as!(
        OrderRow,
        r#"
        select orders.id as "id: OrderId", account.name as account, orders.state as "state: OrderState", total_minor, refunded_minor, currency,
            (select count(*) from order_lines where order_id = orders.id) as "sets!", placed_at, settled_at, refunded_at, note
        from orders join accounts account on account.id = orders.account_id
        where orders.id = any($1) order by array_position($1, orders.id)
        "#,
        ids
    )
    .fetch_all(db)
    .await
}

pub async fn lines(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<Vec<OrderLine>> {
    sqlx::query_as!(
        OrderLine,
        r#"
        select line.set_id as "set_id: SetId", set_.name as "set", seller.name as contributor, line.licence, line.price_minor
        from order_lines line join sets set_ on set_.id = line.set_id join accounts seller on seller.id = line.seller_id
        where line.order_id = $1 order by line.position
        "#,
        id.0
    )
    .fetch_all(tx)
    .await
}

/// Locks an order until the caller's transaction ends.
pub async fn lock(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<Option<LockedOrder>> {
    sqlx::query_as!(
        LockedOrder,
        r#"
        select account.name as buyer, orders.state as "state: OrderState", currency,
            total_minor, refunded_minor, hold_id, payment_id
        from orders join accounts account on account.id = orders.account_id where orders.id = $1 for no key update of orders
        "#,
        id.0
    )
    .fetch_optional(tx)
    .await
}

/// The royalties of an order, one for each seller.
pub async fn seller_parts(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<Vec<SellerPart>> {
    sqlx::query_as!(
        SellerPart,
        r#"
        select seller.name as seller, sum(line.royalty_minor)::bigint as "royalty_minor!"
        from order_lines line join accounts seller on seller.id = line.seller_id
        where line.order_id = $1 group by seller.name having sum(line.royalty_minor) > 0 order by seller.name
        "#,
        id.0
    )
    .fetch_all(tx)
    .await
}

/// Grants what an order bought. Answers with the number of sets that the buyer did not own yet.
pub async fn grant(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<u64> {
    let granted = sqlx::query!(
        r#"
        insert into entitlements (order_id, account_id, set_id, licence)
        select orders.id, orders.account_id, line.set_id, line.licence
        from orders join order_lines line on line.order_id = orders.id where orders.id = $1
        on conflict (account_id, set_id) where revoked_at is null do nothing
        "#,
        id.0
    )
    .execute(tx)
    .await?;
    Ok(granted.rows_affected())
}

pub async fn revoke(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<()> {
    sqlx::query!(
        "update entitlements set revoked_at = now() where order_id = $1 and revoked_at is null",
        id.0
    )
    .execute(tx)
    .await?;
    Ok(())
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

/// Grants again what an order bought and its buyer does not own otherwise.
pub async fn restore(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update entitlements right_ set revoked_at = null where order_id = $1 and not exists (
            select from entitlements other
            where other.account_id = right_.account_id and other.set_id = right_.set_id and other.revoked_at is null)
        "#,
        id.0
    )
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

/// True if the account may download the set of an item.
pub async fn is_entitled(db: impl PgExecutor<'_>, account: AccountId, item: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (select from entitlements right_ join items item on item.set_id = right_.set_id
            where right_.account_id = $1 and item.id = $2 and right_.revoked_at is null) as "is_entitled!"
        "#,
        account.0,
        item
    )
    .fetch_one(db)
    .await
}
