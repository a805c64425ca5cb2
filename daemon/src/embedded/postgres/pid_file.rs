//! `postmaster.pid`: what a PostgreSQL server says about itself in its data directory.

use std::fs;
use std::path::Path;

use nix::unistd::Pid;

/// The lines of the file that matter here.
#[derive(Debug, PartialEq, Eq)]
pub struct PidFile {
    pub pid: Pid,
    /// `false` while it starts or stops.
    pub is_ready: bool,
}

impl PidFile {
    /// Reads the file of a data directory; `None` when there is none or it has no pid yet.
    pub fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(data.join("postmaster.pid")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let pid = text.lines().next()?.trim().parse().ok().filter(|pid| *pid > 0)?;
        let is_ready = text.lines().nth(7).is_some_and(|status| status.trim() == "ready");
        Some(Self {
            pid: Pid::from_raw(pid),
            is_ready,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_running_server_is_read() {
        let text = "14592\n/data\n1795325894\n5432\n/socket\n\n 10125316        17\nready   \n";
        assert_eq!(
            PidFile::parse(text),
            Some(PidFile {
                pid: Pid::from_raw(14592),
                is_ready: true
            })
        );
        assert_eq!(
            PidFile::parse("14592\n/data\n"),
            Some(PidFile {
                pid: Pid::from_raw(14592),
                is_ready: false
            })
        );
    }

    #[test]
    fn a_file_without_a_pid_is_none() {
        assert_eq!(PidFile::parse(""), None);
        assert_eq!(PidFile::parse("-1\n"), None);
        assert_eq!(PidFile::parse("x\n"), None);
    }
}
