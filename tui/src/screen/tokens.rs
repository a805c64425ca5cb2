//! Bearer tokens of the public API, newest first; revoking one.

mod cli;
#[cfg(test)]
mod tests;
mod view;

use std::time::{Duration, Instant};

use ratatui::layout::Rect;
use tradepost_common::Page as Rows;
use tradepost_common::ids::TokenId;
use tradepost_common::overview::Role;
use tradepost_common::tokens::{TokenRow, TokenState};

use crate::canvas::Canvas;
use crate::canvas::document::Document;
use crate::cli::Subcommand;
use crate::client::{Client, Reply};
use crate::export;
use crate::list::AnyList;
use crate::paged::{First, PageRequest, Paged};
use crate::shell::{Action, Confirm, Entry, Handled, Hint, Page, Request, Screen, Shell};
use crate::theme::Tone;

/// Each change of a token is in the audit log, but its use is in no event: the list is read again after this.
const REFRESH: Duration = Duration::from_secs(60);

static PAGES: [Page; 1] = [Page::letter("tokens", 't', "Tokens")];

pub struct Tokens {
    paged: Paged<TokenRow>,
    asked_at: Option<Instant>,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            paged: Paged::new(First::Newest),
            asked_at: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct ReadTokens(PageRequest);

impl Request for ReadTokens {
    type Owner = Tokens;
    type Output = Rows<TokenRow>;

    async fn send(&self, client: &Client) -> Reply<Rows<TokenRow>> {
        client.tokens(&self.0.query()).await
    }

    fn answered(self, tokens: &mut Tokens, reply: Reply<Rows<TokenRow>>, cx: &mut Shell) {
        tokens.paged.answered(&self.0, reply, cx.clock);
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Revoke(TokenId);

impl Request for Revoke {
    type Owner = Tokens;
    type Output = TokenRow;

    async fn send(&self, client: &Client) -> Reply<TokenRow> {
        client.revoke_token(self.0).await
    }

    fn answered(self, tokens: &mut Tokens, reply: Reply<TokenRow>, cx: &mut Shell) {
        match reply {
            Ok(token) => {
                cx.say(Tone::Good, format!("The token of {} is revoked", token.account));
                tokens.paged.list.update(token, cx.clock.utc);
            }
            Err(e) => cx.say(Tone::Bad, format!("Not revoked: {e}")),
        }
    }
}

impl Tokens {
    fn ask_revoke(&mut self, cx: &mut Shell) {
        let Some(token) = self.paged.list.selected() else {
            return cx.say(Tone::Dim, "No tokens");
        };
        if token.state == TokenState::Revoked {
            return cx.say(Tone::Warn, "The token is already revoked");
        }
        if !cx.may_write(Role::Operator) {
            return;
        }
        let (id, used) = (token.id, view::last_use(token));
        let question = format!("Revoke the token of {}, {used}? This cannot be undone.", token.account);
        cx.ask(Confirm::new(question, move |_: &mut Self, cx| {
            if cx.may_write(Role::Operator) {
                cx.write(Revoke(id));
                cx.say(Tone::Dim, "Revoking …");
            }
        }));
    }
}

impl Screen for Tokens {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        self.draw_list(canvas, area, cx);
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        if *action != Action::Letter('X') {
            return Handled::No;
        }
        self.ask_revoke(cx);
        Handled::Yes
    }

    fn list(&mut self, _page: &Page) -> Option<&mut dyn AnyList> {
        Some(&mut self.paged.list)
    }

    fn read(&mut self, cx: &mut Shell) {
        let now = cx.clock.instant;
        if self.asked_at.is_some_and(|at| now.duration_since(at) >= REFRESH) {
            self.paged.invalidate();
        }
        if let Some(page) = self.paged.wanted(cx.live.revisions.audit) {
            self.asked_at = Some(now);
            cx.read(ReadTokens(page));
        }
    }

    fn read_at(&self, cx: &Shell) -> Option<Instant> {
        self.paged.data_from(cx.live.revisions.audit, cx.link.heard_at)
    }

    fn detail(&self, _cx: &Shell) -> Option<Document> {
        self.document()
    }

    fn hints(&self, _cx: &Shell) -> Vec<Hint> {
        vec![
            ("X", "revoke"),
            ("W", "arm writing"),
            ("/", "filter"),
            ("s", "sort"),
            ("y", "copy id"),
            ("e", "export"),
            ("?", "help"),
            ("q", "quit"),
        ]
    }

    fn help(&self, _page: &Page) -> &'static [Hint] {
        &[("X", "revoke the token (operators, after W)")]
    }

    fn export(&self, _cx: &Shell) -> Option<String> {
        export::rows(&self.paged.list)
    }

    fn entries(&self, _cx: &Shell) -> Vec<Entry> {
        vec![Entry::new("revoke the token", "X", Self::ask_revoke)]
    }

    fn reconnected(&mut self, _cx: &mut Shell) {
        self.paged.invalidate();
    }

    fn subcommands() -> Vec<Subcommand> {
        vec![Subcommand::new::<cli::TokensArgs>()]
    }
}
