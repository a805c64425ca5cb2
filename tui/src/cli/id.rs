//! Ids as people type them: in full, or the first digits of one.

use std::marker::PhantomData;
use std::str::FromStr;

use tradepost_common::ids::{IdMatches, Typed, range_of_prefix};
use uuid::Uuid;

use crate::client::Client;
use crate::text;

/// An id or its prefix.
#[derive(Debug, Clone)]
pub struct IdArg<T> {
    typed: String,
    id: PhantomData<T>,
}

impl<T> FromStr for IdArg<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if range_of_prefix(text).is_none() {
            return Err("must be an id, or its first 4 digits or more".to_owned());
        }
        Ok(Self {
            typed: text.to_owned(),
            id: PhantomData,
        })
    }
}

impl<T: Typed> IdArg<T> {
    /// The id; the daemon is asked for it where only a prefix was typed.
    ///
    /// # Errors
    /// No id begins like that, or several do: the error lists them.
    pub async fn resolve(&self, client: &Client) -> anyhow::Result<T> {
        if let Ok(id) = Uuid::try_parse(&self.typed) {
            return Ok(id.into());
        }
        let (typed, kind) = (&self.typed, T::KIND);
        let IdMatches { matches } = client.ids(typed, kind).await?;
        match &matches[..] {
            [] => anyhow::bail!("no {kind} has an id that begins with {typed}"),
            [only] => Ok(only.id.into()),
            several => {
                let list: String = several
                    .iter()
                    .map(|found| format!("\n  {}  {}", found.id, text::clean(&found.title)))
                    .collect();
                let more = if several.len() < IdMatches::MOST as usize {
                    ""
                } else {
                    "\n  …"
                };
                anyhow::bail!("{typed} is the beginning of several ids, type more of it:{list}{more}")
            }
        }
    }

    /// As [`resolve`](Self::resolve), of each.
    pub async fn resolve_all(ids: &[Self], client: &Client) -> anyhow::Result<Vec<T>> {
        let mut resolved = Vec::with_capacity(ids.len());
        for id in ids {
            resolved.push(id.resolve(client).await?);
        }
        Ok(resolved)
    }
}
