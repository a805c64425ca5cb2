//! The review desk: cases as packs bring them about, and by the thousand; what the tables say before and after a decision.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{PackBuilder, TestApp};

/// Everything that a decision may change. Not among them, because they only ever grow: `decisions`, `trust_changes`, `letters`,
/// `audit_log`; and what queues leave behind: `queue_messages`, `attempts`.
pub const DECIDED_ABOUT: [&str; 11] = [
    "accounts",
    "cases",
    "case_skips",
    "uploads",
    "upload_stages",
    "findings",
    "families",
    "sets",
    "items",
    "renditions",
    "family_previews",
];

impl TestApp {
    /// Uploads a pack of ticks of a new contributor. Answers with the ids of its case and its upload.
    pub async fn case_of(&self, token: &str, set: &str, files: usize) -> (String, String) {
        self.case_of_pack(token, &PackBuilder::ticks(set, files).build()).await
    }

    /// Uploads a pack that ends in review. Answers with the ids of its case and its upload.
    pub async fn case_of_pack(&self, token: &str, pack: &[u8]) -> (String, String) {
        let trace = self.upload_and_settle(token, pack).await;
        assert_eq!(trace["upload"]["state"], "in_review", "{trace}");
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        (text(&trace["case_id"]), text(&trace["upload"]["id"]))
    }

    /// Does something with a case that must work. Answers with what it says.
    pub async fn desk(&self, case: &str, verb: &str, body: Value) -> Value {
        let (status, answer) = self.act(&format!("/v1/cases/{case}/{verb}"), body).await;
        assert_eq!(status, StatusCode::OK, "{verb}: {answer}");
        answer
    }

    /// Does something with a case that must be refused. Answers with the problem.
    pub async fn desk_refuses(&self, case: &str, verb: &str, body: Value, status: StatusCode, code: &str) -> Value {
        let (answered, problem) = self.act(&format!("/v1/cases/{case}/{verb}"), body).await;
        assert_eq!(
            (answered, problem["code"].as_str()),
            (status, Some(code)),
            "{verb}: {problem}"
        );
        problem
    }

    /// An upload as its contributor sees it.
    pub async fn told(&self, token: &str, upload: &str) -> Value {
        let (status, told) = self.get(&format!("/v1/uploads/{upload}"), Some(token)).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        told
    }

    /// Writes to the moderators about an upload: `answer` or `appeal`.
    pub async fn write_letter(&self, token: &str, upload: &str, kind: &str, text: &str) -> (StatusCode, Value) {
        let path = format!("/v1/uploads/{upload}/{kind}");
        let body = Some(json!({ "text": text }));
        self.call(reqwest::Method::POST, &path, Some(token), body).await
    }

    /// Every row of the tables that decisions change, without the time of an item's first release: whoever bought it then keeps it.
    pub async fn dump(&self) -> BTreeMap<&'static str, Value> {
        let pool = self.database().await;
        let mut dump = BTreeMap::new();
        for table in DECIDED_ABOUT {
            let query = format!(
                "select coalesce(jsonb_agg(row order by row::text), '[]') from (select to_jsonb(t) - 'released_at' as row from {table} t) t"
            );
            let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&pool).await;
            dump.insert(table, rows.expect("the table is there"));
        }
        pool.close().await;
        dump
    }

    /// Puts open cases into the database, each of a pack of three files with two findings: what uploading them would take hours for.
    pub async fn put_cases(&self, count: u32) {
        let pool = self.database().await;
        for statement in CASES.split(";\n") {
            let statement = statement.replace("$COUNT", &count.to_string());
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&pool).await;
            done.expect("the statement is right");
        }
        pool.close().await;
    }

    /// Waits until nothing is left to do in the queue `preview`.
    pub async fn previews_are_drawn(&self) {
        let idle = |page: &Value| {
            let preview = crate::dead::queue(page, "preview");
            ["depth", "in_flight"].iter().all(|field| preview[*field] == json!(0))
        };
        self.until("/v1/queues", idle).await;
    }
}

/// 200 contributors, a tenth of the cases blocking, a third warnings; a hundred cases look alike.
const CASES: &str = "
    insert into accounts (id, name, role) select md5('account' || n)::uuid, 'seed-' || n, 'contributor' from generate_series(0, 199) n;
    insert into uploads (id, account_id, file_name, size_bytes, sha256, state, object_version, title, settled_at, url_expires_at)
    select md5('upload' || n)::uuid, md5('account' || n % 200)::uuid, 'pack-' || n || '.zip', 1000, sha256(n::text::bytea), 'in_review',
        'seed', 'Seeds / Set ' || n, now(), now() from generate_series(1, $COUNT) n;
    insert into upload_stages (upload_id, stage) select id, 'review' from uploads where object_version = 'seed';
    insert into families (id, account_id, slug, name)
    select md5('family' || n)::uuid, md5('account' || n)::uuid, 'seeds', 'Seeds' from generate_series(0, 199) n;
    insert into sets (id, family_id, upload_id, slug, name, kind, licence, price_minor, currency, files, pending)
    select md5('set' || n)::uuid, md5('family' || n % 200)::uuid, md5('upload' || n)::uuid, 'set-' || n, 'Set ' || n, 'icon', 'ISC', 0,
        'EUR', 3, 0 from generate_series(1, $COUNT) n;
    insert into items (id, kind, set_id, path, title, sha256, size_bytes, file_sha256, file_size_bytes, state)
    select md5('item' || n || '-' || file)::uuid, 'icon', md5('set' || n)::uuid, 'icons/' || file || '.svg', 'Icon ' || file,
        sha256(n::text::bytea), 100, sha256(n::text::bytea), 100, case when n % 10 = 0 and file = 1 then 'blocked' else 'ready' end
    from generate_series(1, $COUNT) n, generate_series(1, 3) file;
    insert into verdicts (upload_id, file_path, sha256, object_version, size_bytes, verdict, engine)
    select md5('upload' || n)::uuid, 'icons/' || file || '.svg', sha256(n::text::bytea), 'seed', 100, 'clean', 'seed'
    from generate_series(1, $COUNT) n, generate_series(1, 3) file;
    insert into findings (upload_id, file_path, rule, severity, message)
    select md5('upload' || n)::uuid, 'icons/' || file || '.svg', 'seed', 'info', 'x'
    from generate_series(1, $COUNT) n, generate_series(1, 2) file;
    insert into cases (id, upload_id, severity, reason, opened_at, due_at, cluster_id)
    select md5('case' || n)::uuid, md5('upload' || n)::uuid,
        case when n % 10 = 0 then 'blocking' when n % 3 = 0 then 'warning' else 'info' end, 'new contributor',
        now() - n * interval '1 minute', now() + (n % 977) * interval '1 minute',
        case when n between 101 and 200 then md5('cluster')::uuid end
    from generate_series(1, $COUNT) n;
    analyze";
