//! The search index: in the state directory of this process, or on an OpenSearch that machines share.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tradepost_common::search::RebuildProgress;
use tradepost_search::{Embedded, Index, OpenSearch, Ranking};
use uuid::Uuid;

use crate::config::SearchConfig;
use crate::query_log::QueryLog;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A batch of a rebuild may take its time.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The index with what this process knows about it.
pub struct Search {
    pub index: Arc<dyn Index>,
    /// Its id in the feed: a new index has a new one, a shared one the same for all machines.
    pub projection: Uuid,
    /// One machine feeds it for all.
    pub is_shared: bool,
    /// Somebody asked for a rebuild.
    pub rebuild: Notify,
    /// The rebuild that runs.
    pub progress: watch::Sender<Option<RebuildProgress>>,
    pub queries: QueryLog,
}

impl Search {
    /// Opens the index of a folder, or the shared one of the configuration. That is not called yet.
    pub fn open(config: &SearchConfig, folder: &Path) -> anyhow::Result<Self> {
        let (index, projection): (Arc<dyn Index>, _) = match &config.opensearch_url {
            Some(url) => {
                let base = base_url(url.expose())?;
                let place = (base, config.opensearch_index.as_str());
                let folder = folder.join("opensearch");
                let index = OpenSearch::new(client(config)?, Handle::current(), place, &folder, Ranking::default())?;
                (Arc::new(index), shared_projection(&config.opensearch_index))
            }
            None => (
                Arc::new(Embedded::open(folder, Ranking::default())?),
                own_projection(folder)?,
            ),
        };
        Ok(Self {
            index,
            projection,
            is_shared: config.opensearch_url.is_some(),
            rebuild: Notify::new(),
            progress: watch::Sender::new(None),
            queries: QueryLog::default(),
        })
    }

    /// Calls the index on a thread that may wait for it.
    pub async fn call<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Index) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let index = self.index.clone();
        tokio::task::spawn_blocking(move || ask(&*index)).await?
    }
}

fn own_projection(folder: &Path) -> anyhow::Result<Uuid> {
    let file = folder.join("projection");
    let known = std::fs::read_to_string(&file).ok();
    if let Some(projection) = known.and_then(|text| text.trim().parse().ok()) {
        return Ok(projection);
    }
    let projection = Uuid::new_v4();
    std::fs::write(&file, projection.to_string()).context("writing the id of the search index")?;
    Ok(projection)
}

fn shared_projection(index: &str) -> Uuid {
    let hash: [u8; 32] = Sha256::digest(format!("opensearch:{index}")).into();
    let (head, _) = hash.split_at(16);
    Uuid::from_slice(head).unwrap_or_default()
}

/// Paths are joined to it: it ends with a slash.
fn base_url(url: &str) -> anyhow::Result<reqwest::Url> {
    let url = format!("{}/", url.trim_end_matches('/'));
    url.parse().context("search.opensearch_url is no URL")
}

fn client(config: &SearchConfig) -> anyhow::Result<reqwest::Client> {
    // An error: somebody has installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut client = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(ANSWER_TIMEOUT);
    if let Some(file) = &config.opensearch_ca {
        let pem = std::fs::read(file).with_context(|| format!("reading {} ([search])", file.display()))?;
        for certificate in reqwest::Certificate::from_pem_bundle(&pem).context("search.opensearch_ca")? {
            client = client.add_root_certificate(certificate);
        }
    }
    Ok(client.build()?)
}
