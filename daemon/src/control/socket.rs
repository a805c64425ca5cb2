//! The control socket: handed over by systemd, or bound by ourselves.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::net::UnixListener;

/// The socket; deleted at the end when we made it.
#[derive(Debug)]
pub struct ControlSocket {
    pub listener: UnixListener,
    pub path: Option<PathBuf>,
}

impl ControlSocket {
    /// Deletes the socket if we made it.
    pub fn remove(path: Option<&Path>) {
        if let Some(path) = path
            && let Err(error) = std::fs::remove_file(path)
        {
            tracing::warn!(%error, "could not delete the control socket {}", path.display());
        }
    }
}

/// Uses the socket that systemd handed over, or binds one at `path`. A socket left by a killed daemon is replaced; a live one is not.
///
/// # Errors
/// Another daemon answers there, or the path can not be bound.
pub fn bind(path: &Path, handed_over: Option<StdListener>) -> anyhow::Result<ControlSocket> {
    if let Some(listener) = handed_over {
        return Ok(ControlSocket {
            listener: to_tokio(listener)?,
            path: None,
        });
    }
    let at = || format!("binding the control socket {}", path.display());
    if path.as_os_str().len() > 107 {
        anyhow::bail!(
            "{}: a socket's path has at most 107 bytes; set control.socket to a shorter one",
            at()
        );
    }
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        anyhow::bail!("{}: another daemon answers there", at());
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).with_context(at),
        _ => {}
    }
    let listener = StdListener::bind(path).with_context(at)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660)).with_context(at)?;
    Ok(ControlSocket {
        listener: to_tokio(listener)?,
        path: Some(path.to_owned()),
    })
}

fn to_tokio(listener: StdListener) -> anyhow::Result<UnixListener> {
    listener.set_nonblocking(true).context("preparing the control socket")?;
    UnixListener::from_std(listener).context("preparing the control socket")
}
