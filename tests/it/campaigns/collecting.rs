//! Garbage collection frees unreferenced renditions and nothing else.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tradepost_store::{Store, sha256};
use tradepost_tests::wait::eventually;
use tradepostd::catalog::gc::{self, KeepError};
use tradepostd::objects::rendition_key;

use super::*;

async fn until_stored(app: &TestApp, expected: &[String]) {
    eventually("the store has what is needed and nothing else", async || {
        let there = stored(app);
        if there == expected {
            Ok(())
        } else {
            Err(format!("{} instead of {} pictures", there.len(), expected.len()))
        }
    })
    .await;
}

/// The names of the pictures that are shown, sheets included.
async fn needed(app: &TestApp) -> Vec<String> {
    let pool = app.database().await;
    let names: Vec<String> = sqlx::query_scalar(
        "select encode(sha256, 'hex') || '.' || format from current_renditions union select encode(sha256, 'hex') || '.' || format from family_previews order by 1",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    pool.close().await;
    names
}

#[tokio::test]
async fn an_aborted_campaign_leaves_nothing_behind() {
    let app = with_stale_ticks(6, options()).await;
    // The ticks before they were made to look like the first one.
    for name in stored(&app).into_iter().filter(|name| name.len() > 60) {
        let is_needed = needed(&app).await.contains(&name);
        if !is_needed {
            std::fs::remove_file(app.stored("r", &name)).unwrap();
        }
    }
    let (before, dumped) = (stored(&app), dump(&app).await);
    let campaign = plan(&app, json!({})).await;
    draw_all(&app, &campaign).await;
    assert!(stored(&app).len() > before.len());
    act(&app, &campaign, "abort").await;
    until_stored(&app, &before).await;
    let done = app
        .until(&path(&campaign), |campaign| {
            campaign["freed_bytes"].as_i64().is_some_and(|bytes| bytes > 0)
        })
        .await;
    assert_eq!(done["state"], "aborted");
    assert_eq!(dump(&app).await, dumped);
    assert_eq!(app.number("select count(*) from campaign_renditions").await, 0);
    assert_eq!(app.number("select count(*) from campaign_items").await, 0);
}

#[tokio::test]
async fn a_swapped_campaign_becomes_the_catalogues_own() {
    let app = with_stale_ticks(6, options()).await;
    let campaign = plan(&app, json!({})).await;
    draw_all(&app, &campaign).await;
    act(&app, &campaign, "swap").await;
    let (seen, dumped) = (shown(&app).await, dump(&app).await);
    act(&app, &campaign, "collect").await;
    app.until(&path(&campaign), |campaign| campaign["freed_bytes"].is_i64())
        .await;
    assert_eq!((shown(&app).await, dump(&app).await), (seen, dumped));
    assert_eq!(app.number("select count(*) from campaign_renditions").await, 0);
    assert_eq!(app.number("select count(*) from active_generations").await, 0);
    assert_eq!(app.number("select count(*) from renditions").await, 6 * PRESETS as i64);
    let (status, problem) = app.act(&format!("{}/rollback", path(&campaign)), json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        problem["detail"].as_str().unwrap().contains("swapped and collected"),
        "{problem}"
    );
    let needed = needed(&app).await;
    until_stored(&app, &needed).await;
}

#[tokio::test]
async fn what_was_swapped_is_collected_by_itself_when_its_time_has_come() {
    let app = with_stale_ticks(2, options().set("CAMPAIGNS__KEEP_DAYS", 0)).await;
    let campaign = plan(&app, json!({ "canary": 0 })).await;
    act(&app, &campaign, "start").await;
    until(&app, &campaign, "rendered").await;
    act(&app, &campaign, "swap").await;
    app.until(&path(&campaign), |campaign| campaign["freed_bytes"].is_i64())
        .await;
    assert_eq!(app.number("select count(*) from active_generations").await, 0);
}

/// Puts a picture and refers to it, as a render job does.
async fn refer(pool: &sqlx::PgPool, store: &Store, bytes: &'static [u8], item: uuid::Uuid, generation: i64) {
    let hash = sha256(bytes);
    loop {
        let objects = vec![(rendition_key(hash, "png"), Bytes::from_static(bytes))];
        store.put_content(objects.clone()).await.unwrap();
        tokio::time::sleep(Duration::from_micros(rand::random_range(0..2_000))).await;
        let mut tx = pool.begin().await.unwrap();
        sqlx::query("insert into campaign_renditions values ($1, $2, 'icon', 'raced', 'x', 'png', 1, 1, 1, $3)")
            .bind(generation)
            .bind(item)
            .bind(hash.as_slice())
            .execute(&mut *tx)
            .await
            .unwrap();
        match gc::keep(&mut tx, &[(hash, "png")]).await {
            Ok(()) => return tx.commit().await.unwrap(),
            Err(error) => {
                tx.rollback().await.unwrap();
                gc::restore(pool, store, error.into(), objects).await.unwrap();
            }
        }
    }
}

async fn lose(pool: &sqlx::PgPool, hash: [u8; 32], item: uuid::Uuid, campaign: uuid::Uuid) {
    let mut tx = pool.begin().await.unwrap();
    sqlx::query("delete from campaign_renditions where item_id = $1 and preset = 'raced'")
        .bind(item)
        .execute(&mut *tx)
        .await
        .unwrap();
    gc::mark(&mut tx, campaign, &[hash.to_vec()], &["png".to_owned()], &[1])
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_picture_that_is_drawn_again_while_it_is_swept_is_there() {
    const BYTES: &[u8] = b"\x89PNG raced for";
    let app = with_stale_ticks(4, options()).await;
    let campaign = plan(&app, json!({})).await;
    let campaign: uuid::Uuid = campaign["id"].as_str().unwrap().parse().unwrap();
    let options = tradepostd::embedded::postgres::find_running(&app.state.join("postgres")).unwrap();
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(8)
        .connect_with(options.database("tradepost"))
        .await
        .unwrap();
    let generation: i64 = sqlx::query_scalar("select generation from campaigns")
        .fetch_one(&pool)
        .await
        .unwrap();
    let items: Vec<uuid::Uuid> = sqlx::query_scalar("select id from items order by id")
        .fetch_all(&pool)
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(folder.path().to_owned()).unwrap());
    let stop = tokio_util::sync::CancellationToken::new();
    let sweeper = tokio::spawn({
        let (pool, store, stop) = (pool.clone(), store.clone(), stop.clone());
        async move {
            let mut deleted = 0;
            while !stop.is_cancelled() {
                deleted += gc::sweep(&pool, &store, Duration::ZERO).await.unwrap().deleted;
            }
            deleted
        }
    });
    let mut writers = tokio::task::JoinSet::new();
    for item in items {
        let (pool, store) = (pool.clone(), store.clone());
        writers.spawn(async move {
            for _ in 0..60 {
                refer(&pool, &store, BYTES, item, generation).await;
                // Everything that is referred to is there.
                let there = store.read_content(&rendition_key(sha256(BYTES), "png")).await;
                assert!(there.is_ok(), "a picture that is referred to is gone");
                lose(&pool, sha256(BYTES), item, campaign).await;
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    stop.cancel();
    assert!(
        sweeper.await.unwrap() > 0,
        "it was swept at least once while it was raced for"
    );
    pool.close().await;
}

#[tokio::test]
async fn claims_of_a_sweep_that_died_are_taken_over() {
    const BYTES: &[u8] = b"\x89PNG left behind";
    let app = with_stale_ticks(1, options()).await;
    let campaign = plan(&app, json!({})).await;
    let campaign: uuid::Uuid = campaign["id"].as_str().unwrap().parse().unwrap();
    let pool = app.database().await;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().to_owned()).unwrap();
    let (hash, key) = (sha256(BYTES), rendition_key(sha256(BYTES), "png"));
    let objects = vec![(key, Bytes::from_static(BYTES))];
    store.put_content(objects.clone()).await.unwrap();
    let keep = async || {
        let mut tx = pool.begin().await.unwrap();
        let kept = gc::keep(&mut tx, &[(hash, "png")]).await;
        tx.rollback().await.unwrap();
        kept
    };
    let mut tx = pool.begin().await.unwrap();
    gc::mark(&mut tx, campaign, &[hash.to_vec()], &["png".to_owned()], &[1])
        .await
        .unwrap();
    tx.commit().await.unwrap();

    assert_eq!(gc::claim(&pool, Duration::ZERO).await.unwrap().1.len(), 1);
    assert!(matches!(keep().await, Err(KeepError::Claimed)));
    let sweep = async || gc::sweep(&pool, &store, Duration::ZERO).await.unwrap().deleted;
    assert_eq!(sweep().await, 0, "a claim is left alone while its sweep may be alive");
    sqlx::query("update unused_objects set claimed_at = now() - interval '11 minutes'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(sweep().await, 1);
    let error = keep().await.unwrap_err();
    assert!(matches!(error, KeepError::Deleted(_)));
    gc::restore(&pool, &store, error.into(), objects).await.unwrap();
    assert!(store.read_content(&rendition_key(hash, "png")).await.is_ok());
    assert!(keep().await.is_ok());
    pool.close().await;
}
