//! Answers the queries of `make bench-search`: a JSON object a line comes in, for each query a line with its hits and its time goes out.
//!
//! A task has `train` and `documents` (documents), `queries` (texts) and `ranking` (`full` or `plain`). Synonyms are mined from `train`
//! only; the ranked documents are `documents` only.

use std::io::{BufRead, Write};
use std::time::Instant;

use serde::Deserialize;
use tradepost_search::{Document, Embedded, Index, Ranking};

#[derive(Deserialize)]
struct Task {
    train: Vec<Document>,
    documents: Vec<Document>,
    queries: Vec<String>,
    ranking: String,
}

fn main() -> anyhow::Result<()> {
    for line in std::io::stdin().lock().lines() {
        let task: Task = serde_json::from_str(&line?)?;
        let folder = tempfile::tempdir()?;
        let mut ranking = if task.ranking == "plain" {
            Ranking::PLAIN
        } else {
            Ranking::default()
        };
        // For trials: TUNE="synonyms=0.4 tie=0.5".
        for (name, value) in std::env::var("TUNE")
            .unwrap_or_default()
            .split(' ')
            .filter_map(|part| part.split_once('='))
        {
            ranking.set(name, value.parse()?);
        }
        let index = Embedded::open(folder.path(), ranking)?;
        let removed: Vec<String> = task.train.iter().map(|document| document.id.clone()).collect();
        index.rebuild(&mut task.train.into_iter().map(Ok), 1)?;
        index.apply(&task.documents, &removed, 2)?;
        for query in &task.queries {
            let started = Instant::now();
            let page = index.search(query, &[], 0, 10)?;
            let micros = started.elapsed().as_micros();
            let hits: Vec<(String, f32)> = page.hits.into_iter().map(|hit| (hit.id, hit.score)).collect();
            println!("{}", serde_json::json!({"hits": hits, "micros": micros}));
        }
        std::io::stdout().flush()?;
    }
    Ok(())
}
