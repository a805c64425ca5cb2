//! The statement of the payment provider: its fees and its transfers to the bank are booked from it, and its balance is compared with ours.

mod queries;
mod service;

pub use self::queries::balances;
pub use self::service::read_due;
