use sqlx::PgConnection;
use tradepost_common::ids::AccountId;

/// Gives entitlements of an account to another one, which does not have them.
pub async fn move_entitlements(tx: &mut PgConnection, from: AccountId, to: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update entitlements mine set account_id = $2
        where account_id = $1 and not exists (select from entitlements other
            where other.account_id = $2 and other.kind = mine.kind and other.product_id = mine.product_id and other.licence = mine.licence
                and other.revoked_at is null)
        "#,
        from.0,
        to.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Gives settled orders of an account to another one, which has not used their keys.
pub async fn move_orders(tx: &mut PgConnection, from: AccountId, to: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update orders mine set account_id = $2
        where account_id = $1 and settled_at is not null and not exists (select from orders other
            where other.account_id = $2 and other.idempotency_key = mine.idempotency_key)
        "#,
        from.0,
        to.0
    )
    .execute(tx)
    .await?;
    Ok(())
}
