//! Claims from a backend that answers at once. The next claim is on its way while the messages of the last one are handled.
//!
//! As many messages are claimed as there are free permits, and a few more for which handlers will soon be free: at most
//! [`Policy::prefetch`](super::Policy), and no more than the handlers start in a moment ([`Pace`](super::pace::Pace)). Those wait in the
//! [`Backlog`]. An interactive message that is sent now is in the next claim, or in the one after it, if that overtakes it. Answers are taken in the
//! order of their claims, so it waits for what was claimed ahead, and for no more than one claim besides.
//!
//! The last third of the free handlers is for messages that do not yield, so that those which are let pass find one that is free. A single handler is
//! for all.

use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use tokio::sync::futures::OwnedNotified;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::backlog::Backlog;
use super::settle::lost_workers;
use super::{Arrival, Handler, Worker};
use crate::broker::Poll;
use crate::message::Message;

/// The poll interval of an idle queue: it doubles from the first to this one.
const IDLE_POLL: Duration = Duration::from_secs(5);
const FIRST_IDLE_POLL: Duration = Duration::from_millis(20);
/// The most messages of one claim.
const MAX_CLAIM: u32 = 100;
/// Claims on their way at once.
const MAX_CLAIMS: usize = 2;
/// A message that has waited this long for a permit is released: the handlers have become slower than expected.
const MAX_WAIT: Duration = Duration::from_millis(250);
/// The time that a handler is expected to take after a message whose worker was lost: nothing is claimed ahead.
const SUSPECT: Duration = Duration::from_secs(1);

/// The result of one claim.
struct Claimed {
    poll: Poll,
    asked: u32,
    messages: Vec<Message>,
    /// Only if there was no message.
    idle: Option<Idle>,
}

/// The queue had no visible message.
struct Idle {
    /// Resolves at the first notification since before the claim.
    notified: Pin<Box<OwnedNotified>>,
    /// The time until the next message becomes visible, if it is known.
    next_visible: Option<Duration>,
}

/// The result of the last claim.
#[derive(Debug, Clone, Copy)]
enum Rhythm {
    /// As many messages as it asked for: more are waiting.
    Busy,
    /// Fewer messages than that.
    Sparse,
    /// No message; the next claim is after this time.
    Idle(Duration),
}

/// The loop's knowledge of what it has claimed.
struct Claiming {
    rhythm: Rhythm,
    /// The last claim left out messages that yield.
    is_prompt: bool,
    backlog: Backlog,
    /// Messages that the claims on their way ask for.
    asked: u32,
    /// Nothing is claimed until this ends.
    pause: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<H: Handler> Worker<H> {
    /// Claims messages and passes them on, each with a permit, until `stop` is cancelled.
    pub(super) async fn claim_all(&self, arrive: mpsc::Sender<Arrival>, stop: &CancellationToken) {
        let mut claims = FuturesOrdered::new();
        let mut state = Claiming::new();
        while !stop.is_cancelled() {
            let permits_changed = self.permits.changed();
            if let Some((poll, want)) = self.wanted(&state, claims.len()) {
                state.asked += want;
                claims.push_back(self.claim(poll, want, stop));
                continue;
            }
            let go_back_at = state
                .backlog
                .oldest()
                .map(|oldest| Instant::from_std(oldest) + MAX_WAIT);
            tokio::select! {
                () = stop.cancelled() => {}
                Some(claimed) = claims.next(), if !claims.is_empty() => {
                    if self.add(&mut state, claimed) {
                        self.start(&mut state.backlog, &arrive).await;
                        self.release_unstarted(&mut state.backlog).await;
                    }
                }
                _ = self.permits.free(), if !state.backlog.is_empty() => self.start(&mut state.backlog, &arrive).await,
                () = permits_changed => {}
                () = until(&mut state.pause) => state.pause = None,
                () = until_time(go_back_at) => {
                    self.pace.slow_down(MAX_WAIT);
                    self.release_unstarted(&mut state.backlog).await;
                }
                () = self.until_paused(), if !state.backlog.is_empty() => self.release_unstarted(&mut state.backlog).await,
            }
        }
        // A claimed message is never dropped on the way.
        while let Some(claimed) = claims.next().await {
            self.add(&mut state, claimed);
        }
        self.release_unstarted(&mut state.backlog).await;
    }

    /// The next claim and its size; `None`: none now.
    fn wanted(&self, state: &Claiming, claims: usize) -> Option<(Poll, u32)> {
        let (limit, taken) = self.permits.used();
        let ahead = self.pace.ahead(limit, self.policy.prefetch);
        let most_claims = match state.rhythm {
            Rhythm::Busy if ahead > 0 => MAX_CLAIMS,
            _ => 1,
        };
        let claimed = state.backlog.len() + state.asked;
        let room = (limit + ahead).saturating_sub(taken + claimed);
        let free = limit.saturating_sub(taken + claimed);
        // Messages that yield may be ready, if the last claim left them out.
        let kept = (limit + 1) / 3;
        let is_idle = state.pause.is_some() && !(state.is_prompt && free > kept);
        if is_idle || claims >= most_claims {
            return None;
        }
        // One claim of many messages costs much less than many claims of one.
        if claimed > 0 && room < (ahead / 2).min(MAX_CLAIM) {
            return None;
        }
        let (poll, want) = match kept {
            0 => (Poll::Both, room),
            _ if free > kept => (Poll::Both, free - kept),
            // None is claimed ahead that yields: it would take the next handler that is free.
            _ => (Poll::Prompt, room),
        };
        (want > 0).then_some((poll, want.min(MAX_CLAIM)))
    }

    async fn claim(&self, poll: Poll, asked: u32, stop: &CancellationToken) -> Claimed {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Claimed { poll, asked, messages: Vec::new(), idle: None },
            () = self.until_workable() => {}
        }
        let notified = self.context.notifier.notified(self.queue);
        let messages = self.receive(poll, asked).await;
        let idle = match messages.is_empty() {
            false => None,
            true => {
                let next = self.context.broker.next_visible_in(self.queue).await;
                let next_visible = next.ok().flatten();
                Some(Idle { notified, next_visible })
            }
        };
        Claimed {
            poll,
            asked,
            messages,
            idle,
        }
    }

    /// Adds what was claimed to the backlog. `true`: the worker of one of the messages was lost, and those that can not start at once have
    /// to be released. Otherwise one message that ends its workers would be held against all that were claimed with it.
    fn add(&self, state: &mut Claiming, claimed: Claimed) -> bool {
        state.asked -= claimed.asked;
        state.is_prompt = claimed.poll == Poll::Prompt;
        state.take_rhythm(claimed.idle, claimed.messages.len() == claimed.asked as usize);
        let is_suspect = claimed.messages.iter().any(|message| lost_workers(message) > 0);
        if is_suspect {
            self.pace.slow_down(SUSPECT);
        }
        for message in claimed.messages {
            let guard = self.in_flight.insert(message.in_flight.clone());
            state.backlog.push(message, guard);
        }
        is_suspect
    }

    /// Passes on as many messages as there are free permits.
    async fn start(&self, backlog: &mut Backlog, arrive: &mpsc::Sender<Arrival>) {
        for permit in self.permits.take_free(backlog.len()) {
            let (message, guard) = backlog.pop().expect("no more permits than messages");
            let arrival = Arrival { message, guard, permit };
            arrive.send(arrival).await.expect("arrivals outlive the claims");
        }
    }

    /// Releases what has not been started, as if it had not been claimed.
    async fn release_unstarted(&self, backlog: &mut Backlog) {
        if backlog.is_empty() {
            return;
        }
        let (messages, guards) = backlog.drain();
        if let Err(error) = self.context.broker.release_unstarted(&messages).await {
            // Their visibility timeout brings them back.
            let (queue, messages, error) = (self.queue.as_str(), messages.len(), format!("{error:#}"));
            tracing::warn!(queue, messages, error, "could not release messages");
        }
        drop(guards);
    }
}

impl Claiming {
    fn new() -> Self {
        Self {
            rhythm: Rhythm::Idle(FIRST_IDLE_POLL),
            is_prompt: false,
            backlog: Backlog::default(),
            asked: 0,
            pause: None,
        }
    }

    fn take_rhythm(&mut self, idle: Option<Idle>, is_full: bool) {
        let Some(Idle { notified, next_visible }) = idle else {
            self.rhythm = if is_full { Rhythm::Busy } else { Rhythm::Sparse };
            self.pause = None;
            return;
        };
        let longest = match self.rhythm {
            Rhythm::Idle(wait) => wait,
            Rhythm::Busy | Rhythm::Sparse => FIRST_IDLE_POLL,
        };
        let wait = next_visible.unwrap_or(longest).clamp(FIRST_IDLE_POLL, longest);
        self.rhythm = Rhythm::Idle((longest * 2).min(IDLE_POLL));
        self.pause = Some(Box::pin(async move {
            // A timeout is the poll.
            let _ = tokio::time::timeout(wait, notified).await;
        }));
    }
}

/// Resolves when the future does; never, if there is none.
async fn until(future: &mut Option<Pin<Box<dyn Future<Output = ()> + Send>>>) {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

/// Resolves at a time; never, if there is none.
async fn until_time(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}
