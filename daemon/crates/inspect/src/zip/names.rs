//! Names that collide on file systems of buyers.

use super::local::Member;
use crate::faults::{Faults, PACK_RULE};
use crate::paths::fold;

/// Checks that all names differ, also on a disk that ignores case and Unicode normal forms.
pub(super) fn check(members: &[Member], faults: &mut Faults) {
    let mut folded: Vec<(String, &Member)> = members
        .iter()
        .map(|member| (fold(&member.record.path), member))
        .collect();
    // Sorting is stable: the later one of two gets the fault.
    folded.sort_by(|(one, _), (other, _)| one.cmp(other));
    for pair in folded.windows(2) {
        let [(one, first), (other, second)] = pair else {
            continue;
        };
        if one == other {
            faults.add(PACK_RULE, Some(&second.record.path), clash(first, second));
        }
    }
    for (name, member) in folded.iter().filter(|(_, member)| !member.record.is_folder) {
        let inside = format!("{name}/");
        let at = folded.partition_point(|(other, _)| other.as_str() < inside.as_str());
        if folded.get(at).is_some_and(|(other, _)| other.starts_with(&inside)) {
            faults.add(
                PACK_RULE,
                Some(&member.record.path),
                "is a file, and other files are in a folder of that name",
            );
        }
    }
}

fn clash(first: &Member, second: &Member) -> String {
    let (one, other) = (&first.record.path, &second.record.path);
    if first.record.is_folder != second.record.is_folder {
        return "is in the ZIP as a file and as a folder".to_owned();
    }
    if one == other {
        return "is in the ZIP more than once".to_owned();
    }
    let how = if one.to_lowercase() == other.to_lowercase() {
        "the case of its letters"
    } else {
        "the Unicode composition of its characters"
    };
    format!("has the same name as {one:?} but for {how}")
}
