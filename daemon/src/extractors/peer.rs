//! The peer of the control socket and its roles: the kernel says who it is, Unix groups say what it may do.

use std::ffi::CString;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use tokio::net::UnixStream;
use tradepost_common::overview::{Role, WhoAmI};
use tradepost_common::verbs::Verb;

use crate::app::SharedApp;
use crate::audit::Actor;
use crate::config::ControlConfig;
use crate::error::{ApiError, ApiResult};

/// The peer's credentials when it connected, told by the kernel.
#[derive(Debug, Clone, Copy)]
pub struct PeerCredentials {
    credentials: Option<(u32, u32)>,
}

impl PeerCredentials {
    pub fn new(stream: &UnixStream) -> Self {
        let credentials = stream.peer_cred().ok();
        Self {
            credentials: credentials.map(|peer| (peer.uid(), peer.gid())),
        }
    }
}

/// A peer that holds at least the role of a viewer.
#[derive(Debug, Clone)]
pub struct Peer {
    pub actor: Actor,
    pub roles: Vec<Role>,
}

impl Peer {
    pub fn whoami(&self) -> WhoAmI {
        WhoAmI {
            user: self.actor.user.clone(),
            uid: self.actor.uid,
            roles: self.roles.clone(),
        }
    }

    /// Refuses a peer whose roles do not allow the verb.
    ///
    /// # Errors
    /// Forbidden, naming the role.
    pub fn authorise(&self, verb: &Verb) -> ApiResult<()> {
        if verb.is_allowed(&self.roles) {
            return Ok(());
        }
        let (user, role) = (&self.actor.user, verb.role.as_str());
        let detail =
            format!("User '{user}' does not have the role {role}. Add it to a group of control.{role}_groups.");
        Err(ApiError::Forbidden(detail))
    }
}

impl FromRequestParts<SharedApp> for Peer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, ApiError> {
        if let Some(peer) = parts.extensions.get::<Self>() {
            return Ok(peer.clone());
        }
        let info = parts.extensions.get::<ConnectInfo<PeerCredentials>>();
        let credentials = info.and_then(|info| info.0.credentials);
        let (uid, gid) = credentials.ok_or(ApiError::Unauthorized(
            "The user of this connection is unknown: the kernel reported none.",
        ))?;
        let config = app.config.control.clone();
        // Names of users and groups may come over the network.
        let peer = tokio::task::spawn_blocking(move || identify(uid, gid, &config)).await;
        let peer = peer.map_err(|error| anyhow::Error::new(error).context("looking up a peer"))?;
        if peer.roles.is_empty() {
            return Err(ApiError::Forbidden(no_role(&peer.actor.user, &app.config.control)));
        }
        Ok(peer)
    }
}

/// Names the groups that give a role.
fn no_role(user: &str, config: &ControlConfig) -> String {
    let groups = [&config.viewer_groups, &config.moderator_groups, &config.operator_groups];
    let names: Vec<&str> = groups.into_iter().flatten().map(String::as_str).collect();
    format!(
        "User '{user}' has no role. Add it to one of the groups {}.",
        names.join(", ")
    )
}

fn identify(uid: u32, gid: u32, config: &ControlConfig) -> Peer {
    let actor = Actor::from_uid(uid);
    let groups = groups_of(uid, gid);
    let in_any = |names: &[String]| {
        names.iter().any(|name| {
            Group::from_name(name)
                .ok()
                .flatten()
                .is_some_and(|group| groups.contains(&group.gid))
        })
    };
    let all = uid == 0 || uid == nix::unistd::geteuid().as_raw();
    let operator = all || in_any(&config.operator_groups);
    let moderator = all || in_any(&config.moderator_groups);
    let viewer = operator || moderator || in_any(&config.viewer_groups);
    let roles = [
        (viewer, Role::Viewer),
        (moderator, Role::Moderator),
        (operator, Role::Operator),
    ];
    Peer {
        actor,
        roles: roles
            .into_iter()
            .filter(|(holds, _)| *holds)
            .map(|(_, role)| role)
            .collect(),
    }
}

fn groups_of(uid: u32, gid: u32) -> Vec<Gid> {
    let primary = Gid::from_raw(gid);
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    let name = user.and_then(|user| CString::new(user.name).ok());
    let mut groups = name
        .and_then(|name| getgrouplist(&name, primary).ok())
        .unwrap_or_default();
    groups.push(primary);
    groups
}
