//! Every verb as each role.

use reqwest::StatusCode;
use serde_json::json;
use tradepost_common::overview::Role;
use tradepost_common::verbs::{VERBS, Verb};
use tradepost_tests::peer::{as_stranger, may_be_a_stranger};

use super::peers::{group_as, start};

/// The path with ids and names that nothing has.
fn path(verb: &Verb) -> String {
    let nothing = "01990000-0000-7000-8000-000000000001";
    let parts = verb.path.split('/').map(|part| match part {
        "{side}" => "old",
        "{name}" | "{code}" | "{preset}" => "nothing",
        "{prefix}" => "0199?kind=case",
        part if part.starts_with('{') => nothing,
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_verb_is_allowed_to_the_roles_of_the_table_and_to_no_other() {
    if !may_be_a_stranger() {
        return;
    }
    for role in Role::ALL {
        let app = start(group_as(&format!("CONTROL__{}_GROUPS", role.as_str().to_uppercase())));
        for verb in VERBS {
            // Whoever may read it reads it without end.
            if verb.path == "/v1/events" {
                continue;
            }
            let body = (verb.method == "POST").then(|| json!({}));
            let (status, problem) = as_stranger(&app, verb.method, &path(verb), body);
            let is_allowed = status != StatusCode::FORBIDDEN;
            assert_eq!(
                is_allowed,
                verb.is_allowed(&[role]),
                "{role}: {verb:?}: {status} {problem}"
            );
            let is_served = status != StatusCode::METHOD_NOT_ALLOWED && problem["detail"] != "There is no such page.";
            assert!(is_served, "{role}: {verb:?}: {status} {problem}");
        }
    }
}
