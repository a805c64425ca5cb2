//! The table at the end, and the verdict.

use std::time::Duration;

use crate::load::{Lost, Tally};
use crate::shop::Books;

/// A version that did not work.
pub struct BadVersion {
    pub kind: &'static str,
    /// Until the version before was well again.
    pub took: Duration,
    /// Requests that failed meanwhile.
    pub failed: u64,
}

/// Everything that was measured.
pub struct Report {
    pub seconds: f64,
    /// The time of each deploy of one machine.
    pub deploys: Vec<Duration>,
    /// Requests that failed until the version before and the new one had run side by side.
    pub failed_beside: Option<u64>,
    /// Requests that failed until the last of them.
    pub failed_deploying: u64,
    pub bad: Vec<BadVersion>,
    pub tally: Tally,
    pub lost: Lost,
    pub books: Books,
}

impl Report {
    pub fn print(&self) {
        let Self { tally, lost, books, .. } = self;
        let mut deploys = self.deploys.clone();
        deploys.sort_unstable();
        let median = deploys.get(deploys.len() / 2).copied().unwrap_or_default();
        let longest = deploys.last().copied().unwrap_or_default();
        let [p50, p99, most] = [0.5, 0.99, 1.0].map(|share| tally.latency(share).as_millis());
        println!("\n| what | measured | goal |\n|---|---|---|");
        println!(
            "| deploys of one machine; median, longest | {}; {:.1}, {:.1} s | |",
            deploys.len(),
            median.as_secs_f64(),
            longest.as_secs_f64()
        );
        println!(
            "| requests; a second; median, 99 %, longest | {}; {:.0}; {p50}, {p99}, {most} ms | |",
            tally.requests,
            tally.requests as f64 / self.seconds
        );
        if let Some(failed) = self.failed_beside {
            println!("| answers of 5xx or none, while two versions run side by side | {failed} | 0 |");
        }
        println!(
            "| answers of 5xx or none, while deploying; in all | {}; {} | 0 |",
            self.failed_deploying, tally.failed
        );
        println!(
            "| answers of 4xx; requests that did not leave | {}; {} | 0 |",
            tally.refused, tally.held_back
        );
        let taken = [tally.orders.len(), tally.carts.len(), tally.uploads.len()];
        println!(
            "| acknowledged orders, carts, uploads | {}, {}, {} | |",
            taken[0], taken[1], taken[2]
        );
        println!(
            "| lost orders, carts, uploads | {}, {}, {} | 0 |",
            lost.orders, lost.carts, lost.uploads
        );
        println!(
            "| doubled orders; orders without their right; dead letters; differences in the books | {}; {}; {}; {} | 0 |",
            books.doubled,
            books.paid - books.rights,
            books.dead_letters,
            books.differences
        );
        for version in &self.bad {
            println!(
                "| a version that {} is taken back after; requests that failed | {:.1} s; {} | 30 s; 0 |",
                version.kind,
                version.took.as_secs_f64(),
                version.failed
            );
        }
        tally.failures.iter().for_each(|failure| println!("failed: {failure}"));
    }

    /// True when nothing failed, nothing was lost, and bad versions were taken back in time.
    pub fn is_good(&self, rollback: Duration) -> bool {
        let has_failed = self.tally.failed + self.tally.refused + self.tally.held_back > 0;
        let in_time = self.bad.iter().all(|version| version.took < rollback);
        !has_failed && in_time && self.lost == Lost::default() && self.books.are_right() && self.tally.requests > 0
    }
}
