//! The cost of a pack, by process and in PostgreSQL.

use tradepost_tests::TestApp;

use super::{fields, median, processes};

/// Names of the costs, in the order of [`Costs`].
const NAMES: [&str; 9] = [
    "daemon, user, ms",
    "daemon, system, ms",
    "jail, ms",
    "PostgreSQL, ms",
    "clamd, ms",
    "all, ms",
    "commits",
    "syncs of the log",
    "KB of the log",
];

/// Sums since the start: seconds of processor time, then counts of PostgreSQL.
#[derive(Debug, Clone, Copy)]
pub struct Costs([f64; NAMES.len()]);

impl Costs {
    pub async fn read(app: &TestApp) -> Self {
        let mut costs = [0.0; NAMES.len()];
        let seconds = |fields: &[String], range: std::ops::Range<usize>| {
            let ticks = fields[range].iter().filter_map(|field| field.parse::<f64>().ok());
            ticks.sum::<f64>() / 100.0
        };
        for pid in family(app) {
            // A process that ends meanwhile is counted in its parent.
            let (Some(fields), Ok(name)) = (fields(pid), std::fs::read_to_string(format!("/proc/{pid}/comm"))) else {
                continue;
            };
            match name.trim() {
                _ if pid == app.pid() => {
                    costs[0] += seconds(&fields, 11..12);
                    costs[1] += seconds(&fields, 12..13);
                    costs[2] += seconds(&fields, 13..15);
                }
                "postgres" => costs[3] += seconds(&fields, 11..15),
                "clamd" => costs[4] += seconds(&fields, 11..15),
                _ => costs[2] += seconds(&fields, 11..15),
            }
        }
        costs[5] = costs[..5].iter().sum();
        let counts = "
            select (select sum(xact_commit) from pg_stat_database)::float8, wal_sync::float8, wal_bytes::float8 / 1000 from pg_stat_wal";
        let db = app.database().await;
        let (commits, syncs, bytes) = sqlx::query_as(counts)
            .fetch_one(&db)
            .await
            .expect("counts of PostgreSQL");
        db.close().await;
        costs[6..].copy_from_slice(&[commits, syncs, bytes]);
        Self(costs)
    }

    /// Costs of a file since then: milliseconds and counts.
    pub fn of_a_file(self, before: Self, files: usize) -> Self {
        let mut costs = self.0;
        for (index, (cost, before)) in costs.iter_mut().zip(before.0).enumerate() {
            let unit = if index < 6 { 1_000.0 } else { 1.0 };
            *cost = (*cost - before) * unit / files as f64;
        }
        Self(costs)
    }

    pub fn milliseconds(self) -> f64 {
        self.0[5]
    }
}

/// Prints the medians of several runs.
pub fn print(title: &str, runs: &[Costs]) {
    println!(
        "\n{title}, of one file:\n\n| {} |\n|{}",
        NAMES.join(" | "),
        "---|".repeat(NAMES.len())
    );
    let column = |index: usize| {
        let mut values: Vec<_> = runs.iter().map(|costs| costs.0[index]).collect();
        format!("{:.2}", median(&mut values))
    };
    let row: Vec<_> = (0..NAMES.len()).map(column).collect();
    println!("| {} |\n", row.join(" | "));
}

/// The daemon and all processes below it.
fn family(app: &TestApp) -> Vec<i32> {
    let all = processes();
    let mut family = vec![app.pid()];
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        family.extend(all.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    family
}
