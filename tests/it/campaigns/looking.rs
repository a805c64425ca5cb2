//! The canary's samples: numbers and pictures.

use reqwest::Method;
use serde_json::json;
use tradepost_tests::Answer;

use super::*;

async fn picture(app: &TestApp, campaign: &Value, sample: &Value, side: &str) -> (u16, Vec<u8>, String) {
    let path = format!(
        "{}/samples/{}/{}/{side}",
        path(campaign),
        sample["item"].as_str().unwrap(),
        sample["preset"].as_str().unwrap()
    );
    let answer = Answer::to(app.control_request(Method::GET, &path)).await;
    (
        answer.status.as_u16(),
        answer.bytes.clone(),
        answer.header("content-type").to_owned(),
    )
}

#[tokio::test]
async fn the_canary_is_laid_beside_what_is_shown_the_worst_first() {
    let app = with_stale_ticks(9, options()).await;
    let campaign = plan(&app, json!({ "canary": 3 })).await;
    act(&app, &campaign, "start").await;
    let waiting = until(&app, &campaign, "waiting").await;
    assert_eq!(
        (&waiting["done"], &waiting["estimate"]["basis"]),
        (&json!(3), &json!("measured")),
        "{waiting}"
    );
    assert!(
        waiting["note"].as_str().unwrap().contains("resume or abort"),
        "{waiting}"
    );
    let page = app.look(&format!("{}/samples?limit=200", path(&campaign))).await;
    let samples = page["rows"].as_array().unwrap();
    assert_eq!(samples.len(), 3 * PRESETS);
    let psnr: Vec<f64> = samples
        .iter()
        .map(|sample| sample["psnr_db"].as_f64().unwrap())
        .collect();
    assert!(psnr.is_sorted(), "{psnr:?}");
    // The first item of the plan is in the canary, and looks as before; the others look like it.
    assert_eq!(psnr.iter().filter(|psnr| **psnr == 100.0).count(), PRESETS, "{psnr:?}");
    let (worst, best) = (&samples[0], &samples[samples.len() - 1]);
    assert!(
        worst["max_difference"].as_i64().unwrap() > 0 && worst["differing"].as_f64().unwrap() > 0.0,
        "{worst}"
    );
    assert_eq!(
        (&best["max_difference"], &best["differing"]),
        (&json!(0), &json!(0.0)),
        "{best}"
    );
    for sample in [worst, best] {
        let (old, new) = (
            picture(&app, &campaign, sample, "old").await,
            picture(&app, &campaign, sample, "new").await,
        );
        assert_eq!((old.0, new.0), (200, 200));
        assert_eq!(old.1.len() as i64, sample["old_bytes"].as_i64().unwrap());
        assert_eq!(new.1.len() as i64, sample["new_bytes"].as_i64().unwrap());
        assert_eq!(old.1 == new.1, sample["differing"] == 0.0);
        assert_eq!(new.2, format!("image/{}", sample["format"].as_str().unwrap()));
        let difference = picture(&app, &campaign, sample, "difference").await;
        assert_eq!((difference.0, difference.2.as_str()), (200, "image/png"));
        let decoded = image::load_from_memory(&difference.1).unwrap().into_rgb8();
        assert_eq!(i64::from(decoded.width()), sample["width"].as_i64().unwrap());
        let is_red = |pixel: &image::Rgb<u8>| pixel.0[0] > pixel.0[1];
        assert_eq!(
            decoded.pixels().any(is_red),
            sample["differing"].as_f64().unwrap() > 0.0
        );
    }
    assert_eq!(picture(&app, &campaign, worst, "beside").await.0, 400);
}

#[tokio::test]
async fn a_canary_above_its_bound_goes_on_by_itself() {
    let app = with_stale_ticks(8, options()).await;
    let auto = |bound: f64| json!({ "canary": 4, "auto": { "min_psnr_db": bound }, "scope": { "only_stale": false } });
    let strict = plan(&app, auto(100.0)).await;
    act(&app, &strict, "start").await;
    let waiting = until(&app, &strict, "waiting").await;
    assert!(
        waiting["note"].as_str().unwrap().contains("the minimum is 100 dB"),
        "{waiting}"
    );
    act(&app, &strict, "abort").await;
    let easy = plan(&app, auto(1.0)).await;
    act(&app, &easy, "start").await;
    assert_eq!(until(&app, &easy, "rendered").await["done"], 8);
}

#[tokio::test]
async fn every_act_is_audited_and_the_metrics_tell_the_progress() {
    let app = with_stale_ticks(3, options()).await;
    let campaign = plan(&app, json!({})).await;
    draw_all(&app, &campaign).await;
    act(&app, &campaign, "swap").await;
    act(&app, &campaign, "rollback").await;
    let rows = app.look("/v1/audit?limit=200").await;
    let subject = format!("campaign:{}", campaign["id"].as_str().unwrap());
    let rows = rows["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["subject"] == subject);
    let mut acts: Vec<_> = rows.map(|row| row["act"].as_str().unwrap()).collect();
    acts.reverse();
    let expected =
        ["plan", "start", "waiting", "resume", "rendered", "swap", "rollback"].map(|act| format!("campaign.{act}"));
    assert_eq!(acts, expected);
    let answer = Answer::to(app.control_request(Method::GET, "/metrics")).await;
    let text = String::from_utf8(answer.bytes).unwrap();
    assert!(text.contains("tradepost_campaign_items{state=\"done\"} 3"), "{text}");
}
