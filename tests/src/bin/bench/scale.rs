//! `make bench-scale`: many contributors upload many packs at once. Throughput, the time of a pack, and fairness.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use sqlx::PgPool;
use tokio::task::JoinSet;
use tradepost_tests::{Options as Daemon, PackBuilder, TestApp};

use crate::upload::memory;

const LOOK_EVERY: Duration = Duration::from_millis(100);

#[derive(clap::Args)]
pub struct Options {
    #[arg(long, default_value_t = 50)]
    contributors: usize,
    /// Packs of all contributors together.
    #[arg(long, default_value_t = 200)]
    packs: usize,
    /// Files in each pack.
    #[arg(long, default_value_t = 100)]
    files: usize,
}

pub async fn run(options: &Options) -> anyhow::Result<()> {
    let daemon = Daemon::default().set("LIMITS__ACCOUNT_UNPUBLISHED_MIB", 1_048_576);
    let app = Arc::new(TestApp::start_with(daemon));
    let (mut uploading, mut packs) = (JoinSet::new(), 0..options.packs);
    let each = options.packs.div_ceil(options.contributors);
    let started = Instant::now();
    for contributor in 0..options.contributors {
        let token = app.trusted(&format!("contributor-{contributor}"));
        let (app, numbers, files) = (
            app.clone(),
            packs.by_ref().take(each).collect::<Vec<_>>(),
            options.files,
        );
        uploading.spawn(async move {
            for number in numbers {
                app.upload(&token, &PackBuilder::drawn(number, files).build()).await;
            }
        });
    }
    while let Some(done) = uploading.join_next().await {
        done.context("an upload failed")?;
    }
    let db = app.database().await;
    wait_and_watch(&app, &db, options.packs).await?;
    let seconds = started.elapsed().as_secs_f64();
    let files = options.packs * options.files;
    println!(
        "{} contributors, {} packs of {} files: {seconds:.1} s, {:.0} files/s\n",
        options.contributors,
        options.packs,
        options.files,
        files as f64 / seconds
    );
    let times = "
        with pack as (
            select upload.account_id, min(stage.entered_at) as began, max(stage.left_at) as ended
            from uploads upload join upload_stages stage on stage.upload_id = upload.id
            where stage.stage not in ('receive', 'review') group by upload.id),
        packs as (select *, extract(epoch from ended - began)::float8 as took, row_number() over (order by ended) as place,
            count(*) over () as packs from pack),
        contributor as (select avg(took) as took from packs group by account_id),
        rates as (select count(*) / extract(epoch from max(ended) - min(ended)) as rate, place <= packs / 10 as is_first from packs
            where place <= packs / 10 or place > packs - packs / 10 group by is_first)
        select percentile_cont(array[.5, .95, .99]) within group (order by took),
            (select max(took) / avg(took) from contributor),
            ((select rate from rates where not is_first) / (select rate from rates where is_first))::float8
        from packs";
    let (percentiles, slowest, last): (Vec<f64>, f64, Option<f64>) = sqlx::query_as(times).fetch_one(&db).await?;
    println!("| time of a pack from complete to its end | p50 s | p95 s | p99 s |\n|---|---|---|---|");
    let cells: Vec<_> = percentiles.iter().map(|seconds| format!("{seconds:.2}")).collect();
    println!("| {} files | {} |\n", options.files, cells.join(" | "));
    println!("slowest contributor against the mean: {slowest:.2} (goal: at most 1.5)");
    println!(
        "packs a second of the last tenth against the first: {:.2} (goal: at least 0.9)",
        last.unwrap_or(1.0)
    );
    Ok(())
}

/// Waits for the end of all packs. Prints a row for each tenth of them.
async fn wait_and_watch(app: &TestApp, db: &PgPool, packs: usize) -> anyhow::Result<()> {
    const MIB: i64 = 1 << 20;
    println!("| packs done | after s | memory of the daemon, MiB | WAL, MiB | database, MiB |\n|---|---|---|---|---|");
    let (begun, mut next) = (Instant::now(), packs / 10);
    loop {
        let ended = "select count(*) from uploads where state in ('published', 'in_review', 'rejected')";
        let ended: i64 = sqlx::query_scalar(ended).fetch_one(db).await?;
        let ended = usize::try_from(ended)?;
        if ended >= next {
            let sizes = "select (select sum(size)::bigint from pg_ls_waldir()), pg_database_size(current_database())";
            let (wal, database): (i64, i64) = sqlx::query_as(sizes).fetch_one(db).await?;
            let (after, memory) = (begun.elapsed().as_secs(), memory(app.pid(), "VmRSS")?);
            println!("| {ended} | {after} | {memory} | {} | {} |", wal / MIB, database / MIB);
            next = ended + packs.div_ceil(10);
        }
        if ended >= packs {
            println!();
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
