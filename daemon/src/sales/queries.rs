pub mod carts;
pub mod coupons;
pub mod rights;

use sqlx::{PgConnection, PgExecutor};
use tradepost_common::ids::AccountId;
use tradepost_common::sales::{Licence, LicenceTerms, NewTerms, Price, Product, ProductKind};
use uuid::Uuid;

use super::Wanted;
use super::quote::Offer;

/// Products as they are sold now in a currency, each with its place in `wanted`; without those that are not for sale.
pub async fn offers(tx: &mut PgConnection, wanted: &[Wanted], currency: &str) -> sqlx::Result<Vec<(usize, Offer)>> {
    let kinds: Vec<_> = wanted
        .iter()
        .map(|line| line.product.kind.as_str().to_owned())
        .collect();
    let ids: Vec<_> = wanted.iter().map(|line| line.product.id).collect();
    let licences: Vec<_> = wanted.iter().map(|line| line.licence.as_str().to_owned()).collect();
    let rows = sqlx::query!(
        r#"
        select line.n as "n!", line.kind as "kind!: ProductKind", line.id as "id!", line.licence as "licence!: Licence",
            set_.id as "set_id?", family.id as family_id, family.account_id as "seller_id: AccountId",
            coalesce(item.title, set_.name, family.name) as "name!", price.amount_minor as "price_minor!",
            terms.version as "terms_version!", terms.royalty_basis_points
        from unnest($1::text[], $2::uuid[], $3::text[]) with ordinality as line (kind, id, licence, n)
        left join items item on line.kind = 'item' and item.id = line.id and item.state = 'published'
        left join sets set_ on set_.state = 'published'
            and set_.id = case line.kind when 'item' then item.set_id when 'set' then line.id end
        join families family on family.published_at is not null
            and family.id = case line.kind when 'family' then line.id else set_.family_id end
        join accounts seller on seller.id = family.account_id and seller.banned_at is null
        join product_prices price on price.kind = line.kind and price.product_id = line.id and price.licence = line.licence
            and price.currency = $4
        join lateral (
            select version, royalty_basis_points from licence_terms where licence = line.licence order by version desc limit 1
        ) terms on true
        order by line.n
        "#,
        &kinds,
        &ids,
        &licences,
        currency
    )
    .fetch_all(&mut *tx)
    .await?;
    let families: Vec<_> = rows.iter().map(|row| row.family_id).collect();
    let shares = shares(tx, &families).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let own = shares.iter().filter(|(family, _, _)| *family == row.family_id);
            let offer = Offer {
                product: Product {
                    kind: row.kind,
                    id: row.id,
                },
                set_id: row.set_id,
                family_id: row.family_id,
                seller_id: row.seller_id,
                name: row.name,
                licence: row.licence,
                terms_version: row.terms_version,
                price_minor: row.price_minor,
                upgrades: None,
                royalty_basis_points: row.royalty_basis_points,
                shares: own.map(|(_, account, share)| (*account, *share)).collect(),
            };
            (usize::try_from(row.n - 1).expect("ordinals begin at one"), offer)
        })
        .collect())
}

/// The contributors of families with their shares in basis points. A family without shares is its owner's.
async fn shares(tx: &mut PgConnection, families: &[Uuid]) -> sqlx::Result<Vec<(Uuid, AccountId, i64)>> {
    let rows = sqlx::query!(
        r#"
        select family.id, coalesce(share.account_id, family.account_id) as "account_id!: AccountId",
            coalesce(share.basis_points, 10000)::bigint as "basis_points!"
        from families family left join family_shares share on share.family_id = family.id
        where family.id = any($1) order by family.id, share.account_id
        "#,
        families
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.account_id, row.basis_points))
        .collect())
}

/// A price of a product.
pub struct PriceRow {
    pub licence: Licence,
    pub currency: String,
    pub amount_minor: i64,
}

/// Prices of a published product.
pub async fn prices(db: impl PgExecutor<'_>, product: Product) -> sqlx::Result<Vec<PriceRow>> {
    sqlx::query_as!(
        PriceRow,
        r#"
        select licence as "licence!: Licence", currency as "currency!", amount_minor as "amount_minor!"
        from product_prices where kind = $1 and product_id = $2
        order by array_position(array['personal', 'commercial', 'extended'], licence), currency
        "#,
        product.kind.as_str(),
        product.id
    )
    .fetch_all(db)
    .await
}

pub async fn is_published(db: impl PgExecutor<'_>, product: Product) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select case $1
            when 'item' then exists (select from items where id = $2 and state = 'published')
            when 'set' then exists (select from sets where id = $2 and state = 'published')
            else exists (select from families where id = $2 and published_at is not null)
        end as "is_published!"
        "#,
        product.kind.as_str(),
        product.id
    )
    .fetch_one(db)
    .await
}

pub async fn delete_prices(tx: &mut PgConnection, product: Product) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from prices where kind = $1 and product_id = $2",
        product.kind.as_str(),
        product.id
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn insert_prices(tx: &mut PgConnection, product: Product, prices: &[&Price]) -> sqlx::Result<()> {
    let licences: Vec<_> = prices.iter().map(|price| price.licence.as_str().to_owned()).collect();
    let currencies: Vec<_> = prices.iter().map(|price| price.currency.as_str().to_owned()).collect();
    let amounts: Vec<_> = prices.iter().map(|price| price.amount_minor).collect();
    sqlx::query!(
        r#"
        insert into prices (kind, product_id, licence, currency, amount_minor)
        select $1, $2, licence, currency, amount_minor
        from unnest($3::text[], $4::text[], $5::int8[]) as price (licence, currency, amount_minor)
        "#,
        product.kind.as_str(),
        product.id,
        &licences,
        &currencies,
        &amounts
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Sets the price that stood in the manifest.
pub async fn set_own_price(tx: &mut PgConnection, set: Uuid, currency: &str, amount_minor: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "update sets set currency = $2, price_minor = $3 where id = $1",
        set,
        currency,
        amount_minor
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The named contributors of a family with their shares.
pub async fn family_shares(db: impl PgExecutor<'_>, family: Uuid) -> sqlx::Result<Vec<(String, i32)>> {
    let rows = sqlx::query!(
        r#"
        select account.name, coalesce(share.basis_points, 10000) as "basis_points!"
        from families family left join family_shares share on share.family_id = family.id
        join accounts account on account.id = coalesce(share.account_id, family.account_id)
        where family.id = $1 order by account.name
        "#,
        family
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.basis_points)).collect())
}

pub async fn delete_shares(tx: &mut PgConnection, family: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from family_shares where family_id = $1", family)
        .execute(tx)
        .await?;
    Ok(())
}

/// Inserts shares of contributors by name. Answers with how many of the names are contributors.
pub async fn insert_shares(
    tx: &mut PgConnection,
    family: Uuid,
    names: &[String],
    basis_points: &[i32],
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        insert into family_shares (family_id, account_id, basis_points)
        select $1, account.id, share.basis_points
        from unnest($2::text[], $3::int4[]) share (name, basis_points)
        join accounts account on account.name = share.name and account.role = 'contributor'
        "#,
        family,
        names,
        basis_points
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Terms of licences: the current ones, or a version.
pub async fn terms(
    db: impl PgExecutor<'_>,
    licence: Option<Licence>,
    version: Option<i32>,
) -> sqlx::Result<Vec<LicenceTerms>> {
    sqlx::query_as!(
        LicenceTerms,
        r#"
        select distinct on (licence) licence as "licence: Licence", version, title, body, encode(sha256, 'hex') as "sha256!",
            royalty_basis_points, added_at
        from licence_terms where ($1::text is null or licence = $1) and ($2::int4 is null or version = $2)
        order by licence, version desc
        "#,
        licence.map(Licence::as_str),
        version
    )
    .fetch_all(db)
    .await
}

pub async fn insert_terms(tx: &mut PgConnection, licence: Licence, terms: &NewTerms) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        r#"
        insert into licence_terms (licence, version, title, body, royalty_basis_points)
        select $1, max(version) + 1, $2, $3, $4 from licence_terms where licence = $1
        returning version
        "#,
        licence.as_str(),
        terms.title.as_str(),
        terms.body.as_str(),
        terms.royalty_basis_points
    )
    .fetch_one(tx)
    .await
}
