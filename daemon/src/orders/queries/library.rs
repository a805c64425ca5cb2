use sqlx::{PgConnection, PgExecutor};
use tradepost_common::ids::{AccountId, OrderId, SetId};

use crate::orders::library::{LibraryRow, MAX_SETS};

/// The sets that an account may download, newest first.
pub async fn list(db: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<Vec<LibraryRow>> {
    sqlx::query_as!(
        LibraryRow,
        r#"
        select set_.id as "set_id: SetId", set_.name as "set", right_.licence, order_id as "order_id: OrderId", granted_at
        from entitlements right_ join sets set_ on set_.id = right_.set_id
        where right_.account_id = $1 and right_.revoked_at is null order by granted_at desc, set_.id limit $2
        "#,
        account.0,
        MAX_SETS
    )
    .fetch_all(db)
    .await
}

/// Gives entitlements of an account to another one, which does not have them.
pub async fn move_entitlements(tx: &mut PgConnection, from: AccountId, to: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update entitlements mine set account_id = $2
        where account_id = $1 and not exists (select from entitlements other
            where other.account_id = $2 and other.set_id = mine.set_id and other.revoked_at is null)
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
        where account_id = $1 and state <> 'placed' and not exists (select from orders other
            where other.account_id = $2 and other.idempotency_key = mine.idempotency_key)
        "#,
        from.0,
        to.0
    )
    .execute(tx)
    .await?;
    Ok(())
}
