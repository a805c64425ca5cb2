//! Labels: category, tags and styles of families, sets and items. Their contributor edits them, and so do operators.

use sqlx::{PgConnection, PgExecutor};
use tradepost_common::audit::AuditAct;
use tradepost_common::catalog::Labels;
use tradepost_common::ids::AccountId;
use tradepost_common::sales::{Product, ProductKind};
use tradepost_common::text::Text;
use uuid::Uuid;

use crate::accounts::Account;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult, constraint};

/// The labels of a product of one's own.
///
/// # Errors
/// Not found.
pub async fn own(app: &App, owner: &Account, product: Product) -> ApiResult<Labels> {
    let mut tx = app.db.begin().await?;
    let family = lock_family(&mut tx, owner.id, product).await?;
    family.ok_or(ApiError::NotFound("product of yours"))?;
    find(&mut *tx, product)
        .await?
        .ok_or(ApiError::NotFound("product of yours"))
}

/// Replaces the labels of a product of one's own.
///
/// # Errors
/// Not found; invalid; unprocessable: there is no such category.
pub async fn replace_own(app: &App, owner: &Account, product: Product, labels: Labels) -> ApiResult<Labels> {
    let labels = tidy(labels)?;
    let mut tx = app.db.begin().await?;
    let family = lock_family(&mut tx, owner.id, product).await?;
    family.ok_or(ApiError::NotFound("product of yours"))?;
    update(&mut tx, product, &labels).await?;
    tx.commit().await?;
    Ok(labels)
}

/// Replaces the labels of any product, for an operator.
///
/// # Errors
/// As [`replace_own`].
pub async fn replace(app: &App, actor: &Actor, product: Product, labels: Labels) -> ApiResult<Labels> {
    let labels = tidy(labels)?;
    let mut tx = app.db.begin().await?;
    let before = find(&mut *tx, product).await?.ok_or(ApiError::NotFound("product"))?;
    update(&mut tx, product, &labels).await?;
    let detail = serde_json::json!({ "before": before, "after": labels });
    audit::record(&mut tx, actor, AuditAct::CatalogueLabel, &subject(product), detail).await?;
    tx.commit().await?;
    Ok(labels)
}

/// The subject of acts on a product: `item:<id>`.
pub fn subject(product: Product) -> String {
    format!("{}:{}", product.kind, product.id)
}

/// Lower case, each once.
fn tidy(labels: Labels) -> ApiResult<Labels> {
    let plain = |texts: &[Text<40>]| {
        let mut plain = Vec::<Text<40>>::new();
        for text in texts {
            // A letter may have more than one in lower case: the text is checked again.
            let lower = Text::parse(&text.as_str().to_lowercase()).unwrap_or_else(|_| text.clone());
            if !plain.contains(&lower) {
                plain.push(lower);
            }
        }
        plain
    };
    let most = |place, texts: &[Text<40>], most: usize| (place, texts.len() <= most, format!("must be at most {most}"));
    ApiError::unless_all([
        most("tags", &labels.tags, Labels::MAX_TAGS),
        most("styles", &labels.styles, Labels::MAX_STYLES),
    ])?;
    Ok(Labels {
        category: labels.category,
        tags: plain(&labels.tags),
        styles: plain(&labels.styles),
    })
}

/// The labels of a product, without those of what it is a part of.
pub async fn find(db: impl PgExecutor<'_>, product: Product) -> sqlx::Result<Option<Labels>> {
    let row = sqlx::query!(
        r#"
        select category, tags as "tags!", styles as "styles!" from families where $1 = 'family' and id = $2
        union all select category, tags, styles from sets where $1 = 'set' and id = $2
        union all select category, tags, styles from items where $1 = 'item' and id = $2
        "#,
        product.kind.as_str(),
        product.id
    )
    .fetch_optional(db)
    .await?;
    let texts = |texts: Vec<String>| texts.iter().filter_map(|text| Text::parse(text).ok()).collect();
    Ok(row.map(|row| Labels {
        category: row.category,
        tags: texts(row.tags),
        styles: texts(row.styles),
    }))
}

async fn update(tx: &mut PgConnection, product: Product, labels: &Labels) -> ApiResult<()> {
    let updated = match product.kind {
        ProductKind::Family => update_family(tx, product.id, labels).await,
        ProductKind::Set => update_set(tx, product.id, labels).await,
        ProductKind::Item => update_item(tx, product.id, labels).await,
    };
    updated.map_err(|error| match constraint(&error) {
        Some(name) if name.ends_with("category_fkey") => {
            ApiError::unprocessable("no-such-category", "There is no such category: see GET /v1/categories.")
        }
        _ => error.into(),
    })
}

fn texts(labels: &[Text<40>]) -> Vec<String> {
    labels.iter().map(|label| label.as_str().to_owned()).collect()
}

async fn update_family(tx: &mut PgConnection, id: Uuid, labels: &Labels) -> sqlx::Result<()> {
    sqlx::query!(
        "update families set category = $2, tags = $3, styles = $4 where id = $1",
        id,
        labels.category,
        &texts(&labels.tags),
        &texts(&labels.styles)
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn update_set(tx: &mut PgConnection, id: Uuid, labels: &Labels) -> sqlx::Result<()> {
    sqlx::query!(
        "update sets set category = $2, tags = $3, styles = $4 where id = $1",
        id,
        labels.category,
        &texts(&labels.tags),
        &texts(&labels.styles)
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn update_item(tx: &mut PgConnection, id: Uuid, labels: &Labels) -> sqlx::Result<()> {
    sqlx::query!(
        "update items set category = $2, tags = $3, styles = $4 where id = $1",
        id,
        labels.category,
        &texts(&labels.tags),
        &texts(&labels.styles)
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The family of a product, locked until the transaction ends. `None`: there is none that this account owns.
pub async fn lock_family(tx: &mut PgConnection, owner: AccountId, product: Product) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select id from families where account_id = $3 and id = case $1
            when 'item' then (select set_.family_id from items item join sets set_ on set_.id = item.set_id where item.id = $2)
            when 'set' then (select family_id from sets where id = $2)
            else $2 end
        for no key update
        "#,
        product.kind.as_str(),
        product.id,
        owner.0
    )
    .fetch_optional(tx)
    .await
}
