//! An index on OpenSearch or Elasticsearch, which several machines share. Stems, synonyms and corrections are those of the embedded index:
//! this process reads a text, and asks the server for the stems that a document may have, with their weights.

mod bodies;
mod client;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anyhow::Context as _;
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use self::client::Client;
pub use self::client::Unreachable;
use crate::index::{Documents, Index, MAX_HITS};
use crate::meanings::{DocumentCounts, Reader};
use crate::mined::{self, Mined};
use crate::query::Slot;
use crate::ranking::Ranking;
use crate::synonyms::Synonyms;
use crate::thesaurus::Miner;
use crate::words::{Stems, lock};
use crate::{Document, Facet, Filter, Hit, Page, Stats};

/// Documents of a request.
const BATCH: usize = 1_000;
/// Ids of a request.
const IDS: usize = 10_000;

/// An index behind an alias: each rebuild makes another index, and the alias moves to it.
pub struct OpenSearch {
    client: Client,
    alias: String,
    /// Keeps the synonyms, in a file that is named like the index that they were mined with.
    folder: PathBuf,
    mined: RwLock<Arc<MinedWith>>,
    stems: Mutex<Stems>,
    ranking: Ranking,
    /// One writes at a time.
    writing: Mutex<()>,
}

/// Synonyms, and the name of their index.
#[derive(Default)]
struct MinedWith {
    index: String,
    mined: Mined,
}

/// As they were when the synonyms were mined.
impl DocumentCounts for Synonyms {
    fn all(&self) -> u64 {
        self.documents
    }

    fn with(&self, stem: &str) -> u64 {
        self.documents_with(stem)
    }
}

impl OpenSearch {
    /// The index behind an alias. The server is not called yet. `folder` is made.
    pub fn new(
        http: reqwest::Client,
        runtime: Handle,
        (base, alias): (Url, &str),
        folder: &Path,
        ranking: Ranking,
    ) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).context("make the folder of the search index")?;
        Ok(Self {
            client: Client::new(http, runtime, base),
            alias: alias.to_owned(),
            folder: folder.to_owned(),
            mined: RwLock::new(Arc::new(read_mined(folder)?)),
            stems: Mutex::new(Stems::new()),
            ranking,
            writing: Mutex::new(()),
        })
    }

    fn mined(&self) -> Arc<MinedWith> {
        self.mined.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn slots(&self, text: &str) -> Vec<Slot> {
        let known = self.mined();
        let reader = Reader::new(&known.mined, &known.mined.synonyms, self.ranking);
        reader.query(text, &mut lock(&self.stems))
    }

    /// The answer to a request about the alias. `None`: there is no index yet.
    fn ask(&self, method: Method, what: &str, body: Option<&Value>) -> anyhow::Result<Option<Value>> {
        let path = format!("{}/{what}", self.alias);
        match self.client.call(method, &path, body)? {
            (StatusCode::NOT_FOUND, answer) if answer["error"]["type"] == "index_not_found_exception" => Ok(None),
            (status, answer) if status.is_success() => Ok(Some(answer)),
            (status, answer) => anyhow::bail!("OpenSearch answers {status} to {path}: {}", answer["error"]),
        }
    }

    /// The index that the alias names.
    fn current(&self) -> anyhow::Result<Option<String>> {
        let path = format!("_alias/{}", self.alias);
        let (status, answer) = self.client.call(Method::GET, &path, None)?;
        anyhow::ensure!(
            status.is_success() || status == StatusCode::NOT_FOUND,
            "OpenSearch answers {status} to {path}: {}",
            answer["error"]
        );
        let names = answer.as_object().filter(|_| status.is_success());
        Ok(names.and_then(|names| names.keys().next().cloned()))
    }

    /// Moves the alias unless another process has moved it since, and deletes the indexes that it does not name.
    fn move_alias(&self, from: Option<&str>, to: &str) -> anyhow::Result<()> {
        let remove = from.map(|from| json!({ "remove": { "index": from, "alias": self.alias, "must_exist": true } }));
        let add = json!({ "add": { "index": to, "alias": self.alias } });
        let actions: Vec<Value> = remove.into_iter().chain([add]).collect();
        self.client
            .ask(Method::POST, "_aliases", Some(&json!({ "actions": actions })))
            .context("another process has built the index meanwhile")?;
        let path = format!("_cat/indices/{}-*?format=json&h=index", self.alias);
        let known = self.client.ask(Method::GET, &path, None)?;
        let names = known.as_array().into_iter().flatten();
        for name in names.filter_map(|row| row["index"].as_str()).filter(|name| *name != to) {
            self.client.ask(Method::DELETE, name, None)?;
        }
        Ok(())
    }

    fn keep_synonyms(&self, index: String, synonyms: &Synonyms) -> anyhow::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            fs::remove_file(entry?.path())?;
        }
        let file = self.folder.join(format!("{index}.json"));
        mined::write(&file, synonyms)?;
        let known = MinedWith {
            index,
            mined: Mined::read(&file)?,
        };
        *self.mined.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
        Ok(())
    }
}

impl Index for OpenSearch {
    fn apply(&self, replaced: &[Document], deleted: &[String], version: i64) -> anyhow::Result<()> {
        let _writing = lock(&self.writing);
        let index = self.current()?.context("OpenSearch has no index yet")?;
        let mut lines = String::new();
        {
            let mut stems = lock(&self.stems);
            for document in replaced {
                lines.push_str(&bodies::replace(document, version, self.ranking, &mut stems));
            }
        }
        let is_replaced = |id: &String| replaced.iter().any(|document| document.id == *id);
        for id in deleted.iter().filter(|id| !is_replaced(id)) {
            lines.push_str(&bodies::delete(id, version));
        }
        self.client.bulk(&index, true, lines)?;
        Ok(())
    }

    fn rebuild(&self, documents: Documents<'_>, version: i64) -> anyhow::Result<()> {
        let _writing = lock(&self.writing);
        let before = self.current()?;
        let name = format!("{}-{version}", self.alias);
        self.client.ask(Method::PUT, &name, Some(&bodies::index()))?;
        let (mut stems, mut miner) = (Stems::new(), Miner::default());
        let (mut lines, mut count) = (String::new(), 0);
        for document in documents {
            let document = document?;
            miner.add(&document, &mut stems);
            lines.push_str(&bodies::replace(&document, version, self.ranking, &mut stems));
            count += 1;
            if count % BATCH == 0 {
                self.client.bulk(&name, false, std::mem::take(&mut lines))?;
            }
        }
        if !lines.is_empty() {
            self.client.bulk(&name, false, lines)?;
        }
        self.client.ask(Method::POST, &format!("{name}/_refresh"), None)?;
        self.move_alias(before.as_deref(), &name)?;
        self.keep_synonyms(name, &miner.finish(&mut stems))
    }

    fn is_missing(&self) -> anyhow::Result<bool> {
        Ok(self.current()?.is_none())
    }

    fn lacks_synonyms(&self) -> anyhow::Result<bool> {
        let current = self.current()?;
        Ok(current.is_some_and(|current| current != self.mined().index))
    }

    fn mine_synonyms(&self, documents: Documents<'_>) -> anyhow::Result<()> {
        let index = self.current()?.context("OpenSearch has no index yet")?;
        let (mut stems, mut miner) = (Stems::new(), Miner::default());
        for document in documents {
            miner.add(&document?, &mut stems);
        }
        self.keep_synonyms(index, &miner.finish(&mut stems))
    }

    fn is_outgrown(&self) -> anyhow::Result<bool> {
        let counted = self.ask(Method::GET, "_count", None)?.unwrap_or_default();
        let documents = counted["count"].as_u64().unwrap_or(0);
        Ok(self.mined().mined.is_outgrown(documents))
    }

    fn version(&self) -> Option<String> {
        None
    }

    fn search(&self, text: &str, filters: &[Filter], offset: usize, limit: usize) -> anyhow::Result<Page> {
        let slots = (!text.trim().is_empty()).then(|| self.slots(text));
        let part = (offset.min(MAX_HITS), limit.clamp(1, MAX_HITS));
        let body = bodies::search(slots.as_deref(), filters, self.ranking.tie, part);
        let Some(found) = self.ask(Method::POST, "_search", Some(&body))? else {
            return Ok(Page::default());
        };
        Ok(Page {
            hits: hits(&found)?,
            total: found["hits"]["total"]["value"].as_u64().unwrap_or(0),
            facets: Facet::ALL.map(|facet| (facet, buckets(&found, facet))).to_vec(),
            is_sampled: false,
        })
    }

    fn explain(&self, text: &str, id: &str) -> anyhow::Result<Option<String>> {
        let body = bodies::explain(&self.slots(text), self.ranking.tie);
        let path = format!("{}/_explain/{id}", self.alias);
        let (status, answer) = self.client.call(Method::POST, &path, Some(&body))?;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Ok(Some(serde_json::to_string(&answer["explanation"])?))
    }

    fn suggest(&self, text: &str, limit: usize) -> Vec<String> {
        self.mined().mined.suggest(text, limit)
    }

    fn ids(&self) -> anyhow::Result<Vec<String>> {
        let mut ids: Vec<String> = Vec::new();
        loop {
            let body = bodies::ids(ids.last().map(String::as_str), IDS);
            let found = self.ask(Method::POST, "_search", Some(&body))?.unwrap_or_default();
            let page = hits(&found)?;
            let is_last = page.len() < IDS;
            ids.extend(page.into_iter().map(|hit| hit.id));
            if is_last {
                return Ok(ids);
            }
        }
    }

    fn stats(&self) -> anyhow::Result<Stats> {
        let counted = self.ask(Method::GET, "_stats/docs,store,segments", None)?;
        let all = &counted.unwrap_or_default()["_all"]["primaries"];
        let number = |pointer: &str| all.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
        Ok(Stats {
            documents: number("/docs/count"),
            segments: number("/segments/count"),
            size_bytes: number("/store/size_in_bytes"),
            synonyms: self.mined().mined.synonyms.len() as u64,
        })
    }
}

fn read_mined(folder: &Path) -> anyhow::Result<MinedWith> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let index = path.file_stem().and_then(|stem| stem.to_str());
        if let (Some(index), true) = (index, path.extension().is_some_and(|extension| extension == "json"))
            && let Ok(mined) = Mined::read(&path)
        {
            let index = index.to_owned();
            return Ok(MinedWith { index, mined });
        }
    }
    Ok(MinedWith::default())
}

fn hits(found: &Value) -> anyhow::Result<Vec<Hit>> {
    let rows = found["hits"]["hits"].as_array().into_iter().flatten();
    rows.map(|row| {
        #[expect(clippy::cast_possible_truncation, reason = "a score has the precision of f32")]
        let score = row["_score"].as_f64().unwrap_or(0.0) as f32;
        let id = row["_id"].as_str().context("a hit without id")?.to_owned();
        Ok(Hit { id, score })
    })
    .collect()
}

fn buckets(found: &Value, facet: Facet) -> Vec<(String, u64)> {
    let rows = found["aggregations"][facet.name()]["buckets"].as_array();
    let rows = rows.into_iter().flatten();
    rows.filter_map(|row| Some((row["key"].as_str()?.to_owned(), row["doc_count"].as_u64()?)))
        .collect()
}
