//! The tree of categories, which operators edit.

use sqlx::PgPool;
use tradepost_common::audit::AuditAct;
use tradepost_common::catalog::{Category, NewCategory};

use crate::app::App;
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult, constraint};

/// Categories of a marketplace.
const MAX_CATEGORIES: i64 = 500;

/// The tree, each category before those below it.
pub async fn list(db: &PgPool) -> sqlx::Result<Vec<Category>> {
    let rows = sqlx::query_as!(
        Category,
        r#"select slug, name, parent, position, cardinality(path) - 1 as "depth!" from categories order by position, name, slug"#
    )
    .fetch_all(db)
    .await?;
    let mut tree = Vec::with_capacity(rows.len());
    add_below(None, &rows, &mut tree);
    Ok(tree)
}

fn add_below(parent: Option<&str>, rows: &[Category], tree: &mut Vec<Category>) {
    for row in rows.iter().filter(|row| row.parent.as_deref() == parent) {
        tree.push(row.clone());
        add_below(Some(&row.slug), rows, tree);
    }
}

/// Makes a category, or changes the one of that slug; those below it move with it.
///
/// # Errors
/// Unprocessable: the slug, the parent, too deep a tree; a conflict: too many.
pub async fn put(app: &App, actor: &Actor, category: &NewCategory) -> ApiResult<Vec<Category>> {
    let mut tx = app.db.begin().await?;
    // One tree at a time: two moves could make a circle together.
    sqlx::query!("lock table categories in share row exclusive mode")
        .execute(&mut *tx)
        .await?;
    let put = sqlx::query!(
        r#"
        insert into categories (slug, name, parent, position) values ($1, $2, $3, $4)
        on conflict (slug) do update set name = excluded.name, parent = excluded.parent, position = excluded.position
        "#,
        category.slug,
        category.name.as_str(),
        category.parent,
        category.position
    )
    .execute(&mut *tx)
    .await;
    put.map_err(|error| match constraint(&error) {
        Some("categories_slug_shape") => {
            let detail = "A slug is 2 to 40 lower-case letters, digits and hyphens, as small-animals.";
            ApiError::unprocessable("bad-slug", detail)
        }
        Some("categories_parent_known") => ApiError::unprocessable("no-such-category", "There is no such parent."),
        Some("categories_tree") => {
            let detail = "Categories are a tree of at most 6 levels: nothing is below itself.";
            ApiError::unprocessable("no-tree", detail)
        }
        _ => error.into(),
    })?;
    let all = sqlx::query_scalar!(r#"select count(*) as "all!" from categories"#)
        .fetch_one(&mut *tx)
        .await?;
    if all > MAX_CATEGORIES {
        return Err(ApiError::conflict(
            "too-many-categories",
            format!("At most {MAX_CATEGORIES} categories."),
        ));
    }
    let (subject, detail) = (format!("category:{}", category.slug), serde_json::json!(category));
    audit::record(&mut tx, actor, AuditAct::CategoryPut, &subject, detail).await?;
    tx.commit().await?;
    Ok(list(&app.db).await?)
}

/// Deletes a category that nothing has and that has none below it.
///
/// # Errors
/// Not found; a conflict when something has it.
pub async fn delete(app: &App, actor: &Actor, slug: &str) -> ApiResult<Vec<Category>> {
    let mut tx = app.db.begin().await?;
    let deleted = sqlx::query!("delete from categories where slug = $1", slug)
        .execute(&mut *tx)
        .await;
    let deleted = deleted.map_err(|error| match constraint(&error) {
        Some(_) => ApiError::conflict(
            "category-in-use",
            "Something has this category, or there are some below it.",
        ),
        None => error.into(),
    })?;
    if deleted.rows_affected() == 0 {
        return Err(ApiError::NotFound("category"));
    }
    audit::note(&mut tx, actor, AuditAct::CategoryDelete, &format!("category:{slug}")).await?;
    tx.commit().await?;
    Ok(list(&app.db).await?)
}
