//! Campaigns as Prometheus reads them: the one that draws, or drew last.

use std::fmt::Write as _;

use crate::app::App;

use super::queries;

/// One scrape's worth; nothing where there never was a campaign.
///
/// # Errors
/// When the database does not answer.
pub async fn render(app: &App) -> sqlx::Result<String> {
    let Some(row) = queries::newest_drawn(&app.db).await? else {
        return Ok(String::new());
    };
    let mut text = String::new();
    let left = (row.items - row.settled()).max(0);
    family(
        &mut text,
        "tradepost_campaign_items",
        "gauge",
        "Items of the campaign that draws, or drew last, by state.",
    );
    let states = [
        ("done", row.done),
        ("failed", row.failed),
        ("skipped", row.skipped),
        ("waiting", left),
    ];
    for (state, items) in states {
        let _ = writeln!(text, "tradepost_campaign_items{{state=\"{state}\"}} {items}");
    }
    family(
        &mut text,
        "tradepost_campaign_rate",
        "gauge",
        "Items a second of the campaign that draws.",
    );
    let _ = writeln!(text, "tradepost_campaign_rate {}", row.rate);
    family(
        &mut text,
        "tradepost_campaign_drawing",
        "gauge",
        "1 while the campaign draws.",
    );
    let _ = writeln!(text, "tradepost_campaign_drawing {}", u8::from(row.state.is_moving()));
    Ok(text)
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}
