//! The control socket to attach to.

use std::path::{Path, PathBuf};

use clap::Args;

/// The socket of a machine where systemd runs the daemon.
const SYSTEM: &str = "/run/tradepost/control.sock";
/// The socket of `make demo`, from the folder it runs in.
const DEMO: &str = "./.demo/control.sock";

/// The options and environment variables that name a socket.
#[derive(Debug, Clone, Default, Args)]
pub struct Hints {
    /// The control socket.
    #[arg(long, global = true, value_name = "PATH", env = "TRADEPOST_SOCKET")]
    pub socket: Option<PathBuf>,
    /// The daemon's state directory; its socket is DIR/control.sock.
    #[arg(long, global = true, value_name = "DIR", env = "TRADEPOST_STATE")]
    pub state: Option<PathBuf>,
}

/// The socket to use: what was named, else the first of the usual places that exists.
pub fn resolve(hints: &Hints, exists: impl Fn(&Path) -> bool) -> Result<PathBuf, String> {
    if let Some(socket) = &hints.socket {
        return Ok(socket.clone());
    }
    if let Some(state) = &hints.state {
        return Ok(state.join("control.sock"));
    }
    for usual in [SYSTEM, DEMO] {
        if exists(Path::new(usual)) {
            return Ok(PathBuf::from(usual));
        }
    }
    Err(format!(
        "no control socket found: neither {SYSTEM} nor {DEMO} exists.\n\
         Start the daemon (`tradepostd serve --state DIR`) and pass `--state DIR` or `--socket PATH`,\n\
         or set TRADEPOST_STATE or TRADEPOST_SOCKET."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_wins_over_what_exists() {
        let hints = Hints {
            socket: Some("/a.sock".into()),
            state: Some("/state".into()),
        };
        assert_eq!(resolve(&hints, |_| true).unwrap(), Path::new("/a.sock"));
        let hints = Hints { socket: None, ..hints };
        assert_eq!(resolve(&hints, |_| true).unwrap(), Path::new("/state/control.sock"));
    }

    #[test]
    fn usual_places_are_tried_in_order_and_named_when_none_is_there() {
        let hints = Hints::default();
        assert_eq!(resolve(&hints, |_| true).unwrap(), Path::new(SYSTEM));
        assert_eq!(resolve(&hints, |p| p == Path::new(DEMO)).unwrap(), Path::new(DEMO));
        let why = resolve(&hints, |_| false).unwrap_err();
        assert!(why.contains(SYSTEM) && why.contains(DEMO) && why.contains("--socket"));
    }
}
