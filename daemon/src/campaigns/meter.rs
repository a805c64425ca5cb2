//! The metrics of the campaign that renders, or rendered last.

use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::kind::Rerender;
use super::service::skipped;
use crate::app::App;
use crate::operations::service as operations;
use crate::telemetry::prometheus::Gauges;

/// Registers the metrics for one scrape; none where there never was a campaign.
pub async fn register(registry: &mut Registry, app: &App) -> sqlx::Result<()> {
    let Some(row) = operations::newest_started(&app.db, &Rerender).await? else {
        return Ok(());
    };
    let states = [
        ("done", row.succeeded),
        ("failed", row.refailed),
        ("skipped", skipped(&row)),
        ("waiting", row.remaining()),
    ];
    let items = Gauges {
        label: "state",
        rows: states.map(|(state, items)| (state.to_owned(), items)).into(),
    };
    let help = "Items of the campaign that draws, or drew last, by state";
    registry.register("tradepost_campaign_items", help, items);
    let help = "Items a second of the campaign that draws";
    registry.register("tradepost_campaign_rate", help, ConstGauge::new(row.rate));
    let is_drawing = ConstGauge::new(i64::from(row.state.is_moving()));
    registry.register("tradepost_campaign_drawing", "1 while the campaign draws", is_drawing);
    Ok(())
}
