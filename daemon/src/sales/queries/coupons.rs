use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use tradepost_common::ids::{AccountId, CouponId, OrderId};
use tradepost_common::sales::{Amount, Coupon, Discount, NewCoupon, Percent, Product, ProductKind};

/// A coupon as the database has it.
pub struct Row {
    pub id: CouponId,
    pub code: String,
    pub account_id: Option<AccountId>,
    pub only_account_id: Option<AccountId>,
    funded_by: Option<String>,
    contributor: Option<String>,
    basis_points: Option<i32>,
    amount_minor: Option<i64>,
    currency: Option<String>,
    kind: Option<ProductKind>,
    product_id: Option<uuid::Uuid>,
    pub once_per_buyer: bool,
    starts_at: OffsetDateTime,
    ends_at: Option<OffsetDateTime>,
    max_uses: Option<i32>,
    uses: i32,
    ended_at: Option<OffsetDateTime>,
    /// It may be used now, as far as time goes.
    pub is_open: bool,
}

impl Row {
    pub fn discount(&self) -> Discount {
        match (self.amount_minor, &self.currency) {
            (Some(amount_minor), Some(currency)) => Discount::Amount(Amount {
                amount_minor,
                currency: currency
                    .clone()
                    .try_into()
                    .expect("the database knows only such currencies"),
            }),
            _ => Discount::Percent(Percent {
                basis_points: self.basis_points.and_then(|share| share.try_into().ok()).unwrap_or(0),
            }),
        }
    }

    pub fn product(&self) -> Option<Product> {
        Some(Product {
            kind: self.kind?,
            id: self.product_id?,
        })
    }

    pub fn is_used_up(&self) -> bool {
        self.max_uses.is_some_and(|most| self.uses >= most)
    }
}

impl From<Row> for Coupon {
    fn from(row: Row) -> Self {
        Self {
            discount: row.discount(),
            product: row.product(),
            id: row.id,
            code: row.code,
            funded_by: row.funded_by,
            contributor: row.contributor,
            once_per_buyer: row.once_per_buyer,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            max_uses: row.max_uses,
            uses: row.uses,
            ended_at: row.ended_at,
        }
    }
}

/// The conditions of a list of coupons.
#[derive(Debug, Default, Clone, Copy)]
pub struct Filter<'a> {
    pub id: Option<CouponId>,
    pub code: Option<&'a str>,
    pub account: Option<AccountId>,
    pub before: Option<CouponId>,
}

/// Coupons, newest first.
pub async fn list(db: impl PgExecutor<'_>, filter: Filter<'_>, limit: i64) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"
        select coupon.id as "id: CouponId", coupon.code, coupon.account_id as "account_id: AccountId",
            coupon.only_account_id as "only_account_id: AccountId", owner.name as "funded_by?", seller.name as "contributor?",
            coupon.basis_points, coupon.amount_minor, coupon.currency, coupon.kind as "kind: ProductKind", coupon.product_id,
            coupon.once_per_buyer, coupon.starts_at, coupon.ends_at, coupon.max_uses, coupon.uses, coupon.ended_at,
            (coupon.ended_at is null and coupon.starts_at <= now() and (coupon.ends_at is null or coupon.ends_at > now())) as "is_open!"
        from coupons coupon left join accounts owner on owner.id = coupon.account_id
        left join accounts seller on seller.id = coupon.only_account_id
        where ($1::uuid is null or coupon.id = $1) and ($2::text is null or coupon.code = $2)
            and ($3::uuid is null or coupon.account_id = $3) and ($4::uuid is null or coupon.id < $4)
        order by coupon.id desc limit $5
        "#,
        filter.id.map(|id| id.0),
        filter.code,
        filter.account.map(|id| id.0),
        filter.before.map(|id| id.0),
        limit
    )
    .fetch_all(db)
    .await
}

pub async fn insert(
    tx: &mut PgConnection,
    id: CouponId,
    owner: Option<AccountId>,
    only: Option<AccountId>,
    coupon: &NewCoupon,
) -> sqlx::Result<()> {
    let (basis_points, amount) = match &coupon.discount {
        Discount::Percent(percent) => (Some(i32::from(percent.basis_points)), None),
        Discount::Amount(amount) => (None, Some(amount)),
    };
    sqlx::query!(
        r#"
        insert into coupons (id, code, account_id, only_account_id, basis_points, amount_minor, currency, kind, product_id,
            once_per_buyer, starts_at, ends_at, max_uses)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, coalesce($11, now()), $12, $13)
        "#,
        id.0,
        coupon.code,
        owner.map(|id| id.0),
        only.map(|id| id.0),
        basis_points,
        amount.map(|amount| amount.amount_minor),
        amount.map(|amount| amount.currency.as_str()),
        coupon.product.map(|product| product.kind.as_str()),
        coupon.product.map(|product| product.id),
        coupon.once_per_buyer,
        coupon.starts_at,
        coupon.ends_at,
        coupon.max_uses
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends a coupon. `false`: there is none, or it ended before.
pub async fn end(tx: &mut PgConnection, id: CouponId, owner: Option<AccountId>) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update coupons set ended_at = now() where id = $1 and ended_at is null and ($2::uuid is null or account_id = $2)",
        id.0,
        owner.map(|id| id.0)
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts a use. `false`: the limit is reached, or it is over.
pub async fn count_use(tx: &mut PgConnection, id: CouponId) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update coupons set uses = uses + 1
        where id = $1 and (max_uses is null or uses < max_uses) and ended_at is null and (ends_at is null or ends_at > now())
        "#,
        id.0
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn insert_use(
    tx: &mut PgConnection,
    id: CouponId,
    order: OrderId,
    once: Option<AccountId>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into coupon_uses (coupon_id, order_id, once_account_id) values ($1, $2, $3)",
        id.0,
        order.0,
        once.map(|id| id.0)
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Gives back the use of an order that failed.
pub async fn release(tx: &mut PgConnection, order: OrderId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with gone as (delete from coupon_uses where order_id = $1 returning coupon_id)
        update coupons set uses = uses - 1 where id in (select coupon_id from gone)
        "#,
        order.0
    )
    .execute(tx)
    .await?;
    Ok(())
}
