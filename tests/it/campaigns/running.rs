//! A campaign on its way: paused, resumed, slowed down, and stopped by what it can not draw.

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_campaign_is_paused_and_goes_on_where_it_was() {
    let app = with_stale_ticks(30, options()).await;
    let campaign = plan(&app, json!({ "canary": 0, "rate_per_second": 4 })).await;
    act(&app, &campaign, "start").await;
    app.until(&path(&campaign), |campaign| campaign["done"].as_i64().unwrap() > 0)
        .await;
    act(&app, &campaign, "pause").await;
    let paused = app.look(&path(&campaign)).await;
    assert!(paused["done"].as_i64().unwrap() < 30, "{paused}");
    let (status, faster) = app
        .act(&format!("{}/rate", path(&campaign)), json!({ "rate_per_second": null }))
        .await;
    assert_eq!(
        (status, &faster["rate_per_second"]),
        (StatusCode::OK, &Value::Null),
        "{faster}"
    );
    act(&app, &campaign, "resume").await;
    let rendered = until(&app, &campaign, "rendered").await;
    assert_eq!(
        (&rendered["done"], &rendered["outputs"]),
        (&json!(30), &json!(30 * PRESETS)),
        "{rendered}"
    );
    assert_eq!(
        app.number("select count(*) from campaign_renditions").await,
        30 * PRESETS as i64
    );
}

#[tokio::test]
async fn a_campaign_goes_on_after_a_restart() {
    let mut app = with_stale_ticks(20, options()).await;
    let campaign = plan(&app, json!({ "canary": 0, "rate_per_second": 10 })).await;
    act(&app, &campaign, "start").await;
    app.until(&path(&campaign), |campaign| campaign["done"].as_i64().unwrap() > 0)
        .await;
    assert_eq!(app.stop(), Some(0));
    app.restart();
    let rendered = until(&app, &campaign, "rendered").await;
    assert_eq!(
        (&rendered["done"], &rendered["outputs"]),
        (&json!(20), &json!(20 * PRESETS)),
        "{rendered}"
    );
}

/// Puts bytes into the store as the file of an item.
async fn replace_source(app: &TestApp, path: &str, bytes: &[u8]) {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(bytes);
    let name = hex::encode(digest);
    let stored = app.stored("m", &name);
    std::fs::create_dir_all(stored.parent().unwrap()).unwrap();
    std::fs::write(stored, bytes).unwrap();
    let pool = app.database().await;
    let changed = sqlx::query("update items set sha256 = $1, file_sha256 = $1 where path = $2")
        .bind(digest.as_slice())
        .bind(path)
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(changed.rows_affected(), 1);
    pool.close().await;
}

#[tokio::test]
async fn what_can_not_be_drawn_is_set_aside_and_named() {
    let app = with_stale_ticks(12, options()).await;
    replace_source(&app, "icons/tick-0004.svg", b"this is no picture at all").await;
    app.sql("update items set file_sha256 = sha256('gone') where path = 'icons/tick-0007.svg'")
        .await;
    let campaign = plan(&app, json!({ "canary": 0, "stop_at_percent": 50 })).await;
    app.sql("update items set state = 'blocked' where path = 'icons/tick-0009.svg'")
        .await;
    replace_source(
        &app,
        "icons/tick-0010.svg",
        tradepost_tests::packs::square("#00ff00").as_bytes(),
    )
    .await;
    act(&app, &campaign, "start").await;
    let rendered = until(&app, &campaign, "rendered").await;
    assert_eq!(
        (&rendered["done"], &rendered["failed"], &rendered["skipped"]),
        (&json!(8), &json!(2), &json!(2)),
        "{rendered}"
    );
    let page = app.look(&format!("{}/failures", path(&campaign))).await;
    let failures: Vec<_> = page["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["path"].as_str().unwrap(), row["failure"].as_str().unwrap()))
        .collect();
    assert_eq!(
        failures,
        [("icons/tick-0004.svg", "refused"), ("icons/tick-0007.svg", "damaged")],
        "{page}"
    );
    let first = app.look(&format!("{}/failures?limit=1", path(&campaign))).await;
    let rest = app
        .look(&format!(
            "{}/failures?limit=1&cursor={}",
            path(&campaign),
            first["next"].as_str().unwrap()
        ))
        .await;
    assert_eq!(rest["rows"][0]["path"], "icons/tick-0007.svg", "{rest}");
    // Items that failed keep their renditions.
    act(&app, &campaign, "swap").await;
    app.sql("update items set state = 'published' where path = 'icons/tick-0009.svg'")
        .await;
    assert_eq!(dump(&app).await.len(), 12 * PRESETS);
}

#[tokio::test]
async fn too_many_failures_stop_a_campaign_until_somebody_resumes_it() {
    let app = with_stale_ticks(10, options()).await;
    app.sql("update items set file_sha256 = sha256('gone') where path < 'icons/tick-0006.svg'")
        .await;
    let campaign = plan(&app, json!({ "canary": 10 })).await;
    act(&app, &campaign, "start").await;
    let stopped = until(&app, &campaign, "stopped").await;
    assert!(
        stopped["note"]
            .as_str()
            .unwrap()
            .contains("6 of 10 items could not be rendered: more than 20 %"),
        "{stopped}"
    );
    let raised = |page: &Value| {
        page["alerts"]
            .as_array()
            .unwrap()
            .iter()
            .any(|alert| alert["code"] == "campaign-stopped")
    };
    app.until("/v1/alerts", raised).await;
    act(&app, &campaign, "resume").await;
    until(&app, &campaign, "waiting").await;
    act(&app, &campaign, "resume").await;
    until(&app, &campaign, "rendered").await;
    app.until("/v1/alerts", |page| !raised(page)).await;
}

#[tokio::test]
async fn a_full_disk_pauses_a_campaign() {
    let app = with_stale_ticks(3, options().set("CAMPAIGNS__RESERVE_MIB", 1_000_000_000)).await;
    let campaign = plan(&app, json!({ "canary": 0 })).await;
    act(&app, &campaign, "start").await;
    let paused = until(&app, &campaign, "paused").await;
    assert!(
        paused["note"].as_str().unwrap().contains("campaigns.reserve_mib"),
        "{paused}"
    );
    assert_eq!(paused["done"], 0);
}
