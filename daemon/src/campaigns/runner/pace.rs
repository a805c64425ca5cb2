//! How fast a campaign is, and may be.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::app::App;
use crate::campaigns::queries::{self, Row};
use crate::operations::pacer::Pacer;

/// The rate that is shown is an average of so long, told this often.
const WINDOW: Duration = Duration::from_secs(10);
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Of one campaign.
pub struct Pace {
    pacer: Option<(u32, Pacer)>,
    settled: VecDeque<(Instant, i64)>,
    told_at: Instant,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            pacer: None,
            settled: VecDeque::new(),
            told_at: Instant::now(),
        }
    }
}

impl Pace {
    /// How many items may be sent now.
    pub fn allowed(&mut self, row: &Row) -> i64 {
        let Some(limit) = row.rate_per_second else {
            self.pacer = None;
            return i64::MAX;
        };
        let now = Instant::now();
        let (known, pacer) = self.pacer.get_or_insert_with(|| (limit, Pacer::new(limit, now)));
        if *known != limit {
            *known = limit;
            pacer.set_limit(limit);
        }
        i64::try_from(pacer.allowed(now)).unwrap_or(i64::MAX)
    }

    /// Notes that so many were.
    pub fn spent(&mut self, items: i64) {
        if let Some((_, pacer)) = &mut self.pacer {
            pacer.spent(items.unsigned_abs(), Instant::now());
        }
    }

    /// Notes how far the campaign is; once in a while its rate is written down for everybody to see.
    pub async fn tell(&mut self, app: &App, row: &Row) -> sqlx::Result<()> {
        self.settled.push_back((Instant::now(), row.settled()));
        while self.settled.front().is_some_and(|(at, _)| at.elapsed() > WINDOW) {
            self.settled.pop_front();
        }
        if self.told_at.elapsed() < TELL_EVERY {
            return Ok(());
        }
        self.told_at = Instant::now();
        let rate = match (self.settled.front(), self.settled.back()) {
            (Some((from, before)), Some((to, after))) if to > from => {
                (after - before) as f64 / to.duration_since(*from).as_secs_f64()
            }
            _ => 0.0,
        };
        queries::note_rate(&app.db, row.id, (rate * 10.0).round() / 10.0).await
    }
}
