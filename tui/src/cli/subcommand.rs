//! Subcommands that come from the folders of the screens.

use std::process::ExitCode;

use clap::{ArgMatches, Args};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::Output;
use crate::client::Client;

/// Runs a subcommand with what was parsed.
pub type Run = fn(ArgMatches, Client, Output) -> LocalBoxFuture<'static, anyhow::Result<ExitCode>>;

/// The arguments of a subcommand that asks the daemon, and what it does. The doc comment of the type is its help.
pub trait Twin: Args + 'static {
    const NAME: &'static str;

    fn run(self, client: &Client, output: Output) -> impl Future<Output = anyhow::Result<ExitCode>>;
}

/// A subcommand of any screen.
pub struct Subcommand {
    pub command: clap::Command,
    pub run: Run,
}

impl Subcommand {
    pub fn new<T: Twin>() -> Self {
        Self {
            command: T::augment_args(clap::Command::new(T::NAME)),
            run: |matches, client, output| {
                async move { T::from_arg_matches(&matches)?.run(&client, output).await }.boxed_local()
            },
        }
    }
}
