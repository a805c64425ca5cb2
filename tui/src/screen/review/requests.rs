//! The requests of the review: reads side by side, writes one after the other.

use tradepost_common::Page;
use tradepost_common::ids::CaseId;
use tradepost_common::review::{
    Approve, Ask, Ban, Bulk, BulkAct, BulkDone, BulkPlan, BulkPreview, CaseDetail, CaseRow, Decision, Reject, Source,
    Viewers,
};

use super::Review;
use super::desk::CaseQuery;
use super::source::SourceAsk;
use super::undo::RecentDecision;
use crate::client::{Client, Failure, Reply};
use crate::paged::PageRequest;
use crate::shell::{Request, Shell};

#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    Cases(CaseQuery, PageRequest),
    Case(CaseId),
    /// Tells that the case is on the screen, and asks who else looks at it.
    View(CaseId),
    Source(SourceAsk),
    /// Plans a bulk decision. The ticket tells the answer from those to plans that were given up.
    BulkPlan {
        ticket: u64,
        plan: BulkPlan,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    Claim(CaseId),
    Release(CaseId),
    Skip(CaseId),
    /// Claims whichever case the daemon says is next.
    Next,
    Approve {
        case: CaseId,
        title: String,
        body: Approve,
    },
    Reject {
        case: CaseId,
        title: String,
        body: Reject,
    },
    Ban {
        case: CaseId,
        title: String,
        body: Ban,
    },
    Ask {
        case: CaseId,
        title: String,
        question: String,
    },
    /// Takes decisions back, one after the other, the last one first.
    Undo(RecentDecision),
    Bulk {
        ticket: u64,
        bulk: Bulk,
    },
    Unban(String),
}

/// The reply to a request, with what was asked.
#[derive(Debug)]
pub enum Update {
    Cases(CaseQuery, PageRequest, Reply<Page<CaseRow>>),
    Case(CaseId, Reply<Box<CaseDetail>>),
    Viewed(CaseId, Reply<Viewers>),
    Source(SourceAsk, Reply<Source>),
    BulkPlanned(u64, Reply<BulkPreview>),
    Claimed(CaseId, Reply<CaseRow>),
    /// A case was released or skipped: the moderator has gone on, whatever came of it.
    Left(CaseId, Reply<()>),
    Next(Reply<Option<CaseRow>>),
    Decided {
        case: CaseId,
        title: String,
        reply: Reply<Decision>,
    },
    Asked {
        case: CaseId,
        title: String,
        reply: Reply<()>,
    },
    /// Each case with what came of it.
    Undone(RecentDecision, Vec<(CaseId, Reply<()>)>),
    BulkDone {
        ticket: u64,
        act: BulkAct,
        reply: Reply<BulkDone>,
    },
    Unbanned(String, Reply<()>),
}

impl Request for Read {
    type Owner = Review;
    type Output = Update;

    async fn send(&self, client: &Client) -> Reply<Update> {
        Ok(match self.clone() {
            Self::Cases(of, page) => {
                let reply = client.cases(&page.narrow(of.query())).await;
                Update::Cases(of, page, reply)
            }
            Self::Case(id) => Update::Case(id, client.case(id).await.map(Box::new)),
            Self::View(id) => Update::Viewed(id, client.view_case(id).await),
            Self::Source(ask) => {
                let reply = client.source(ask.case, ask.item, &ask.query()).await;
                Update::Source(ask, reply)
            }
            Self::BulkPlan { ticket, plan } => Update::BulkPlanned(ticket, client.plan_bulk(&plan).await),
        })
    }

    fn answered(self, review: &mut Review, reply: Reply<Update>, cx: &mut Shell) {
        let update = reply.unwrap_or_else(|why| self.refused(why));
        review.update(update, cx);
    }
}

impl Read {
    fn refused(self, why: Failure) -> Update {
        match self {
            Self::Cases(of, page) => Update::Cases(of, page, Err(why)),
            Self::Case(id) => Update::Case(id, Err(why)),
            Self::View(id) => Update::Viewed(id, Err(why)),
            Self::Source(ask) => Update::Source(ask, Err(why)),
            Self::BulkPlan { ticket, .. } => Update::BulkPlanned(ticket, Err(why)),
        }
    }
}

impl Request for Write {
    type Owner = Review;
    type Output = Update;

    async fn send(&self, client: &Client) -> Reply<Update> {
        Ok(match self.clone() {
            Self::Claim(id) => Update::Claimed(id, client.claim(id).await),
            Self::Release(id) => Update::Left(id, client.release(id).await),
            Self::Skip(id) => Update::Left(id, client.skip(id).await),
            Self::Next => Update::Next(client.next_case().await),
            Self::Approve { case, title, body } => {
                let reply = client.approve(case, &body).await;
                Update::Decided { case, title, reply }
            }
            Self::Reject { case, title, body } => {
                let reply = client.reject(case, &body).await;
                Update::Decided { case, title, reply }
            }
            Self::Ban { case, title, body } => {
                let reply = client.ban(case, &body).await;
                Update::Decided { case, title, reply }
            }
            Self::Ask { case, title, question } => {
                let reply = client.ask(case, &Ask { question }).await;
                Update::Asked { case, title, reply }
            }
            Self::Undo(made) => undo(client, made).await,
            Self::Bulk { ticket, bulk } => {
                let reply = client.bulk(&bulk).await;
                let act = bulk.act;
                Update::BulkDone { ticket, act, reply }
            }
            Self::Unban(account) => {
                let reply = client.unban(&account).await;
                Update::Unbanned(account, reply)
            }
        })
    }

    fn answered(self, review: &mut Review, reply: Reply<Update>, cx: &mut Shell) {
        let update = reply.unwrap_or_else(|why| self.refused(why));
        review.update(update, cx);
    }
}

impl Write {
    /// A case whose decision was not even sent comes back.
    fn refused(self, why: Failure) -> Update {
        let reply = Err(why.clone());
        match self {
            Self::Claim(id) => Update::Claimed(id, Err(why)),
            Self::Release(id) | Self::Skip(id) => Update::Left(id, Err(why)),
            Self::Next => Update::Next(Err(why)),
            Self::Approve { case, title, .. } | Self::Reject { case, title, .. } | Self::Ban { case, title, .. } => {
                Update::Decided { case, title, reply }
            }
            Self::Ask { case, title, .. } => Update::Asked {
                case,
                title,
                reply: Err(why),
            },
            Self::Undo(made) => {
                let failed = made.cases.last().map(|case| (*case, Err(why)));
                Update::Undone(made, failed.into_iter().collect())
            }
            Self::Bulk { ticket, bulk } => Update::BulkDone {
                ticket,
                act: bulk.act,
                reply: Err(why),
            },
            Self::Unban(account) => Update::Unbanned(account, Err(why)),
        }
    }
}

/// The last decision first. When nobody answers the rest is not tried: it would only take long.
async fn undo(client: &Client, made: RecentDecision) -> Update {
    let mut results = Vec::with_capacity(made.cases.len());
    for case in made.cases.iter().rev() {
        let reply = client.undo(*case).await;
        let is_away = matches!(reply, Err(Failure::Unreachable(_)));
        results.push((*case, reply));
        if is_away {
            break;
        }
    }
    Update::Undone(made, results)
}
