//! Coupons: contributors make them for their own products, operators for all; the use is claimed in the order's transaction.

use serde_json::json;
use sqlx::PgConnection;
use tradepost_common::audit::AuditAct;
use tradepost_common::ids::{AccountId, CouponId, OrderId};
use tradepost_common::sales::{Coupon, Discount, NewCoupon};

use super::queries::{self, coupons as table};
use super::quote::{Offer, Payer, Reduction};
use crate::accounts::{Account, service as accounts};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::catalog::labels as catalog;
use crate::error::{ApiError, ApiResult, constraint};

pub use table::{Filter, list, release};

/// A coupon that a buyer may use now.
pub struct Usable {
    id: CouponId,
    once_per_buyer: bool,
    pub reduction: Reduction,
}

/// The coupon of a code, for these offers.
///
/// # Errors
/// A conflict: there is none, it is over, used up, in another currency, or for other products.
pub async fn find(tx: &mut PgConnection, code: &str, currency: &str, offers: &[Offer]) -> ApiResult<Usable> {
    let filter = Filter {
        code: Some(code),
        ..Filter::default()
    };
    let found = list(tx, filter, 1).await?.pop();
    let row = found.filter(|row| row.is_open);
    let row = row.ok_or_else(|| refused("There is no such coupon now. See its code and its dates."))?;
    if row.is_used_up() {
        return Err(used_up());
    }
    let reduction = Reduction {
        discount: row.discount(),
        payer: if row.account_id.is_some() {
            Payer::Contributor
        } else {
            Payer::Marketplace
        },
        product: row.product(),
        seller: row.only_account_id,
    };
    if matches!(&reduction.discount, Discount::Amount(amount) if amount.currency.as_str() != currency) {
        return Err(refused("The coupon is for another currency than the order."));
    }
    if !offers.iter().any(|offer| reduction.is_for(offer)) {
        return Err(refused("The coupon is for other products than those of the order."));
    }
    Ok(Usable {
        id: row.id,
        once_per_buyer: row.once_per_buyer,
        reduction,
    })
}

/// Claims a use for an order that is being placed.
///
/// # Errors
/// A conflict: it is used up, or the buyer has used it.
pub async fn claim(tx: &mut PgConnection, coupon: &Usable, order: OrderId, buyer: AccountId) -> ApiResult<()> {
    if !table::count_use(&mut *tx, coupon.id).await? {
        return Err(used_up());
    }
    let used = table::insert_use(tx, coupon.id, order, coupon.once_per_buyer.then_some(buyer)).await;
    used.map_err(|error| match constraint(&error) {
        Some("coupon_uses_once_a_buyer") => ApiError::conflict("coupon-used", "You have used this coupon already."),
        _ => error.into(),
    })
}

fn used_up() -> ApiError {
    ApiError::conflict("coupon-used-up", "The coupon is used up.")
}

fn refused(detail: &str) -> ApiError {
    ApiError::conflict("coupon-refused", detail)
}

/// Makes a coupon of a contributor, who gives the discount, on own products.
///
/// # Errors
/// Invalid; not found: the product is not one's own; a conflict: the code is taken.
pub async fn make_own(app: &App, owner: &Account, coupon: &NewCoupon) -> ApiResult<Coupon> {
    if coupon.contributor.as_ref().is_some_and(|name| *name != owner.name) {
        return Err(ApiError::NotFound("product of yours"));
    }
    let mut tx = app.db.begin().await?;
    if let Some(product) = coupon.product {
        let own = catalog::lock_family(&mut tx, owner.id, product).await?;
        own.ok_or(ApiError::NotFound("product of yours"))?;
    }
    let made = insert(&mut tx, Some(owner.id), Some(owner.id), coupon).await?;
    tx.commit().await?;
    Ok(made)
}

/// Makes a coupon that the marketplace pays for.
///
/// # Errors
/// Invalid; not found; a conflict: the code is taken.
pub async fn make(app: &App, actor: &Actor, coupon: &NewCoupon) -> ApiResult<Coupon> {
    let only = match &coupon.contributor {
        Some(name) => Some(accounts::find(&app.db, name).await?),
        None => None,
    };
    let mut tx = app.db.begin().await?;
    if let Some(product) = coupon.product
        && !queries::is_published(&mut *tx, product).await?
    {
        return Err(ApiError::NotFound("published product"));
    }
    let made = insert(&mut tx, None, only, coupon).await?;
    let detail = json!({ "code": made.code, "discount": made.discount, "max_uses": made.max_uses });
    audit::record(
        &mut tx,
        actor,
        AuditAct::CouponMake,
        &format!("coupon:{}", made.id),
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(made)
}

async fn insert(
    tx: &mut PgConnection,
    owner: Option<AccountId>,
    only: Option<AccountId>,
    coupon: &NewCoupon,
) -> ApiResult<Coupon> {
    check(coupon)?;
    let id = CouponId::new();
    let inserted = table::insert(&mut *tx, id, owner, only, coupon).await;
    inserted.map_err(|error| match constraint(&error) {
        Some("coupons_code_unique") => ApiError::conflict("code-taken", "There is another coupon with this code."),
        Some("coupons_window") => ApiError::unprocessable("empty-window", "The coupon ends before it starts."),
        _ => error.into(),
    })?;
    one(tx, id).await
}

fn check(coupon: &NewCoupon) -> ApiResult<()> {
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let is_code = (3..=40).contains(&coupon.code.len())
        && coupon
            .code
            .bytes()
            .all(|byte| is_plain(byte) || byte == b'-' || byte == b'_')
        && coupon.code.bytes().next().is_some_and(is_plain);
    let (is_discount, range) = match &coupon.discount {
        Discount::Percent(percent) => (
            (1..=10_000).contains(&percent.basis_points),
            "must be 1 to 10000 basis points",
        ),
        Discount::Amount(amount) => (
            (1..=100_000_000).contains(&amount.amount_minor),
            "must be 1 to 100000000",
        ),
    };
    let is_count = coupon.max_uses.is_none_or(|most| (1..=1_000_000_000).contains(&most));
    ApiError::unless_all([
        (
            "code",
            is_code,
            "must be 3 to 40 of A-Z, 0-9, _ and -, and begin with a letter or a digit",
        ),
        ("discount", is_discount, range),
        ("max_uses", is_count, "must be 1 to 1000000000"),
    ])
}

/// Ends a coupon; orders that use it keep their discount. Idempotent.
///
/// # Errors
/// Not found.
pub async fn end_own(app: &App, owner: &Account, id: CouponId) -> ApiResult<Coupon> {
    let mut tx = app.db.begin().await?;
    table::end(&mut tx, id, Some(owner.id)).await?;
    let filter = Filter {
        id: Some(id),
        account: Some(owner.id),
        ..Filter::default()
    };
    let ended = list(&mut *tx, filter, 1).await?.pop();
    tx.commit().await?;
    ended.map(Coupon::from).ok_or(ApiError::NotFound("coupon of yours"))
}

/// Ends any coupon. Idempotent.
///
/// # Errors
/// Not found.
pub async fn end(app: &App, actor: &Actor, id: CouponId) -> ApiResult<Coupon> {
    let mut tx = app.db.begin().await?;
    if table::end(&mut tx, id, None).await? {
        audit::note(&mut tx, actor, AuditAct::CouponEnd, &format!("coupon:{id}")).await?;
    }
    let ended = one(&mut tx, id).await?;
    tx.commit().await?;
    Ok(ended)
}

async fn one(tx: &mut PgConnection, id: CouponId) -> ApiResult<Coupon> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let row = list(tx, filter, 1).await?.pop();
    row.map(Coupon::from).ok_or(ApiError::NotFound("coupon"))
}
