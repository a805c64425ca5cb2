//! Backups beside a daemon that works, and what is restored from them.

use std::path::Path;
use std::process::Output;
use std::time::Instant;

use serde_json::{Value, json};
use tradepost_tests::daemon::Daemon;
use tradepost_tests::objects::ObjectServer;
use tradepost_tests::server::Server;
use tradepost_tests::{Options, PackBuilder, TestApp};

fn run(arguments: &[&str], state: &Path) -> Output {
    let mut command = tradepost_tests::command("tradepostd");
    command.args(arguments).env("TRADEPOST_STATE", state);
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn shop_that_is_restored_has_every_object_that_its_rows_name() {
    let app = TestApp::start();
    let token = app.trusted("ann");
    app.upload_and_settle(&token, &PackBuilder::ticks("Before", 20).build())
        .await;
    let infected = PackBuilder::ticks("Evil", 2).file("icons/evil.svg", tradepost_tests::packs::eicar());
    app.upload_and_settle(&token, &infected.stored().build()).await;
    let folder = tempfile::tempdir().unwrap();
    let (backup, restored) = (folder.path().join("backup"), folder.path().join("restored"));
    let to = backup.to_str().unwrap();
    let first = text(&run(&["backup", "create", to], &app.state));
    assert!(first.contains("0 were there already"), "{first}");

    // The second one runs while packs come in, and copies only what is new.
    let pack = |number: usize| PackBuilder::ticks(&format!("Meanwhile {number}"), 20 + number).build();
    let uploading = async {
        for number in 0..4 {
            app.upload_and_settle(&token, &pack(number)).await;
        }
    };
    let (state, target) = (app.state.clone(), to.to_owned());
    let backing_up = tokio::task::spawn_blocking(move || run(&["backup", "create", &target], &state));
    let (second, ()) = tokio::join!(backing_up, uploading);
    let second = text(&second.unwrap());
    assert!(!second.contains(" 0 were there already"), "{second}");
    assert!(text(&run(&["backup", "verify", to], &app.state)).contains("The backup is whole"));
    drop(app);

    let started = Instant::now();
    let report = text(&run(&["backup", "restore", to], &restored));
    let daemon = Daemon::start(&restored, &Options::default());
    println!(
        "{report}from the command to a shop that is open: {:.1} s",
        started.elapsed().as_secs_f64()
    );
    let again = run(&["backup", "restore", to], &restored);
    assert!(
        !again.status.success() && String::from_utf8_lossy(&again.stderr).contains("has a database already"),
        "{again:?}"
    );
    assert_whole(&daemon, &restored).await;
}

/// Every rendition of every item is served.
async fn assert_pictures(daemon: &Daemon) {
    let http = tradepost_tests::app::http_client();
    let get = async |path: &str| -> Value {
        let answer = http.get(format!("{}{path}", daemon.api)).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    };
    let items = get("/v1/items?limit=200").await;
    let rows = items["rows"].as_array().unwrap();
    assert!(rows.len() >= 20, "{}", rows.len());
    for row in rows {
        let item = get(&format!("/v1/items/{}", row["id"].as_str().unwrap())).await;
        for rendition in item["renditions"].as_array().unwrap() {
            let url = format!("{}{}", daemon.api, rendition["url"].as_str().unwrap());
            let answer = http.get(url).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{rendition}");
            let bytes = answer.bytes().await.unwrap();
            assert!(
                rendition["url"]
                    .as_str()
                    .unwrap()
                    .contains(&hex::encode(tradepost_store::sha256(&bytes)))
            );
        }
    }
}

/// Every rendition and file of every item, and every pack is there.
async fn assert_whole(daemon: &Daemon, state: &Path) {
    assert_pictures(daemon).await;
    // Files of packs and packs have no public URL: their names are compared with the database's.
    let options = tradepostd::embedded::postgres::find_running(&state.join("postgres")).unwrap();
    let pool = sqlx::PgPool::connect_with(options.database("tradepost")).await.unwrap();
    let files = "select encode(sha256, 'hex') from items where sha256 is not null union select encode(file_sha256, 'hex') from items where file_sha256 is not null";
    let files: Vec<String> = sqlx::query_scalar(files).fetch_all(&pool).await.unwrap();
    for name in &files {
        assert!(state.join("objects/m").join(&name[..2]).join(name).exists(), "{name}");
    }
    let packs = "select id::text || '/' || object_version from uploads where object_version is not null";
    let packs: Vec<String> = sqlx::query_scalar(packs).fetch_all(&pool).await.unwrap();
    for name in &packs {
        let found = ["uploads", "quarantine"].map(|folder| state.join("objects").join(folder).join(name).exists());
        assert!(found.contains(&true), "{name}");
    }
    assert!(
        files.len() >= 20 && packs.len() >= 2,
        "{} files, {} packs",
        files.len(),
        packs.len()
    );
    pool.close().await;
}

#[tokio::test]
async fn damaged_backup_is_told() {
    let app = TestApp::start();
    let token = app.trusted("ann");
    app.upload_and_settle(&token, &PackBuilder::ticks("Few", 2).build())
        .await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    text(&run(&["backup", "create", to], &app.state));
    let area = folder.path().join("objects/r");
    let first = std::fs::read_dir(area).unwrap().next().unwrap().unwrap().path();
    let object = std::fs::read_dir(first).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&object).unwrap();
    bytes[0] ^= 1;
    std::fs::write(&object, bytes).unwrap();
    let output = run(&["backup", "verify", to], &app.state);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains(object.file_name().unwrap().to_str().unwrap()), "{told}");
    let refused = |place: &str, why: &str| {
        let output = run(&["backup", "verify", place], &app.state);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(why), "{why}: {told}");
    };
    std::fs::remove_file(&object).unwrap();
    refused(to, object.file_name().unwrap().to_str().unwrap());
    std::fs::remove_file(folder.path().join("certificate.key")).unwrap();
    refused(to, "certificate.key");
    std::fs::write(folder.path().join("shop.dump"), json!({}).to_string()).unwrap();
    assert!(!run(&["backup", "verify", to], &app.state).status.success());
    let nowhere = folder.path().join("nowhere");
    refused(nowhere.to_str().unwrap(), "it is no backup");
    assert!(!nowhere.exists());
}

#[tokio::test]
async fn second_backup_to_a_place_at_once_is_refused() {
    let app = TestApp::start();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    let lock = std::fs::File::create(folder.path().join("lock")).unwrap();
    lock.lock().unwrap();
    let output = run(&["backup", "create", to], &app.state);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && told.contains("is running: wait until it has ended"),
        "{told}"
    );
    drop(lock);
    text(&run(&["backup", "create", to], &app.state));
}

#[tokio::test(flavor = "multi_thread")]
async fn shop_on_a_server_is_backed_up_to_a_bucket_and_restored_from_it() {
    let (Some(bucket), Ok(server)) = (ObjectServer::create().await, Server::start().await) else {
        return;
    };
    let at = |url: String| {
        let files = bucket
            .options()
            .set("OBJECTS__STORE", "files")
            .set("DATABASE__URL", url);
        Options {
            variables: files
                .variables
                .into_iter()
                .filter(|(key, _)| !key.ends_with("BUCKET") && !key.ends_with("PREFIX"))
                .collect(),
            ..Options::default()
        }
        .set("DATABASE__MAX_CONNECTIONS", 6)
    };
    let with = |arguments: &[&str], state: &Path, options: &Options| {
        let mut command = tradepost_tests::command("tradepostd");
        command
            .args(arguments)
            .env("TRADEPOST_STATE", state)
            .envs(options.variables().iter().cloned());
        command.output().unwrap()
    };
    let options = at(server.url());
    let app = TestApp::start_with(options.clone());
    let token = app.trusted("ann");
    app.upload_and_settle(&token, &PackBuilder::ticks("Many", 20).build())
        .await;
    let place = format!("s3://{}/backup", bucket.bucket);
    text(&with(&["backup", "create", &place], &app.state, &options));
    assert!(text(&with(&["backup", "verify", &place], &app.state, &options)).contains("The backup is whole"));

    // Somebody else of this shop is at it.
    let mut other = server.pool.acquire().await.unwrap();
    sqlx::query("select pg_advisory_lock(hashtextextended($1, 0))")
        .bind(&place)
        .execute(&mut *other)
        .await
        .unwrap();
    let output = with(&["backup", "create", &place], &app.state, &options);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("is running: wait until it has ended"),
        "{output:?}"
    );
    drop((app, other));

    sqlx::query("create database restored")
        .execute(&server.pool)
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (state, options) = (
        folder.path().join("state"),
        at(server.url().replace("/tradepost?", "/restored?")),
    );
    let started = Instant::now();
    text(&with(&["backup", "restore", &place], &state, &options));
    let daemon = Daemon::start(&state, &options);
    println!(
        "from the command to a shop that is open: {:.1} s",
        started.elapsed().as_secs_f64()
    );
    assert_pictures(&daemon).await;
    let output = with(&["backup", "restore", &place], &folder.path().join("again"), &options);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("has a shop already"),
        "{output:?}"
    );
}
