//! The JSON that OpenSearch is sent.

use serde_json::{Map, Value, json};

use crate::fields::{standing_factor, text, values};
use crate::found::{doublings, gain};
use crate::query::Slot;
use crate::ranking::Ranking;
use crate::words::Stems;
use crate::{Document, Facet, Filter};

/// Values that are counted of a facet.
const MAX_VALUES: usize = 20;
/// Hits that a search may skip and show.
const WINDOW: usize = 20_000;

/// The settings and fields of a new index. Searches see changes when a writer asks for it.
pub fn index() -> Value {
    let mut fields = Map::new();
    fields.insert("id".to_owned(), json!({ "type": "keyword" }));
    let text = json!({ "type": "text", "analyzer": "whitespace", "norms": false, "index_options": "docs" });
    fields.insert("text".to_owned(), text);
    for facet in Facet::ALL {
        fields.insert(facet.name().to_owned(), json!({ "type": "keyword" }));
    }
    fields.insert("gain".to_owned(), json!({ "type": "float" }));
    let settings = json!({ "refresh_interval": "-1", "max_result_window": WINDOW, "gc_deletes": "1h" });
    json!({ "settings": { "index": settings }, "mappings": { "dynamic": "strict", "properties": fields } })
}

/// The lines of a bulk request that replace a document unless a later version is there.
pub fn replace(document: &Document, version: i64, ranking: Ranking, stems: &mut Stems) -> String {
    let text = text(document, stems);
    let mut row = Map::new();
    row.insert("id".to_owned(), json!(document.id));
    for facet in Facet::ALL {
        row.insert(facet.name().to_owned(), json!(values(document, facet)));
    }
    row.insert("gain".to_owned(), json!(static_gain(document, &text, ranking)));
    row.insert("text".to_owned(), json!(text));
    let act = json!({ "index": { "_id": document.id, "version": version, "version_type": "external_gte" } });
    format!("{act}\n{}\n", Value::Object(row))
}

/// The line of a bulk request that deletes a document unless a later version is there.
pub fn delete(id: &str, version: i64) -> String {
    let act = json!({ "delete": { "_id": id, "version": version, "version_type": "external_gte" } });
    format!("{act}\n")
}

/// The part of a score that is the same for every query: that of BM25 for the number of words, which occur once each; popularity; standing.
fn static_gain(document: &Document, text: &str, ranking: Ranking) -> f32 {
    const K1: f32 = 1.2;
    const B: f32 = 0.75;
    /// Words of a usual document. Another number changes all scores alike.
    const USUAL_WORDS: f32 = 12.0;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred words")]
    let words = text.split(' ').count() as f32;
    let length = (K1 + 1.0) / (1.0 + K1 * (1.0 - B + B * words / USUAL_WORDS));
    length * gain(ranking.popularity, doublings(document.popularity)) * standing_factor(document.standing)
}

/// Documents that have any stem of any slot, and all filters, the best first.
fn query(slots: Option<&[Slot]>, filters: &[Filter], tie: f32) -> Value {
    let filters: Vec<Value> = filters
        .iter()
        .map(|filter| json!({ "term": { filter.facet.name(): filter.value } }))
        .collect();
    let wanted = match slots {
        None => json!({ "match_all": {} }),
        Some([]) => json!({ "match_none": {} }),
        Some(slots) => {
            let words: Vec<Value> = slots.iter().map(|slot| of_slot(slot, tie)).collect();
            json!({ "bool": { "should": words, "minimum_should_match": 1 } })
        }
    };
    json!({ "function_score": {
        "query": { "bool": { "must": [wanted], "filter": filters } },
        "field_value_factor": { "field": "gain", "missing": 1 },
        "boost_mode": "multiply",
    } })
}

fn of_slot(Slot(stems): &Slot, tie: f32) -> Value {
    let stems: Vec<Value> = stems
        .iter()
        .map(|known| json!({ "constant_score": { "filter": { "term": { "text": known.stem } }, "boost": known.weight } }))
        .collect();
    json!({ "dis_max": { "tie_breaker": tie, "queries": stems } })
}

/// A page of hits with facets. Without slots, all that the filters let through.
pub fn search(slots: Option<&[Slot]>, filters: &[Filter], tie: f32, (offset, limit): (usize, usize)) -> Value {
    let facets: Map<String, Value> = Facet::ALL
        .into_iter()
        .map(|facet| {
            let name = facet.name();
            (
                name.to_owned(),
                json!({ "terms": { "field": name, "size": MAX_VALUES } }),
            )
        })
        .collect();
    json!({
        "from": offset, "size": limit, "track_total_hits": true, "_source": false,
        "query": query(slots, filters, tie), "sort": ["_score", { "id": "asc" }], "aggs": facets,
    })
}

pub fn explain(slots: &[Slot], tie: f32) -> Value {
    json!({ "query": query(Some(slots), &[], tie) })
}

/// A page of ids, after the last of the page before.
pub fn ids(after: Option<&str>, limit: usize) -> Value {
    let mut body = json!({ "size": limit, "_source": false, "query": { "match_all": {} }, "sort": [{ "id": "asc" }] });
    if let Some(after) = after {
        body["search_after"] = json!([after]);
    }
    body
}
