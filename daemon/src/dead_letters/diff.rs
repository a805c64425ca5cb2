//! The changes of an edit, by lines of the pretty JSON.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use tradepost_common::dead::{DiffKind, DiffLine};

/// Unchanged lines shown around a change.
const CONTEXT: usize = 3;

/// The changed lines and their neighbours; empty when both are equal.
pub fn pretty(before: &Value, after: &Value) -> Vec<DiffLine> {
    let (before, after) = (format!("{before:#}"), format!("{after:#}"));
    let diff = TextDiff::from_lines(&before, &after);
    let groups = diff.grouped_ops(CONTEXT);
    let changes = groups.iter().flatten().flat_map(|op| diff.iter_changes(op));
    changes
        .map(|change| DiffLine {
            kind: match change.tag() {
                ChangeTag::Equal => DiffKind::Same,
                ChangeTag::Delete => DiffKind::Removed,
                ChangeTag::Insert => DiffKind::Added,
            },
            text: change.value().trim_end_matches('\n').to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_changes_and_its_neighbours() {
        let before = json!({ "a": 1, "b": 2, "c": [1, 2, 3, 4, 5, 6, 7, 8, 9] });
        assert_eq!(pretty(&before, &before), []);
        let after = json!({ "a": 1, "b": 5, "c": [1, 2, 3, 4, 5, 6, 7, 8, 9] });
        let shown: Vec<_> = pretty(&before, &after)
            .into_iter()
            .map(|line| format!("{}{}", line.kind.mark(), line.text))
            .collect();
        assert!(shown.contains(&"-  \"b\": 2,".to_owned()) && shown.contains(&"+  \"b\": 5,".to_owned()));
        assert!(shown.len() < 9, "{shown:?}");
    }
}
