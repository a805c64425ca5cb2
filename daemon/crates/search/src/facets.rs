//! Counts of values among all that was found.

use tantivy::aggregation::AggregationCollector;
use tantivy::aggregation::agg_req::Aggregations;

use crate::Facet;

/// Values that are counted of a facet.
const MAX_VALUES: u32 = 20;

/// Counts the values of every facet.
pub fn collector() -> anyhow::Result<AggregationCollector> {
    let requests: serde_json::Map<String, serde_json::Value> = Facet::ALL
        .iter()
        .map(|facet| {
            (
                facet.name().to_owned(),
                serde_json::json!({"terms": {"field": facet.name(), "size": MAX_VALUES}}),
            )
        })
        .collect();
    let requests: Aggregations = serde_json::from_value(requests.into())?;
    Ok(AggregationCollector::from_aggs(requests, Default::default()))
}

/// The counts of what [`collector`] collected, as JSON.
pub fn counts(results: &serde_json::Value) -> Vec<(Facet, Vec<(String, u64)>)> {
    let values = |facet: Facet| {
        let buckets = results[facet.name()]["buckets"].as_array().into_iter().flatten();
        buckets
            .filter_map(|bucket| Some((bucket["key"].as_str()?.to_owned(), bucket["doc_count"].as_u64()?)))
            .collect()
    };
    Facet::ALL.iter().map(|facet| (*facet, values(*facet))).collect()
}
