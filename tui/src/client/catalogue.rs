//! The catalogue and the search.

use std::time::Duration;

use reqwest::Method;
use tradepost_common::catalog::{Category, Entry, Labels, SetStanding, Withdraw, Withdrawn};
use tradepost_common::sales::Product;
use tradepost_common::search::{Explanation, FeedCursor, FoundItem, SearchDifferences, SearchQueries, SearchStatus};
use uuid::Uuid;

use super::{Client, Failure, NOTHING, Reply, checked};
use crate::query::Query;

/// All ids are compared.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(120);

impl Client {
    pub async fn search_status(&self) -> Reply<SearchStatus> {
        self.get("/v1/search").await
    }

    pub async fn verify_search(&self) -> Reply<SearchDifferences> {
        let path = "/v1/search/differences";
        self.read(path, self.request(Method::GET, path).timeout(VERIFY_TIMEOUT))
            .await
    }

    pub async fn rebuild_search(&self) -> Reply<()> {
        self.done("/v1/search/rebuild", NOTHING).await
    }

    pub async fn find_items(&self, text: &str, limit: usize) -> Reply<Vec<FoundItem>> {
        let query = Query::default().with("q", Some(text)).with("limit", Some(limit));
        self.get(&query.append_to("/v1/search/items")).await
    }

    pub async fn explain_rank(&self, text: &str, item: Uuid) -> Reply<Explanation> {
        let query = Query::default().with("q", Some(text));
        self.get(&query.append_to(&format!("/v1/search/items/{item}/explanation")))
            .await
    }

    pub async fn searched_texts(&self) -> Reply<SearchQueries> {
        self.get("/v1/search/queries").await
    }

    /// A page of the feed: lines of JSON, and its last line.
    pub async fn search_feed(&self, since: Option<&str>) -> Reply<(String, FeedCursor)> {
        let path = Query::default().with("since", since).append_to("/v1/search/feed");
        let request = self.request(Method::GET, &path).timeout(VERIFY_TIMEOUT);
        let response = checked(self.send(request).await?).await?;
        let text = response.text().await.map_err(|error| self.explain(&error))?;
        let last = text.lines().next_back().unwrap_or_default();
        let cursor = serde_json::from_str(last).map_err(|error| Failure::Protocol(format!("{path}: {error}")))?;
        Ok((text, cursor))
    }

    pub async fn categories(&self) -> Reply<Vec<Category>> {
        self.get("/v1/categories").await
    }

    pub async fn entry(&self, product: Product) -> Reply<Entry> {
        self.get(&path(product)).await
    }

    pub async fn set_labels(&self, product: Product, labels: &Labels) -> Reply<Labels> {
        let path = format!("{}/labels", path(product));
        self.act(Method::POST, &path, Some(labels)).await
    }

    pub async fn set_standing(&self, product: Product, wish: &SetStanding) -> Reply<Entry> {
        let path = format!("{}/standing", path(product));
        self.act(Method::POST, &path, Some(wish)).await
    }

    pub async fn withdraw(&self, product: Product, wish: &Withdraw) -> Reply<Withdrawn> {
        let path = format!("{}/withdraw", path(product));
        self.act(Method::POST, &path, Some(wish)).await
    }
}

fn path(product: Product) -> String {
    format!("/v1/catalogue/{}/{}", product.kind, product.id)
}
