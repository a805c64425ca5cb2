//! The verbs of the control API and the role that each one needs: the daemon authorises by this table and nothing else.

use crate::overview::Role;

/// A method and a path of the control API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verb {
    pub method: &'static str,
    /// As the router has it: `/v1/cases/{id}/approve`.
    pub path: &'static str,
    /// The least role: a moderator may do what a viewer may, an operator what a moderator may.
    pub role: Role,
    /// For the documentation.
    pub does: &'static str,
}

impl Verb {
    /// The verb of a request; `None` when there is none.
    pub fn find(method: &str, path: &str) -> Option<&'static Self> {
        VERBS.iter().find(|verb| verb.method == method && verb.path == path)
    }

    pub fn is_allowed(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| *role >= self.role)
    }
}

const fn look(path: &'static str, does: &'static str) -> Verb {
    verb("GET", path, Role::Viewer, does)
}

const fn decide(path: &'static str, does: &'static str) -> Verb {
    verb("POST", path, Role::Moderator, does)
}

const fn operate(path: &'static str, does: &'static str) -> Verb {
    verb("POST", path, Role::Operator, does)
}

const fn verb(method: &'static str, path: &'static str, role: Role, does: &'static str) -> Verb {
    Verb {
        method,
        path,
        role,
        does,
    }
}

/// All verbs.
pub static VERBS: &[Verb] = &[
    look("/v1/whoami", "the peer's user and roles"),
    look("/v1/overview", "the state of everything"),
    look("/v1/events", "the event stream"),
    look("/v1/alerts", "alerts"),
    look("/v1/queues", "queues and running jobs"),
    look("/v1/latency", "latency"),
    look("/v1/machines", "the daemons on this database"),
    look("/v1/audit", "the audit log"),
    look("/v1/ids/{prefix}", "ids that begin with a prefix"),
    look("/metrics", "metrics"),
    look("/v1/uploads", "uploads of all accounts"),
    look("/v1/uploads/{id}", "the trace of an upload"),
    look("/v1/uploads/{id}/findings", "all findings of an upload"),
    look("/v1/dead", "dead letters"),
    look("/v1/dead/groups", "groups of dead letters"),
    look("/v1/dead/{id}", "a dead letter with its payload"),
    verb(
        "POST",
        "/v1/dead/{id}/check",
        Role::Viewer,
        "check an edited payload; sends nothing",
    ),
    look("/v1/operations", "operations"),
    look("/v1/operations/{id}", "an operation"),
    look("/v1/operations/{id}/items", "the messages of an operation"),
    look("/v1/search", "size and age of the search index"),
    look("/v1/search/differences", "compare the search index with the catalogue"),
    look("/v1/search/items", "find items as the public search does"),
    look("/v1/search/items/{id}/explanation", "the arithmetic of an item's rank"),
    look("/v1/search/queries", "texts that found nothing, or slowly"),
    look("/v1/search/feed", "documents and their changes, for search servers"),
    look("/v1/categories", "the categories of the catalogue"),
    look("/v1/catalogue/{kind}/{id}", "an entry of the catalogue"),
    look("/v1/campaigns", "campaigns"),
    look("/v1/campaigns/{id}", "a campaign"),
    look("/v1/campaigns/{id}/samples", "the samples of a campaign"),
    look(
        "/v1/campaigns/{id}/samples/{item}/{preset}/{side}",
        "an image of a sample",
    ),
    look("/v1/campaigns/{id}/failures", "items that a campaign could not render"),
    look("/v1/cases", "cases"),
    look("/v1/cases/{id}", "a case with its findings"),
    look("/v1/cases/{id}/items/{item}/picture", "an image of a file of a case"),
    look("/v1/cases/{id}/items/{item}/source", "the source of a file of a case"),
    verb(
        "POST",
        "/v1/cases/{id}/view",
        Role::Viewer,
        "tell that the case is on the screen",
    ),
    look("/v1/accounts/{name}", "the record of an account"),
    look("/v1/tokens", "tokens, without their secrets"),
    look("/v1/orders", "orders of all accounts"),
    look("/v1/orders/{id}", "an order with its lines"),
    look(
        "/v1/payments",
        "payments that are stuck, and differences from the provider",
    ),
    look("/v1/payments/{id}", "a payment by card with the provider's events"),
    look("/v1/disputes", "disputed payments"),
    look("/v1/disputes/{id}/evidence", "the file of evidence of a dispute"),
    look("/v1/orders/{id}/story", "everything that happened to an order"),
    look("/v1/ledger", "the proof of the ledger, and orders that are stuck"),
    look("/v1/ledger/accounts", "balances"),
    look("/v1/licences", "the terms of the licences"),
    look("/v1/coupons", "coupons of everybody"),
    verb("GET", "/v1/payouts", Role::Operator, "batches of payouts"),
    verb("GET", "/v1/payouts/{id}", Role::Operator, "a batch with bank accounts"),
    verb(
        "GET",
        "/v1/payouts/{id}/file",
        Role::Operator,
        "the file of a batch for the bank",
    ),
    look("/v1/tax-rates", "rates of tax by country and day"),
    look("/v1/ledger/journal", "transactions of the ledger"),
    verb("GET", "/v1/mails", Role::Operator, "mails, without their texts"),
    verb("GET", "/v1/mails/{id}", Role::Operator, "a mail that is not sent"),
    verb(
        "GET",
        "/v1/items/{item}/picture",
        Role::Moderator,
        "an image of any item, published or not",
    ),
    decide("/v1/cases/next", "claim the next case"),
    decide("/v1/cases/{id}/claim", "claim a case"),
    decide("/v1/cases/{id}/release", "release a claim"),
    verb("DELETE", "/v1/cases/{id}/claim", Role::Moderator, "release a claim"),
    decide("/v1/cases/{id}/approve", "approve a case"),
    decide("/v1/cases/{id}/reject", "reject a case"),
    decide("/v1/cases/{id}/skip", "skip a case"),
    decide("/v1/cases/{id}/ask", "ask the contributor"),
    decide("/v1/cases/{id}/ban", "ban the contributor"),
    decide(
        "/v1/cases/{id}/undo",
        "undo a decision; of another moderator: operators only",
    ),
    decide("/v1/cases/bulk/plan", "plan a bulk decision"),
    decide("/v1/cases/bulk", "decide many cases"),
    decide("/v1/accounts/{name}/unban", "lift a ban"),
    operate("/v1/alerts/{code}/acknowledge", "acknowledge an alert"),
    operate("/v1/queues/{name}/pause", "pause a queue"),
    operate("/v1/queues/{name}/resume", "resume a queue"),
    operate("/v1/queues/{name}/concurrency", "change the concurrency of a queue"),
    operate("/v1/machines/{name}/drain", "let a machine take on nothing more"),
    operate("/v1/machines/{name}/resume", "let a drained machine work again"),
    operate("/v1/dead/{id}/edit", "edit a dead letter and redrive it"),
    operate("/v1/operations", "plan a redrive, discard or purge"),
    operate("/v1/operations/{id}/start", "start an operation"),
    operate("/v1/operations/{id}/pause", "pause an operation"),
    operate("/v1/operations/{id}/resume", "resume an operation"),
    operate("/v1/operations/{id}/cancel", "cancel an operation"),
    operate("/v1/operations/{id}/rate", "change the rate of an operation"),
    operate("/v1/campaigns", "plan a campaign"),
    operate("/v1/campaigns/{id}/start", "start a campaign"),
    operate("/v1/campaigns/{id}/pause", "pause a campaign"),
    operate("/v1/campaigns/{id}/resume", "resume a campaign"),
    operate("/v1/campaigns/{id}/abort", "abort a campaign"),
    operate("/v1/campaigns/{id}/swap", "swap the renditions of a campaign in"),
    operate("/v1/campaigns/{id}/rollback", "take a swap back"),
    operate(
        "/v1/campaigns/{id}/collect",
        "delete the renditions that a campaign replaced",
    ),
    operate("/v1/campaigns/{id}/rate", "change the rate of a campaign"),
    operate("/v1/tokens/{id}/revoke", "revoke a token"),
    operate("/v1/accounts/{name}/revoke-tokens", "revoke all tokens of an account"),
    operate("/v1/accounts/{name}/credit", "give store credit"),
    operate("/v1/orders/{id}/refund", "refund an order"),
    operate(
        "/v1/payments/resolve",
        "take a difference from the provider off the list",
    ),
    operate("/v1/orders/{id}/receipt", "mail the receipt of an order again"),
    operate("/v1/ledger/prove", "prove the whole journal"),
    operate(
        "/v1/orders/{id}/reset-downloads",
        "let what an order bought be downloaded anew",
    ),
    operate(
        "/v1/licences/{licence}/terms",
        "add a version of the terms of a licence",
    ),
    operate("/v1/payouts", "request payouts of what contributors earned"),
    operate("/v1/payouts/{id}/sent", "note that the bank has the file of a batch"),
    operate("/v1/payouts/{id}/settle", "note what the bank has paid, or has not"),
    operate("/v1/tax-rates", "set the rate of tax of a country from a day on"),
    operate("/v1/coupons", "make a coupon that the marketplace pays for"),
    operate("/v1/coupons/{id}/end", "end a coupon"),
    operate("/v1/search/rebuild", "rebuild the search index"),
    operate("/v1/categories", "make a category, or change it"),
    operate("/v1/categories/{slug}/delete", "delete a category that nothing has"),
    operate("/v1/catalogue/{kind}/{id}/labels", "replace category, tags and styles"),
    operate(
        "/v1/catalogue/{kind}/{id}/standing",
        "pin an entry of the catalogue, or bury it",
    ),
    operate(
        "/v1/catalogue/{kind}/{id}/withdraw",
        "take something out of the catalogue",
    ),
];

/// The verbs as a table of Markdown, each role with what it may beyond the role before.
pub fn markdown() -> String {
    let mut table = "| verb | does | viewer | moderator | operator |\n|---|---|---|---|---|\n".to_owned();
    for verb in VERBS {
        let [viewer, moderator, operator] = Role::ALL.map(|role| if verb.is_allowed(&[role]) { "yes" } else { "no" });
        let Verb { method, path, does, .. } = verb;
        table.push_str(&format!(
            "| `{method} {path}` | {does} | {viewer} | {moderator} | {operator} |\n"
        ));
    }
    table
}
