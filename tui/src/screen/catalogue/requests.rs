//! Questions to the daemon.

use tradepost_common::catalog::Entry;
use tradepost_common::sales::Product;
use tradepost_common::search::{Explanation, FoundItem, SearchDifferences, SearchQueries, SearchStatus};
use uuid::Uuid;

use super::texts::TextRow;
use super::{Catalogue, FOUND, view};
use crate::client::{Client, Reply};
use crate::list::Step;
use crate::shell::{Request, Shell};
use crate::theme::Tone;

#[derive(Debug, Clone, PartialEq)]
pub struct Find(pub String);

impl Request for Find {
    type Owner = Catalogue;
    type Output = Vec<FoundItem>;

    async fn send(&self, client: &Client) -> Reply<Vec<FoundItem>> {
        client.find_items(&self.0, FOUND).await
    }

    fn answered(self, catalogue: &mut Catalogue, reply: Reply<Vec<FoundItem>>, cx: &mut Shell) {
        let is_current = self.0 == catalogue.typed;
        let reply = reply.map(|items| {
            if is_current {
                catalogue.found.replace(items, cx.clock.utc);
                if catalogue.answer.value.as_ref() != Some(&self.0) {
                    // Another search: its best item, not the one that was selected before.
                    catalogue.found.step(Step::First);
                }
            }
            self.0
        });
        catalogue.answer.answered(reply, cx.clock);
        if !is_current {
            catalogue.answer.invalidate();
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReadEntry(pub Product);

impl Request for ReadEntry {
    type Owner = Catalogue;
    type Output = Entry;

    async fn send(&self, client: &Client) -> Reply<Entry> {
        client.entry(self.0).await
    }

    fn answered(self, catalogue: &mut Catalogue, reply: Reply<Entry>, cx: &mut Shell) {
        catalogue.entry.answered(reply, cx.clock);
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Explain(pub Uuid, pub String);

impl Request for Explain {
    type Owner = Catalogue;
    type Output = Explanation;

    async fn send(&self, client: &Client) -> Reply<Explanation> {
        client.explain_rank(&self.1, self.0).await
    }

    fn answered(self, catalogue: &mut Catalogue, reply: Reply<Explanation>, cx: &mut Shell) {
        match reply {
            Ok(explanation) => catalogue.why = Some((self.0, explanation.lines)),
            Err(e) => cx.say(Tone::Bad, format!("Not explained: {e}")),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReadSearch;

impl Request for ReadSearch {
    type Owner = Catalogue;
    type Output = (SearchStatus, SearchQueries);

    async fn send(&self, client: &Client) -> Reply<Self::Output> {
        Ok((client.search_status().await?, client.searched_texts().await?))
    }

    fn answered(self, catalogue: &mut Catalogue, reply: Reply<Self::Output>, cx: &mut Shell) {
        let reply = reply.map(|(status, texts)| {
            catalogue.texts.replace(TextRow::all(&texts), cx.clock.utc);
            status
        });
        catalogue.status.answered(reply, cx.clock);
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Verify;

impl Request for Verify {
    type Owner = Catalogue;
    type Output = SearchDifferences;

    async fn send(&self, client: &Client) -> Reply<SearchDifferences> {
        client.verify_search().await
    }

    fn answered(self, catalogue: &mut Catalogue, reply: Reply<SearchDifferences>, cx: &mut Shell) {
        match reply {
            Ok(differences) => {
                let (words, tone) = view::outcome(&differences);
                cx.say(tone, words);
                catalogue.differences = Some(differences);
            }
            Err(e) => cx.say(Tone::Bad, format!("Not compared: {e}")),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Rebuild;

impl Request for Rebuild {
    type Owner = Catalogue;
    type Output = ();

    async fn send(&self, client: &Client) -> Reply<()> {
        client.rebuild_search().await
    }

    fn answered(self, catalogue: &mut Catalogue, reply: Reply<()>, cx: &mut Shell) {
        match reply {
            Ok(()) => {
                cx.say(Tone::Good, "The index is being built again; searches go on");
                catalogue.status.invalidate();
            }
            Err(e) => cx.say(Tone::Bad, format!("Not rebuilt: {e}")),
        }
    }
}
