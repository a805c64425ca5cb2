//! `make bench-duplicates`: looking up pictures that look alike among a million prints, against comparing with every one of them.
//!
//! Half of the hashes are random; half are 2,000 pictures drawn again and again, each with up to six bits changed.
//! Figures are printed, none is asserted.

use std::time::Instant;

use sqlx::PgPool;
use tradepost_tests::TestApp;
use tradepostd::duplicates::service::look_up;

const LOOK_UPS: i64 = 1_000;
const SCANS: i64 = 20;

/// Filled before its indexes are made: that takes a tenth of the time.
const A_MILLION: &str = "
    set session_replication_role = replica;
    create temporary table definitions as select indexdef from pg_indexes where tablename = 'item_prints' and indexname <> 'item_prints_pkey';
    do $$ declare made text; begin
        for made in select indexname from pg_indexes where tablename = 'item_prints' and indexname <> 'item_prints_pkey' loop
            execute 'drop index ' || made;
        end loop;
    end $$;
    insert into item_prints (item_id, kind, upload_id, account_id, sha256, geometry, look)
    select gen_random_uuid(), 'icon', gen_random_uuid(), gen_random_uuid(), sha256(n::text::bytea),
        substr(sha256((n / 3)::text::bytea), 1, 16),
        case when n % 2 = 0 then hashtextextended(n::text, 0) else hashtextextended((n / 2 % 2000)::text, 1)
            # (case when n % 3 = 0 then 0 else (1::bigint << (hashtextextended(n::text, 2) & 63)::int) end)
            # (case when n % 5 < 2 then 0 else (3::bigint << (hashtextextended(n::text, 3) & 63)::int) end)
            # (case when n % 7 < 3 then 0 else (7::bigint << (hashtextextended(n::text, 4) & 63)::int) end) end
    from generate_series(1, 1000000) n;
    do $$ declare made text; begin
        for made in select indexdef from definitions loop execute made; end loop;
    end $$";

pub async fn run() {
    let app = TestApp::start();
    eprintln!("putting a million prints into the database ...");
    app.sql(A_MILLION).await;
    app.sql("vacuum analyze item_prints").await;
    let pool = app.database().await;
    println!(
        "| look-up of 1,000,000 prints | median | p95 | p99 | slowest | found on average |\n|---|---|---|---|---|---|"
    );
    for (what, asked) in [
        (
            "a picture drawn 250 times",
            "select hashtextextended(($1 * 2 % 2000)::text, 1)",
        ),
        (
            "one of its copies, 3 bits changed",
            "select hashtextextended(($1 * 2 % 2000)::text, 1) # 34359771136",
        ),
        (
            "a picture that nobody has drawn",
            "select hashtextextended($1::text, 99)",
        ),
    ] {
        measure(&pool, what, asked).await;
    }
    for (what, statement) in [
        (
            "exact, by SHA-256",
            "select count(*) from item_prints where sha256 = sha256(($1 * 997)::text::bytea)",
        ),
        (
            "geometry",
            "select count(*) from item_prints where geometry = substr(sha256(($1 * 97)::text::bytea), 1, 16) and not plain",
        ),
    ] {
        count(&pool, what, statement, LOOK_UPS).await;
    }
    let all = "select count(*) from item_prints where bit_count((look # hashtextextended(($1 * 2 % 2000)::text, 1))::bit(64)) <= 6";
    count(&pool, "comparing with all of them", all, SCANS).await;
}

async fn measure(pool: &PgPool, what: &str, asked: &'static str) {
    let (mut took, mut found) = (Vec::new(), 0);
    for n in 0..LOOK_UPS {
        let look: i64 = sqlx::query_scalar(asked).bind(n).fetch_one(pool).await.unwrap();
        let began = Instant::now();
        found += look_up(pool, look.cast_unsigned()).await.unwrap().len();
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    row(what, took, found as f64);
}

async fn count(pool: &PgPool, what: &str, statement: &'static str, times: i64) {
    let (mut took, mut found) = (Vec::new(), 0);
    for n in 0..times {
        let began = Instant::now();
        let count: i64 = sqlx::query_scalar(statement).bind(n).fetch_one(pool).await.unwrap();
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
        found += count;
    }
    row(what, took, found as f64);
}

fn row(what: &str, mut took: Vec<f64>, found: f64) {
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    println!(
        "| {what} | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} ms | {:.1} |",
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0),
        found / took.len() as f64
    );
}
