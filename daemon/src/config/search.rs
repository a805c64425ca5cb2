//! The search index.

use std::path::PathBuf;

use serde::Deserialize;

use super::Secret;
use super::check::Check;

/// The place of the search index: the state directory, unless there is an OpenSearch.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchConfig {
    /// `https://[user:password@]host[:port]` of an OpenSearch or Elasticsearch that machines share.
    pub opensearch_url: Option<Secret>,
    /// The name of the index there: an alias, whose indexes have names that begin like it.
    pub opensearch_index: String,
    /// A PEM file with the certificates that sign that of the server. Default: those that the system trusts.
    pub opensearch_ca: Option<PathBuf>,
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self {
            opensearch_url: None,
            opensearch_index: "tradepost".to_owned(),
            opensearch_ca: None,
        }
    }
}

impl SearchConfig {
    pub(super) fn check(&self, check: &mut Check<'_>) {
        let starts_with = |scheme: &str| {
            let url = self.opensearch_url.as_ref().map(Secret::expose);
            url.is_some_and(|url| url.starts_with(scheme))
        };
        check.require(
            self.opensearch_url.is_none() || starts_with("http://") || starts_with("https://"),
            "search.opensearch_url",
            "must start with http:// or https://",
        );
        check.require(
            self.opensearch_ca.is_none() || starts_with("https://"),
            "search.opensearch_ca",
            "needs a search.opensearch_url that starts with https://",
        );
        let name = &self.opensearch_index;
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        let is_name = name.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
            && name.len() <= 100
            && name.bytes().all(is_plain);
        check.require(
            is_name,
            "search.opensearch_index",
            "must be 1 to 100 small letters, digits, - and _, and begin with a letter",
        );
    }
}
