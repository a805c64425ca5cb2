//! The servers a daemon without configuration brings along: a private PostgreSQL cluster and a private clamd.
//!
//! Both are children of the daemon that live in a folder of the state directory, run as an unprivileged user when the daemon
//! is root, listen on a Unix socket only, and go when the daemon goes, however it goes:
//! - `server_dir`: the folder of a server, handed to it as a descriptor;
//! - `account`: the user it runs as;
//! - `child`: the process itself, its end, and how it is stopped;
//! - `output`: what it writes, in a log file with a bound;
//! - `programs` and `leftovers`: what is installed, and what a killed daemon left running;
//! - [`postgres`] and [`clamd`]: the two servers.

pub mod clamd;
pub mod postgres;

mod account;
mod child;
mod leftovers;
mod output;
mod programs;
mod server_dir;
