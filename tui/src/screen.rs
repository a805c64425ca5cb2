//! The screens. A new one is a folder here and a line in each list below.

mod alerts;
mod audit;
mod campaigns;
mod catalogue;
mod dead_letters;
mod latency;
mod ledger;
mod machines;
mod operations;
mod orders;
mod overview;
mod queues;
mod review;
#[cfg(test)]
pub mod testing;
mod tokens;
mod uploads;

use crate::cli::Subcommand;
use crate::shell::Screen;

/// A screen of the list: how it is made and its subcommands.
struct Registered {
    make: fn() -> Box<dyn Screen>,
    subcommands: fn() -> Vec<Subcommand>,
}

const fn registered<S: Screen + Default>() -> Registered {
    Registered {
        make: || Box::new(S::default()),
        subcommands: S::subcommands,
    }
}

/// All screens; the first one opens.
static SCREENS: &[Registered] = &[
    registered::<overview::Overview>(),
    registered::<queues::Queues>(),
    registered::<dead_letters::DeadLetters>(),
    registered::<operations::Operations>(),
    registered::<campaigns::Campaigns>(),
    registered::<latency::Latency>(),
    registered::<alerts::Alerts>(),
    registered::<review::Review>(),
    registered::<audit::Audit>(),
    registered::<uploads::Uploads>(),
    registered::<tokens::Tokens>(),
    registered::<orders::Orders>(),
    registered::<ledger::Ledger>(),
    registered::<catalogue::Catalogue>(),
    registered::<machines::Machines>(),
];

pub fn all() -> Vec<Box<dyn Screen>> {
    SCREENS.iter().map(|screen| (screen.make)()).collect()
}

pub fn subcommands() -> Vec<Subcommand> {
    SCREENS.iter().flat_map(|screen| (screen.subcommands)()).collect()
}
