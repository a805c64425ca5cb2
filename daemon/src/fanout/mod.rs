//! Tells people what happened: makes mails and webhook deliveries of events.

pub mod job;
mod orders;
mod uploads;
