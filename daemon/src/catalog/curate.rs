//! Acts of operators on entries of the catalogue: look, pin, bury, withdraw.

use sqlx::{PgConnection, PgPool};
use tradepost_common::audit::AuditAct;
use tradepost_common::catalog::{Entry, SetStanding, Standing, Withdraw, Withdrawn};
use tradepost_common::ids::{SetId, UploadId};
use tradepost_common::sales::{Product, ProductKind};
use uuid::Uuid;

use super::{labels, listing, takedown};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult};
use crate::jobs::{Job, PreviewJob};

/// An entry of the catalogue.
///
/// # Errors
/// Not found.
pub async fn entry(db: &PgPool, product: Product) -> ApiResult<Entry> {
    let row = sqlx::query!(
        r#"
        select coalesce(item.title, set_.name, family.name) as "title!", account.name as contributor, entry.facets,
            entry.standing, standing.reason as "reason?", power(2.0, least(entry.popularity - half_lives(now()), 60)) as "popularity!"
        from catalogue entry
        left join items item on $1 = 'item' and item.id = entry.id
        left join sets set_ on $1 <> 'family' and set_.id = entry.set_id and item.id is null
        join families family on family.id = entry.family_id
        join accounts account on account.id = family.account_id
        left join standings standing on standing.product = entry.product and standing.id = entry.id
        where entry.product = $1 and entry.id = $2
        "#,
        product.kind.as_str(),
        product.id
    )
    .fetch_optional(db)
    .await?
    .ok_or(ApiError::NotFound("published product"))?;
    Ok(Entry {
        kind: product.kind,
        id: product.id,
        title: row.title,
        contributor: row.contributor,
        facets: row.facets,
        labels: labels::find(db, product).await?.unwrap_or_default(),
        standing: match row.standing {
            1 => Standing::Pinned,
            -1 => Standing::Buried,
            _ => Standing::Normal,
        },
        reason: row.reason,
        counts: listing::counts(db, product).await?,
        popularity: row.popularity,
    })
}

/// Pins or buries an entry, or gives it its own place back.
///
/// # Errors
/// Not found.
pub async fn set_standing(app: &App, actor: &Actor, product: Product, wish: &SetStanding) -> ApiResult<Entry> {
    let before = entry(&app.db, product).await?.standing;
    let mut tx = app.db.begin().await?;
    match wish.standing {
        Standing::Normal => delete_standing(&mut tx, product).await?,
        Standing::Pinned => upsert_standing(&mut tx, product, 1, wish.reason.as_str()).await?,
        Standing::Buried => upsert_standing(&mut tx, product, -1, wish.reason.as_str()).await?,
    }
    let detail = serde_json::json!({ "before": before, "after": wish.standing, "reason": wish.reason });
    audit::record(
        &mut tx,
        actor,
        AuditAct::CatalogueStanding,
        &labels::subject(product),
        detail,
    )
    .await?;
    tx.commit().await?;
    entry(&app.db, product).await
}

/// Takes an item, or all items of a set or a family, out of the catalogue. Buyers keep what they bought.
///
/// # Errors
/// Not found.
pub async fn withdraw(app: &App, actor: &Actor, product: Product, wish: &Withdraw) -> ApiResult<Withdrawn> {
    let mut tx = app.db.begin().await?;
    let gone = withdraw_items(&mut tx, product).await?;
    if gone.is_empty() {
        return Err(ApiError::NotFound("published product"));
    }
    let mut sets: Vec<_> = gone.iter().map(|(_, set)| *set).collect();
    sets.dedup();
    let mut messages = Vec::new();
    for set in sets {
        let items: Vec<_> = gone
            .iter()
            .filter(|(_, of)| *of == set)
            .map(|(item, _)| *item)
            .collect();
        let redrawn = takedown::leave(&mut tx, set, &items).await?;
        messages.extend(
            redrawn
                .into_iter()
                .map(|(set_id, upload_id): (SetId, UploadId)| Job::Preview(PreviewJob { upload_id, set_id }).message()),
        );
    }
    app.broker.send(&mut tx, &messages).await?;
    let detail = serde_json::json!({ "reason": wish.reason, "items": gone.len() });
    audit::record(
        &mut tx,
        actor,
        AuditAct::CatalogueWithdraw,
        &labels::subject(product),
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(Withdrawn {
        items: gone.len() as u64,
    })
}

async fn upsert_standing(tx: &mut PgConnection, product: Product, standing: i16, reason: &str) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into standings (product, id, standing, reason) values ($1, $2, $3, $4)
        on conflict (product, id) do update set standing = excluded.standing, reason = excluded.reason
        "#,
        product.kind.as_str(),
        product.id,
        standing,
        reason
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn delete_standing(tx: &mut PgConnection, product: Product) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from standings where product = $1 and id = $2",
        product.kind.as_str(),
        product.id
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The items that go, with their sets, in the order of the sets.
async fn withdraw_items(tx: &mut PgConnection, product: Product) -> sqlx::Result<Vec<(Uuid, Uuid)>> {
    let sets = match product.kind {
        ProductKind::Item => {
            sqlx::query_scalar!("select set_id from items where id = $1", product.id)
                .fetch_all(&mut *tx)
                .await?
        }
        ProductKind::Set => vec![product.id],
        ProductKind::Family => {
            sqlx::query_scalar!("select id from sets where family_id = $1", product.id)
                .fetch_all(&mut *tx)
                .await?
        }
    };
    sqlx::query!("select from sets where id = any($1) order by id for update", &sets)
        .fetch_all(&mut *tx)
        .await?;
    let rows = sqlx::query!(
        r#"
        update items set state = 'rejected' where set_id = any($1) and state = 'published' and ($2::uuid is null or id = $2)
        returning id, set_id
        "#,
        &sets,
        (product.kind == ProductKind::Item).then_some(product.id)
    )
    .fetch_all(tx)
    .await?;
    let mut gone: Vec<_> = rows.into_iter().map(|row| (row.id, row.set_id)).collect();
    gone.sort_by_key(|(item, set)| (*set, *item));
    Ok(gone)
}
