//! The renditions of a campaign are private, then public for everybody, and can be rolled back exactly.

use serde_json::json;
use tradepost_tests::PackBuilder;

use super::*;

#[tokio::test]
async fn a_campaign_is_drawn_swapped_in_and_rolled_back() {
    let app = with_stale_ticks(12, options()).await;
    let (before, dumped) = (shown(&app).await, dump(&app).await);
    let campaign = plan(&app, json!({})).await;
    assert_eq!(
        (&campaign["items"], &campaign["estimate"]["outputs"]),
        (&json!(12), &json!(12 * PRESETS)),
        "{campaign}"
    );
    let rendered = draw_all(&app, &campaign).await;
    assert_eq!(
        (&rendered["done"], &rendered["outputs"]),
        (&json!(12), &json!(12 * PRESETS)),
        "{rendered}"
    );
    assert_eq!(dump(&app).await, dumped, "nothing is visible before the swap");
    assert_eq!(shown(&app).await, before);

    act(&app, &campaign, "swap").await;
    let after = shown(&app).await;
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    // The first one was drawn before as it is drawn now.
    assert_eq!(
        after.iter().filter(|(key, url)| before[*key] != **url).count(),
        11 * PRESETS
    );
    // Clients with an old page still get its pictures.
    for url in before.values() {
        assert_eq!(app.get(url, None).await.0, StatusCode::OK, "{url}");
    }
    let again = plan(&app, json!({})).await;
    assert_eq!(again["items"], 0, "nothing is stale any more: {again}");

    act(&app, &campaign, "rollback").await;
    assert_eq!(dump(&app).await, dumped, "the roll-back is exact");
    assert_eq!(shown(&app).await, before);
    act(&app, &campaign, "swap").await;
    assert_eq!(shown(&app).await, after);
}

#[tokio::test]
async fn what_is_uploaded_during_a_campaign_is_seen_before_and_after_it() {
    let app = with_stale_ticks(4, options()).await;
    let campaign = plan(&app, json!({ "canary": 0 })).await;
    let token = app.trusted("newcomer");
    let pack = PackBuilder::new("More").file("icons/more.svg", tradepost_tests::packs::square("#123456"));
    app.upload_and_settle(&token, &pack.build()).await;
    let of_new = |shown: BTreeMap<(String, String), String>| -> Vec<_> {
        shown
            .into_iter()
            .filter(|((path, _), _)| path == "icons/more.svg")
            .collect()
    };
    let new = of_new(shown(&app).await);
    assert_eq!(new.len(), PRESETS);
    act(&app, &campaign, "start").await;
    until(&app, &campaign, "rendered").await;
    act(&app, &campaign, "swap").await;
    assert_eq!(of_new(shown(&app).await), new);
    act(&app, &campaign, "rollback").await;
    assert_eq!(of_new(shown(&app).await), new);
}

#[tokio::test]
async fn of_two_campaigns_the_upper_one_is_rolled_back_first() {
    let app = with_stale_ticks(3, options()).await;
    let everything = json!({ "canary": 0, "scope": { "only_stale": false } });
    let (lower, upper) = (plan(&app, everything.clone()).await, plan(&app, everything).await);
    for campaign in [&lower, &upper] {
        act(&app, campaign, "start").await;
        until(&app, campaign, "rendered").await;
    }
    let bottom = dump(&app).await;
    act(&app, &lower, "swap").await;
    let middle = dump(&app).await;
    act(&app, &upper, "swap").await;
    let (status, problem) = app.act(&format!("{}/rollback", path(&lower)), json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("campaign-covered")),
        "{problem}"
    );
    let (status, problem) = app.act(&format!("{}/collect", path(&upper)), json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("campaign-covers")),
        "{problem}"
    );
    act(&app, &upper, "rollback").await;
    assert_eq!(dump(&app).await, middle);
    act(&app, &lower, "rollback").await;
    assert_eq!(dump(&app).await, bottom);
}

#[tokio::test]
async fn a_preset_that_was_never_drawn_is_there_after_the_swap() {
    let app = with_stale_ticks(3, options()).await;
    app.sql("delete from renditions where preset = 'png-64'").await;
    let campaign = plan(&app, json!({ "canary": 0, "scope": { "presets": ["png-64"] } })).await;
    act(&app, &campaign, "start").await;
    until(&app, &campaign, "rendered").await;
    assert_eq!(shown(&app).await.len(), 3 * (PRESETS - 1));
    act(&app, &campaign, "swap").await;
    assert_eq!(shown(&app).await.len(), 3 * PRESETS);
    act(&app, &campaign, "rollback").await;
    assert_eq!(shown(&app).await.len(), 3 * (PRESETS - 1));
}
