//! Files that are the same as, or look like, files already known.

use serde_json::{Value, json};
use sqlx::PgPool;
use tradepost_common::ids::UploadId;
use tradepost_common::review::Relation;
use tradepost_tests::packs::{TICK, square};
use tradepost_tests::{PackBuilder, TestApp};
use tradepostd::duplicates::service;

fn rules(trace: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = trace["findings"].as_array().unwrap().iter();
    findings
        .map(|one| (text(&one["rule"]), text(&one["severity"])))
        .collect()
}

fn one(rule: &str, severity: &str) -> Vec<(String, String)> {
    vec![(rule.to_owned(), severity.to_owned())]
}

fn upload_id(trace: &Value) -> UploadId {
    UploadId(trace["upload"]["id"].as_str().unwrap().parse().unwrap())
}

async fn settle(app: &TestApp, token: &str, set: &str, files: &[&str]) -> Value {
    let numbered = files.iter().enumerate();
    let pack = numbered.fold(PackBuilder::new(set), |pack, (n, file)| {
        pack.file(&format!("icons/{n}.svg"), *file)
    });
    app.upload_and_settle(token, &pack.build()).await
}

#[tokio::test]
async fn a_file_of_another_contributor_comes_before_a_moderator() {
    let app = TestApp::start();
    let (ann, bob) = (app.trusted("ann"), app.trusted("bob"));
    let first = settle(&app, &ann, "Ticks", &[TICK]).await;
    assert_eq!(first["upload"]["state"], "published", "{first}");
    let copy = settle(&app, &bob, "Mine", &[&square("#102030"), TICK]).await;
    assert_eq!(copy["upload"]["state"], "in_review", "{copy}");
    assert_eq!(rules(&copy), one("copy.exact", "warning"), "{copy}");
    assert_eq!(copy["findings"][0]["file"], "icons/1.svg");
    assert!(
        !copy.to_string().contains("Ticks"),
        "the contributor is not told whose it is: {copy}"
    );

    let pool = app.database().await;
    let alike = service::look_alikes(&pool, upload_id(&copy)).await.unwrap();
    let told = (
        alike.len(),
        alike[0].relation,
        alike[0].other_title.as_str(),
        alike[0].other_contributor.as_str(),
    );
    assert_eq!(told, (1, Relation::Exact, "Signs / Ticks", "ann"));
    assert_eq!(
        (alike[0].path.as_str(), alike[0].other_state.as_str()),
        ("icons/1.svg", "published")
    );
    assert!(!alike[0].same_contributor);
    let reverse = service::look_alikes(&pool, upload_id(&first)).await.unwrap();
    assert_eq!(reverse[0].other_contributor, "bob", "seen from the older one, too");
    let first = app.look(&format!("/v1/uploads/{}", upload_id(&first))).await;
    assert_eq!(rules(&first), [], "who came first is not blamed");
}

#[tokio::test]
async fn ones_own_file_is_a_note_and_the_same_file_twice_in_a_pack_is_nothing() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    let twice = settle(&app, &ann, "Ticks", &[TICK, TICK]).await;
    assert_eq!(rules(&twice), [], "{twice}");
    let again = settle(&app, &ann, "Ticks 2", &[TICK]).await;
    assert_eq!(again["upload"]["state"], "published", "{again}");
    assert_eq!(rules(&again), one("copy.exact", "info"), "{again}");
}

#[tokio::test]
async fn of_two_that_come_at_once_at_least_one_is_found() {
    let app = TestApp::start();
    for round in 0..4 {
        let mut ids = Vec::new();
        let file = square(&format!("#00{round:02}c0"));
        let pack = |set: &str| PackBuilder::new(set).file("a.svg", file.as_str()).build();
        for name in ["ann", "bob"] {
            let token = app.trusted(&format!("{name}-{round}"));
            ids.push((token, pack(name)));
        }
        let (left, right) = tokio::join!(
            app.upload_and_settle(&ids[0].0, &ids[0].1),
            app.upload_and_settle(&ids[1].0, &ids[1].1)
        );
        let found = rules(&left).len() + rules(&right).len();
        assert!(found >= 1, "round {round}: {left}\n{right}");
    }
}

#[tokio::test]
async fn a_rejected_file_is_nobodys_original() {
    let app = TestApp::start();
    let (ann, bob) = (app.token(&["--account", "ann"]), app.trusted("bob"));
    let first = settle(&app, &ann, "Ticks", &[TICK]).await;
    let case = first["case_id"].as_str().unwrap();
    app.act(&format!("/v1/cases/{case}/reject"), json!({ "reason": "No" }))
        .await;
    let second = settle(&app, &bob, "Ticks", &[TICK]).await;
    assert_eq!(
        (rules(&second), &second["upload"]["state"]),
        (Vec::new(), &json!("published")),
        "{second}"
    );
}

async fn print(pool: &PgPool, upload: UploadId, geometry: u8, look: i64, plain: bool) {
    sqlx::query("update item_prints set geometry = $2, look = $3, plain = $4 where upload_id = $1")
        .bind(upload.0)
        .bind([geometry; 16].to_vec())
        .bind(look)
        .bind(plain)
        .execute(pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_same_outlines_and_pictures_that_look_alike_are_found_unless_they_are_plain() {
    let app = TestApp::start();
    let (ann, bob) = (app.trusted("ann"), app.trusted("bob"));
    let first = upload_id(&settle(&app, &ann, "One", &[TICK]).await);
    let second = upload_id(&settle(&app, &bob, "Two", &[&square("#123456")]).await);
    let pool = app.database().await;
    let mut connection = pool.acquire().await.unwrap();
    let look = 0x0123_4567_89ab_cdef;
    print(&pool, first, 1, look, false).await;
    for (geometry, other, plain, expected) in [
        (1, !look, false, vec![(Relation::Geometry, 0)]),
        (2, look ^ 0b11_1111, false, vec![(Relation::Look, 6)]),
        (
            2,
            look ^ 0x8001_8001_8001_0000u64.cast_signed(),
            false,
            vec![(Relation::Look, 6)],
        ),
        (2, look ^ 0b111_1111, false, vec![]),
        (1, look, false, vec![(Relation::Geometry, 0)]),
        (1, look, true, vec![]),
    ] {
        print(&pool, second, geometry, other, plain).await;
        let found = service::find(&mut connection, second).await.unwrap();
        let told: Vec<_> = found.iter().map(|one| (one.relation, one.distance)).collect();
        assert_eq!(told, expected, "{other:x}");
    }
}

#[tokio::test]
async fn the_index_finds_exactly_what_comparing_with_everything_finds() {
    let app = TestApp::start();
    let prints = "set session_replication_role = replica;
        insert into item_prints (item_id, kind, upload_id, account_id, sha256, look)
        select gen_random_uuid(), 'icon', gen_random_uuid(), gen_random_uuid(), sha256(n::text::bytea),
            hashtextextended((n % 300)::text, 1) # (select bit_or(1::bigint << (hashtextextended(n || '/' || bit, 2) & 63)::int)
                from generate_series(1, n % 11) bit)
        from generate_series(1, 20000) n";
    app.sql(prints).await;
    let differences = "select count(*) from (select hashtextextended(n::text, 1) as wanted from generate_series(0, 99) n) asked
        where (select array_agg(item_id order by item_id) from prints_like(wanted, 6, 100000)) is distinct from
            (select array_agg(item_id order by item_id) from item_prints where bit_count((look # wanted)::bit(64)) <= 6)";
    assert_eq!(app.number(differences).await, 0);
    let found = "select sum((select count(*) from prints_like(hashtextextended(n::text, 1), 6, 100000)))::bigint from generate_series(0, 99) n";
    assert!(app.number(found).await > 1_000);
}

#[tokio::test]
async fn cases_whose_files_are_alike_form_one_group() {
    let app = TestApp::start();
    app.sql("alter table cases add column if not exists cluster_id uuid")
        .await;
    let (red, blue, green) = (square("#c00000"), square("#0000c0"), square("#00c000"));
    // The third is like both, which have nothing in common; the fourth is like none.
    let packs = [
        vec![red.as_str()],
        vec![blue.as_str()],
        vec![red.as_str(), blue.as_str()],
        vec![green.as_str()],
    ];
    for (n, files) in packs.iter().enumerate() {
        let token = app.token(&["--account", &format!("new-{n}")]);
        let trace = settle(&app, &token, "Set", files).await;
        assert_eq!(trace["upload"]["state"], "in_review", "{trace}");
    }
    let groups = app.number("select count(distinct cluster_id) from cases").await;
    let grouped = app.number("select count(cluster_id) from cases").await;
    assert_eq!((groups, grouped), (1, 3));
}
