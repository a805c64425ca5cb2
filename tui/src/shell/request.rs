//! Requests to the daemon: each one brings along what its reply changes.

use std::any::{Any, TypeId};
use std::fmt::{self, Debug};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::Shell;
use crate::client::{Client, Failure, Reply};

/// One request. A screen sends it with [`Shell::read`] or [`Shell::write`] and never waits for it.
pub trait Request: Debug + Clone + PartialEq + Send + Sync + 'static {
    /// The screen that gets the reply, on whatever page it is by then.
    type Owner: 'static;
    type Output: Send + 'static;

    fn send(&self, client: &Client) -> impl Future<Output = Reply<Self::Output>> + Send;

    /// Takes the reply. A request that could not even be queued gets [`Failure::Unreachable`].
    fn answered(self, owner: &mut Self::Owner, reply: Reply<Self::Output>, cx: &mut Shell);
}

/// A request of any screen.
pub trait AnyRequest: Any + Debug + Send {
    fn perform(self: Box<Self>, client: Client) -> BoxFuture<'static, Answer>;

    /// The answer to a request that was not sent.
    fn refuse(self: Box<Self>, why: Failure) -> Answer;
}

impl<R: Request> AnyRequest for R {
    fn perform(self: Box<Self>, client: Client) -> BoxFuture<'static, Answer> {
        async move {
            let reply = self.send(&client).await;
            Answer::new(*self, reply)
        }
        .boxed()
    }

    fn refuse(self: Box<Self>, why: Failure) -> Answer {
        Answer::new(*self, Err(why))
    }
}

type Deliver = Box<dyn FnOnce(&mut dyn Any, &mut Shell) + Send>;

/// A request with its reply, on its way to the screen.
pub struct Answer {
    /// The type of the screen.
    pub(super) owner: TypeId,
    deliver: Deliver,
}

impl Answer {
    pub fn new<R: Request>(request: R, reply: Reply<R::Output>) -> Self {
        Self {
            owner: TypeId::of::<R::Owner>(),
            deliver: Box::new(move |owner, cx| {
                if let Some(owner) = owner.downcast_mut::<R::Owner>() {
                    request.answered(owner, reply, cx);
                }
            }),
        }
    }

    pub(super) fn deliver(self, owner: &mut dyn Any, cx: &mut Shell) {
        (self.deliver)(owner, cx);
    }
}

impl Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}
