//! Requests to the daemon: each one brings along what its reply changes.

use std::any::Any;
use std::fmt::Debug;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::Shell;
use super::callback::Callback;
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
    /// Sends the request. The reply comes as a call of the screen.
    fn perform(self: Box<Self>, client: Client) -> BoxFuture<'static, Callback>;

    /// The reply to a request that was not sent.
    fn refuse(self: Box<Self>, why: Failure) -> Callback;
}

impl<R: Request> AnyRequest for R {
    fn perform(self: Box<Self>, client: Client) -> BoxFuture<'static, Callback> {
        async move {
            let reply = self.send(&client).await;
            answer(*self, reply)
        }
        .boxed()
    }

    fn refuse(self: Box<Self>, why: Failure) -> Callback {
        answer(*self, Err(why))
    }
}

/// Gives the reply to the screen that asked.
pub fn answer<R: Request>(request: R, reply: Reply<R::Output>) -> Callback {
    Callback::new(move |owner: &mut R::Owner, (), cx| request.answered(owner, reply, cx))
}
