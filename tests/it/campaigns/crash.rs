//! `kill -9` at any moment: nothing is done twice, nothing is missing.

use serde_json::json;

use super::*;

const ITEMS: usize = 60;
const KILLS: usize = 4;

#[tokio::test]
async fn a_daemon_that_is_killed_again_and_again_draws_everything_once() {
    let mut app = with_stale_ticks(ITEMS, options()).await;
    let before = dump(&app).await;
    let campaign = plan(&app, json!({ "canary": 0, "rate_per_second": 30 })).await;
    act(&app, &campaign, "start").await;
    for kill in 1..=KILLS {
        let least = (ITEMS * kill / (KILLS + 2)) as i64;
        app.until(&path(&campaign), |campaign| campaign["done"].as_i64().unwrap() >= least)
            .await;
        app.kill();
        app.restart();
    }
    let rendered = until(&app, &campaign, "rendered").await;
    assert_eq!(
        (
            &rendered["done"],
            &rendered["failed"],
            &rendered["skipped"],
            &rendered["outputs"]
        ),
        (&json!(ITEMS), &json!(0), &json!(0), &json!(ITEMS * PRESETS)),
        "{rendered}"
    );
    assert_eq!(
        app.number("select count(*) from campaign_renditions").await,
        (ITEMS * PRESETS) as i64
    );
    assert_eq!(
        app.number("select count(*) from campaign_items where state = 'done'")
            .await,
        ITEMS as i64
    );
    assert_eq!(dump(&app).await, before);
    act(&app, &campaign, "swap").await;
    assert_eq!(shown(&app).await.len(), ITEMS * PRESETS);
    app.kill();
    app.restart();
    act(&app, &campaign, "rollback").await;
    assert_eq!(dump(&app).await, before);
}
