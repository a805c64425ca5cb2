//! `tradepostd sample catalogue`: fills a database with a published catalogue that is skewed as a real one is. Its items have no files:
//! it is for measuring lists, pages and the search.

use std::time::Instant;

use anyhow::Context as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use sqlx::PgConnection;
use tradepostd::database;
use uuid::Uuid;

use super::words::{self, Zipf};
use crate::cli::output::print;
use crate::cli::state::{StateArgs, runtime};

/// Items of a set, and sets of a family, at most.
const MAX_ITEMS: usize = 600;
const MAX_SETS: usize = 8;
/// One in so many items has counts.
const COUNTED: usize = 4;
/// The views of the most popular item.
const MOST_VIEWS: f64 = 200_000.0;

#[derive(Debug, clap::Args)]
pub struct CatalogueArgs {
    #[command(flatten)]
    state: StateArgs,
    /// Items to make.
    #[arg(long, default_value_t = 100_000)]
    items: usize,
    /// The same number makes the same names, tags and counts.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Fills the database, beside a running daemon or without one.
pub fn run(args: &CatalogueArgs) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let (config, state) = args.state.load()?;
        let database = database::open_beside(&config.database, &state).await?;
        let begun = Instant::now();
        let made = fill(&database.pool, args).await;
        database.close().await;
        let families = made?;
        let took = begun.elapsed().as_secs_f64();
        print(&format!("{} items in {families} families, in {took:.0} s", args.items))
    })
}

/// A family at a time, each in a transaction of its own. Answers with their number.
async fn fill(db: &sqlx::PgPool, args: &CatalogueArgs) -> anyhow::Result<usize> {
    let mut random = StdRng::seed_from_u64(args.seed);
    let mut connection = db.acquire().await?;
    sqlx::query("set statement_timeout = 0")
        .execute(&mut *connection)
        .await?;
    for (slug, name, parent) in words::CATEGORIES {
        sqlx::query("insert into categories (slug, name, parent) values ($1, $2, $3) on conflict do nothing")
            .bind(slug)
            .bind(name)
            .bind(parent)
            .execute(&mut *connection)
            .await?;
    }
    let (mut left, mut families) = (args.items, 0);
    while left > 0 {
        let sets = sizes(&mut random, left);
        left -= sets.iter().sum::<usize>();
        families += 1;
        sqlx::query("begin").execute(&mut *connection).await?;
        family(&mut connection, &mut random, families, &sets)
            .await
            .context("making a family")?;
        sqlx::query("commit").execute(&mut *connection).await?;
    }
    sqlx::raw_sql("analyze catalogue, items, sets, families, product_counts")
        .execute(&mut *connection)
        .await?;
    Ok(families)
}

/// The number of items in each set of a family: a few are large.
fn sizes(random: &mut StdRng, mut left: usize) -> Vec<usize> {
    let sets = 1 + Zipf::new(MAX_SETS, 1.2).draw(random);
    let mut sizes = Vec::new();
    for _ in 0..sets {
        let size = (MAX_ITEMS / (1 + Zipf::new(30, 0.8).draw(random)))
            .clamp(20, left.max(20))
            .min(left);
        if size > 0 {
            sizes.push(size);
            left -= size;
        }
    }
    sizes
}

async fn family(
    connection: &mut PgConnection,
    random: &mut StdRng,
    number: usize,
    sets: &[usize],
) -> anyhow::Result<()> {
    let contributor = words::contributor(random);
    let account: Uuid = sqlx::query_scalar(
        "insert into accounts (id, name, role) values ($1, $2, 'contributor') on conflict (name) do update set role = excluded.role
        returning id",
    )
    .bind(Uuid::now_v7())
    .bind(&contributor)
    .fetch_one(&mut *connection)
    .await?;
    let (family, name) = (Uuid::now_v7(), words::title(random, 2));
    sqlx::query(
        "insert into families (id, account_id, slug, name, published_at, category, styles) values ($1, $2, $3, $4, now(), $5, $6)",
    )
    .bind(family)
    .bind(account)
    .bind(format!("sample-{number}-{}", family.simple()))
    .bind(&name)
    .bind(words::category(random))
    .bind([words::style(random)])
    .execute(&mut *connection)
    .await?;
    let kind = words::kind(random);
    for size in sets {
        let set = Uuid::now_v7();
        insert_set(&mut *connection, random, (account, family, set), kind).await?;
        insert_items(&mut *connection, random, set, kind, *size).await?;
    }
    // The rows of sets and families are written by triggers on their changes.
    sqlx::query("select refresh_sets(array(select id from sets where family_id = $1)), refresh_families(array[$1])")
        .bind(family)
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_set(
    connection: &mut PgConnection,
    random: &mut StdRng,
    (account, family, set): (Uuid, Uuid, Uuid),
    kind: &str,
) -> sqlx::Result<()> {
    let upload = Uuid::now_v7();
    sqlx::query(
        "insert into uploads (id, account_id, file_name, size_bytes, sha256, state, object_version, url_expires_at, settled_at)
        values ($1, $2, 'sample.zip', 1, sha256($3), 'published', 'sample', now(), now())",
    )
    .bind(upload)
    .bind(account)
    .bind(upload.as_bytes().as_slice())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "insert into sets (id, family_id, upload_id, slug, name, kind, licence, price_minor, currency, tags, state, files, pending, published_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 'EUR', $9, 'published', 1, 0, now())",
    )
    .bind(set)
    .bind(family)
    .bind(upload)
    .bind(set.simple().to_string())
    .bind(words::title(random, 1))
    .bind(kind)
    .bind(words::licence(random))
    .bind(words::price(random))
    .bind(words::tags(random, 2))
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_items(
    connection: &mut PgConnection,
    random: &mut StdRng,
    set: Uuid,
    kind: &str,
    size: usize,
) -> sqlx::Result<()> {
    let ids: Vec<_> = (0..size).map(|_| Uuid::now_v7()).collect();
    let titles: Vec<_> = ids.iter().map(|_| words::title(random, 2)).collect();
    // Arrays of arrays must be rectangular in PostgreSQL; texts with commas between need not be.
    let tags: Vec<_> = ids.iter().map(|_| words::tags(random, 6).join(",")).collect();
    insert_counts(&mut *connection, random, &ids).await?;
    sqlx::query(
        "insert into items (id, kind, set_id, path, title, tags, sha256, size_bytes, width, height, state, released_at, file_sha256,
            file_size_bytes)
        select id, $1, $2, 'sample/' || n || '.svg', title, string_to_array(tags, ','), sha256(uuid_send(id)), 1, 24, 24, 'published', now(),
            sha256(uuid_send(id)), 1
        from unnest($3::uuid[], $4::text[], $5::text[]) with ordinality as item (id, title, tags, n)",
    )
    .bind(kind)
    .bind(set)
    .bind(&ids)
    .bind(&titles)
    .bind(&tags)
    .execute(connection)
    .await?;
    Ok(())
}

/// Views by Zipf; of twenty viewers one downloads, of a hundred one buys.
async fn insert_counts(connection: &mut PgConnection, random: &mut StdRng, ids: &[Uuid]) -> sqlx::Result<()> {
    let mut counted = ids.to_vec();
    counted.shuffle(random);
    counted.truncate(ids.len() / COUNTED);
    let ranks = Zipf::new(2_000_000, 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a count that was made up"
    )]
    let views: Vec<_> = counted
        .iter()
        .map(|_| (MOST_VIEWS / (1.0 + ranks.draw(random) as f64)) as i64 + 1)
        .collect();
    sqlx::query(
        "insert into product_counts (product, id, views, downloads, favourites, sales, popularity)
        select 'item', id, views, views / 20, views / 50, views / 100, popularity_with(half_lives(now()), views * 1.6, now())
        from unnest($1::uuid[], $2::int8[]) as item (id, views)",
    )
    .bind(&counted)
    .bind(&views)
    .execute(connection)
    .await?;
    Ok(())
}
