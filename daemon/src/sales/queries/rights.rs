use sqlx::PgConnection;
use tradepost_common::ids::{AccountId, EntitlementId};
use tradepost_common::sales::{Licence, Product, ProductKind};
use uuid::Uuid;

use crate::sales::Wanted;
use crate::sales::owned::Right;

/// The rights of an account to some products, and those that it has ordered.
pub async fn rights(tx: &mut PgConnection, account: AccountId, products: &[Uuid]) -> sqlx::Result<Vec<Right>> {
    let rows = sqlx::query!(
        r#"
        select kind as "kind!: ProductKind", product_id as "id!", licence as "licence!: Licence", false as "is_ordered!"
        from entitlements where account_id = $1 and revoked_at is null and product_id = any($2)
        union all
        select line.kind, line.product_id, line.licence, true
        from orders join order_lines line on line.order_id = orders.id
        where orders.account_id = $1 and orders.settled_at is null and line.product_id = any($2)
        "#,
        account.0,
        products
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Right {
            to: Wanted {
                product: Product {
                    kind: row.kind,
                    id: row.id,
                },
                licence: row.licence,
            },
            is_ordered: row.is_ordered,
        })
        .collect())
}

/// A right of an account to a product, and what was paid for it.
pub struct PaidRight {
    pub id: EntitlementId,
    pub to: Wanted,
    pub paid_minor: i64,
}

/// Rights of an account to products that it paid for in a currency, less what went back. Their orders are locked against refunds and
/// disputes until the transaction ends.
pub async fn paid_rights(
    tx: &mut PgConnection,
    account: AccountId,
    products: &[Uuid],
    currency: &str,
) -> sqlx::Result<Vec<PaidRight>> {
    let rows = sqlx::query!(
        r#"
        select right_.id as "id: EntitlementId", right_.kind as "kind: ProductKind", right_.product_id,
            right_.licence as "licence: Licence", line.credit_minor + case when orders.total_minor = 0 then 0
                else div((line.price_minor - line.discount_minor)::numeric * (orders.total_minor - orders.refunded_minor),
                    orders.total_minor)::bigint end as "paid_minor!"
        from entitlements right_ join orders on orders.id = right_.order_id
            join order_lines line on line.order_id = right_.order_id and line.position = right_.position
        where right_.account_id = $1 and right_.revoked_at is null and right_.product_id = any($2)
            and orders.currency = $3 and orders.state = 'paid'
        order by orders.id for share of orders
        "#,
        account.0,
        products,
        currency
    )
    .fetch_all(tx)
    .await?;
    let right = rows.into_iter().map(|row| PaidRight {
        id: row.id,
        to: Wanted {
            product: Product {
                kind: row.kind,
                id: row.product_id,
            },
            licence: row.licence,
        },
        paid_minor: row.paid_minor,
    });
    Ok(right.collect())
}
