//! The time, asked once for every round of the loop.

use std::time::Instant;

use time::OffsetDateTime;

/// Now, for spans and for dates.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    pub instant: Instant,
    pub utc: OffsetDateTime,
}

impl Clock {
    pub fn now() -> Self {
        Self {
            instant: Instant::now(),
            utc: OffsetDateTime::now_utc(),
        }
    }
}
