//! The table: verdicts by kind and program.

use std::collections::BTreeMap;

use crate::difference::Verdict;
use crate::{Judged, PROGRAMS};

/// Equal, near, wrong, refused.
type Row = [usize; 4];

#[derive(Default)]
pub struct Counts {
    kinds: BTreeMap<String, [Row; 3]>,
}

impl Counts {
    pub fn add(&mut self, kind: &str, judged: &Judged) {
        let kind = if judged.is_animated {
            format!("{kind}, animated")
        } else {
            kind.to_owned()
        };
        let rows = self.kinds.entry(kind).or_default();
        for (row, verdict) in rows.iter_mut().zip(&judged.verdicts) {
            let column = match verdict {
                Verdict::Equal => 0,
                Verdict::Near(_) => 1,
                Verdict::Wrong(_) => 2,
                Verdict::Refused => 3,
            };
            row[column] += 1;
        }
    }

    pub fn print(&self) {
        for (kind, rows) in &self.kinds {
            let files: usize = rows[0].iter().sum();
            let words = rows.map(|[equal, near, wrong, refused]| format!("{equal}, {near}, {wrong}, {refused}"));
            println!("| {kind} | {files} | {} |", words.join(" | "));
        }
    }
}

pub fn print_head() {
    println!("Each: equal, near, wrong, refused.\n");
    println!("| kind | files | {} |", PROGRAMS.join(" | "));
    println!("|---|---|---|---|---|");
}
