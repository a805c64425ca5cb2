use sqlx::PgConnection;
use tradepost_common::ids::OrderId;

/// Grants what an order bought. `false`: not all of it, as the buyer owns a product or what contains it, under this licence or one after
/// it, or as an upgraded right is revoked.
pub async fn grant(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        with granted as (
        insert into entitlements (order_id, position, account_id, kind, product_id, licence)
        select orders.id, line.position, orders.account_id, line.kind, line.product_id, line.licence
        from orders join order_lines line on line.order_id = orders.id
        where orders.id = $1
            and (line.upgrades is null or exists (select from entitlements where id = line.upgrades and revoked_at is null))
            and not exists (
            select from entitlements owned
            where owned.account_id = orders.account_id and owned.revoked_at is null
                and owned.product_id = case owned.kind
                    when line.kind then line.product_id
                    when 'set' then (select set_id from items where line.kind = 'item' and id = line.product_id)
                    when 'family' then line.family_id end
                and array_position(array['personal', 'commercial', 'extended'], owned.licence)
                    >= array_position(array['personal', 'commercial', 'extended'], line.licence))
        on conflict (account_id, product_id, kind, licence) where revoked_at is null do nothing
        returning 1)
        select (select count(*) from granted) = (select count(*) from order_lines where order_id = $1) as "are_all!"
        "#,
        id.0
    )
    .fetch_one(tx)
    .await
}

/// Locks the orders that an order upgrades, against disputes and refunds, until the transaction ends.
pub async fn lock_upgraded(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        select id from orders where id in (
            select lesser.order_id from order_lines line join entitlements lesser on lesser.id = line.upgrades where line.order_id = $1)
        order by id for share
        "#,
        id.0
    )
    .fetch_all(tx)
    .await?;
    Ok(())
}

/// True while an order rests on this one: it was cheaper by what this one cost.
pub async fn is_upgraded(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (
            select from entitlements lesser join order_lines line on line.upgrades = lesser.id join orders on orders.id = line.order_id
            where lesser.order_id = $1 and orders.state in ('awaiting_payment', 'placed', 'paid', 'disputed')) as "is_upgraded!"
        "#,
        id.0
    )
    .fetch_one(tx)
    .await
}

/// Revokes what an order bought, and the upgrades of it.
pub async fn revoke(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<()> {
    sqlx::query!(
        "update entitlements set revoked_at = now() where id in (select rights_on($1)) and revoked_at is null",
        id.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Grants again what an order bought and its buyer does not own otherwise, and the upgrades that were revoked with it.
pub async fn restore(tx: &mut PgConnection, id: OrderId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update entitlements right_ set revoked_at = null
        where id in (select rights_on($1))
            and (order_id = $1 or revoked_at in (select revoked_at from entitlements where order_id = $1))
            and not exists (
            select from entitlements other
            where other.account_id = right_.account_id and other.kind = right_.kind and other.product_id = right_.product_id
                and other.licence = right_.licence and other.revoked_at is null)
        "#,
        id.0
    )
    .execute(tx)
    .await?;
    Ok(())
}
