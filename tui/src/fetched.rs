//! One value of the control API, read again when it changed.

use std::time::Instant;

use crate::client::Reply;
use crate::clock::Clock;

/// A value, why it could not be read, and which revision was asked for.
#[derive(Debug)]
pub struct Fetched<T> {
    pub value: Option<T>,
    pub error: Option<String>,
    /// The revision when it was asked for; `None`: it has to be read.
    asked_revision: Option<u64>,
    is_loading: bool,
    pub read_at: Option<Instant>,
}

impl<T> Default for Fetched<T> {
    fn default() -> Self {
        Self {
            value: None,
            error: None,
            asked_revision: None,
            is_loading: false,
            read_at: None,
        }
    }
}

impl<T> Fetched<T> {
    /// A value that a list has; it is read again all the same.
    pub fn from_list(value: T, read_at: Option<Instant>) -> Self {
        Self {
            value: Some(value),
            read_at,
            ..Self::default()
        }
    }

    /// Says whether to read it now; if so, the reply is waited for.
    pub fn is_wanted(&mut self, revision: u64) -> bool {
        let is_wanted = !self.is_loading && self.asked_revision != Some(revision);
        if is_wanted {
            self.is_loading = true;
            self.asked_revision = Some(revision);
        }
        is_wanted
    }

    pub fn is_loading(&self) -> bool {
        self.is_loading
    }

    pub fn answered(&mut self, reply: Reply<T>, clock: Clock) {
        self.is_loading = false;
        match reply {
            Ok(value) => self.set(value, clock),
            Err(e) => self.error = Some(e.to_string()),
        }
    }

    /// Takes a newer value that came another way.
    pub fn set(&mut self, value: T, clock: Clock) {
        self.value = Some(value);
        self.read_at = Some(clock.instant);
        self.error = None;
    }

    /// It may be out of date.
    pub fn invalidate(&mut self) {
        self.asked_revision = None;
    }

    /// The time the value is of: as fresh as the last event unless it changed since.
    pub fn data_from(&self, revision: u64, heard_at: Option<Instant>) -> Option<Instant> {
        let read_at = self.read_at?;
        let is_behind = self.error.is_some() || self.asked_revision != Some(revision);
        Some(if is_behind { read_at } else { read_at.max(heard_at?) })
    }
}
