//! The callers of each route of the public API, in one table. Every request is decided by it, in this order: a route without a row
//! answers nobody; a public one everybody; then the permission of the row counts; the rest is refused.
//!
//! Rows of objects (`yours`) let in any holder of the permission; the service answers that an object of somebody else is not there.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tradepost_common::tokens::{AccountRole, Scope};

use super::login::{self, TokenKind};
use super::{Login, access_table::RULES};
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub method: &'static str,
    /// As the router has it.
    pub path: &'static str,
    pub who: Access,
}

/// The callers of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody; a token is looked at where there is one.
    Public,
    Holders(Permission),
    /// Holders of the permission, and requests without an account.
    HoldersAndGuests(Permission),
}

/// The right to call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    pub scope: Scope,
    /// `None`: any role.
    pub role: Option<AccountRole>,
    pub suspended: Suspended,
}

/// The rights of a suspended account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspended {
    /// It reads and downloads what it bought, and manages its sign-ins.
    LetIn,
    /// It neither buys nor sells.
    Refused,
}

impl Rule {
    /// The row of a route; `None` when nobody may call it.
    pub fn find(method: &Method, path: &str) -> Option<&'static Self> {
        let method = if method == Method::HEAD { "GET" } else { method.as_str() };
        RULES.iter().find(|rule| rule.method == method && rule.path == path)
    }
}

impl Permission {
    fn check(&self, login: &Login) -> ApiResult<()> {
        if self.suspended == Suspended::Refused
            && let Some(reason) = &login.suspended
        {
            return Err(ApiError::Banned(reason.clone()));
        }
        if !login.scopes.contains(&self.scope) {
            return Err(ApiError::Forbidden(format!(
                "The token has not the scope {}.",
                self.scope
            )));
        }
        match self.role {
            Some(role) if role != login.account.role => Err(ApiError::Forbidden(format!("Only {role}s may do this."))),
            _ => Ok(()),
        }
    }
}

/// Lets in whom the table allows. Handlers find the [`Login`] in the request.
///
/// # Errors
/// Unauthorized, forbidden, banned.
pub async fn authorise(
    State(app): State<SharedApp>,
    matched: MatchedPath,
    mut request: Request,
    next: Next,
) -> ApiResult<Response> {
    let rule = Rule::find(request.method(), matched.as_str()).ok_or(ApiError::MethodNotAllowed)?;
    let permission = match rule.who {
        Access::Public => return Ok(next.run(request).await),
        Access::Holders(permission) | Access::HoldersAndGuests(permission) => permission,
    };
    match (login::authenticate(&app, request.headers()).await?, rule.who) {
        (Some(login), _) => {
            if login.kind == TokenKind::Session && !request.method().is_safe() {
                refuse_other_sites(app.public_url(), request.headers())?;
            }
            permission.check(&login)?;
            request.extensions_mut().insert(login);
        }
        (None, Access::HoldersAndGuests(_)) => {}
        (None, _) => {
            return Err(ApiError::Unauthorized(
                "Send Authorization: Bearer <token>, or sign in.",
            ));
        }
    }
    Ok(next.run(request).await)
}

/// A browser sends the cookie of a session with requests of other sites, too: only those of the same origin may change something.
/// A client that is no browser sends a header of its own.
fn refuse_other_sites(own: &str, headers: &HeaderMap) -> ApiResult<()> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let is_own = match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == own,
        (None, None) => headers.contains_key("x-requested-with"),
    };
    if is_own {
        return Ok(());
    }
    let detail = "A session changes something for its own site only. A client that is no browser sends the header X-Requested-With.";
    Err(ApiError::Forbidden(detail.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requests_of_the_same_origin_use_a_session() {
        let decide = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            refuse_other_sites("https://shop.example", &headers).is_ok()
        };
        assert!(decide(&[("sec-fetch-site", "same-origin")]));
        assert!(decide(&[("origin", "https://shop.example")]));
        assert!(decide(&[("x-requested-with", "curl")]));
        for bad in [
            &[][..],
            &[("sec-fetch-site", "cross-site"), ("x-requested-with", "x")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://shop.example")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://evil.example"), ("x-requested-with", "x")],
            &[("origin", "null")],
        ] {
            assert!(!decide(bad), "{bad:?}");
        }
    }

    #[test]
    fn no_route_has_two_rows() {
        for (index, rule) in RULES.iter().enumerate() {
            let twice = RULES[..index]
                .iter()
                .find(|other| (other.method, other.path) == (rule.method, rule.path));
            assert!(twice.is_none(), "{rule:?}");
        }
    }
}
