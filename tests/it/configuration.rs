//! Configuration: every fault at once, before anything is bound, and no secret in any of it.

use std::path::PathBuf;
use std::process::Output;

use reqwest::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use tempfile::TempDir;
use tradepost_tests::server::Server;
use tradepost_tests::{Options, PackBuilder, TestApp};
use tradepostd::database;
use tradepostd::embedded::postgres::{Cluster, ClusterSpec};

const FAULTY: &str = r#"
    [http]
    listen = "nowhere"
    port = 80
    public_url = "ftp://shop/"
    [queues]
    attempts = 0
    [queues.concurrency]
    images = 4
    batch = 2
    [database]
    url = "mysql://root:hunter2@db"
    [daemon]
    roles = ["api", "cook"]
    [kitchen]
    oven = "on"
"#;
const FAULTS: [&str; 9] = [
    "http.listen",
    "http.port",
    "http.public_url",
    "queues.attempts",
    "queues.concurrency.images",
    "queues.concurrency.batch: was renamed: set queues.concurrency.unpack",
    "database.url",
    "daemon.roles",
    "kitchen",
];
/// `EX_CONFIG`: systemd does not start again what can only fail again.
const EXIT_CONFIG: i32 = 78;

/// A folder with a configuration file, to run `tradepostd` in.
struct Place {
    folder: TempDir,
    file: PathBuf,
}

impl Place {
    fn new(toml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tradepost.toml");
        std::fs::write(&file, toml).unwrap();
        Self { folder, file }
    }

    fn run(&self, command: &str, variables: &[(&str, &str)]) -> Output {
        let mut tradepostd = tradepost_tests::command("tradepostd");
        tradepostd
            .arg(command)
            .arg("--config")
            .arg(&self.file)
            .arg("--state")
            .arg(self.folder.path().join("state"));
        tradepostd.envs(variables.iter().copied()).output().unwrap()
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}

#[test]
fn every_fault_is_told_at_once_and_no_secret() {
    let place = Place::new(FAULTY);
    for command in ["check", "serve", "migrate"] {
        let output = place.run(command, &[]);
        assert_eq!(output.status.code(), Some(EXIT_CONFIG), "{command}: {output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        for fault in FAULTS {
            assert!(stderr.contains(fault), "{command}: {fault} is not in\n{stderr}");
        }
        assert!(!told(&output).contains("hunter2"), "{command}: {output:?}");
        assert!(!place.folder.path().join("state").exists(), "{command} touches nothing");
    }
}

#[cfg(not(feature = "otlp"))]
#[test]
fn traces_need_a_program_that_was_built_for_them() {
    let output = Place::new("[telemetry]\notlp_url = \"http://127.0.0.1:4318\"\n").run("check", &[]);
    assert_eq!(output.status.code(), Some(EXIT_CONFIG), "{output:?}");
    let remedy = "telemetry.otlp_url: this program was built without traces: build it with `cargo build --release";
    assert!(told(&output).contains(remedy), "{output:?}");
}

#[test]
fn file_that_is_no_toml_or_not_there_is_told() {
    let place = Place::new("[http\nlisten = 1");
    let output = place.run("check", &[]);
    assert_eq!(output.status.code(), Some(EXIT_CONFIG), "{output:?}");
    let gone = Place {
        file: place.folder.path().join("gone.toml"),
        ..place
    };
    let output = gone.run("check", &[]);
    assert_eq!(output.status.code(), Some(EXIT_CONFIG), "{output:?}");
    assert!(told(&output).contains("gone.toml"), "{output:?}");
}

#[test]
fn variables_go_before_the_file_and_misspelt_ones_are_told() {
    let place = Place::new("[http]\nlisten = \"127.0.0.1:1111\"\n");
    let good = place.run("check", &[("TRADEPOST_HTTP__LISTEN", "127.0.0.1:2222")]);
    assert_eq!(good.status.code(), Some(0), "{good:?}");
    assert!(told(&good).contains("127.0.0.1:2222"), "{good:?}");
    for (name, value) in [
        ("TRADEPOST_HTTP_LISTEN", "127.0.0.1:2222"),
        ("TRADEPOST_HTTP__LISTENS", "x"),
        ("TRADEPOST_LIMITS__PACK_MIB", "many"),
    ] {
        let output = place.run("check", &[(name, value)]);
        assert_eq!(output.status.code(), Some(EXIT_CONFIG), "{name}: {output:?}");
        let key = name
            .strip_prefix("TRADEPOST_")
            .unwrap()
            .to_lowercase()
            .replace("__", ".");
        let told = told(&output);
        assert!(told.contains(name) || told.contains(&key), "{name}: {told}");
    }
}

#[test]
fn sound_configuration_is_checked_without_starting_anything() {
    let place = Place::new("[limits]\npack_mib = 8\n[database]\nurl = \"postgres://shop:hunter2@db.example/shop\"\n");
    let output = place.run("check", &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = told(&output);
    assert!(
        told.contains("configuration  ok") && !told.contains("hunter2"),
        "{told}"
    );
    assert!(!place.folder.path().join("state").exists());
}

#[tokio::test]
async fn server_of_somebody_else_is_used_and_its_password_is_never_told() {
    let folder = tempfile::Builder::new().prefix("tradepost-pg-").tempdir().unwrap();
    let dir = folder.path().join("postgres");
    let cluster = Cluster::start(ClusterSpec {
        dir: dir.clone(),
        ..ClusterSpec::default()
    })
    .await
    .unwrap();
    cluster.ensure_database("market").await.unwrap();
    let socket = dir.join("socket").display().to_string().replace('/', "%2F");
    let url = |name: &str| format!("postgres://tradepost:hunter2@localhost/{name}?host={socket}");

    let place = Place::new("[http]\nlisten = \"127.0.0.1:0\"\n");
    let missing = place.run("serve", &[("TRADEPOST_DATABASE__URL", &url("missing"))]);
    assert_eq!(missing.status.code(), Some(1), "{missing:?}");
    let words = told(&missing);
    assert!(
        words.contains("connecting to the database") && !words.contains("hunter2"),
        "{words}"
    );

    let mut app = TestApp::start_with(Options::default().set("DATABASE__URL", url("market")));
    let overview = app.look("/v1/overview").await;
    assert_eq!(overview["mode"], "cloud", "{overview}");
    assert!(!app.state.join("postgres").exists(), "there is no private cluster");

    let token = app.trusted("ann");
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Ticks", 2).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    assert!(!app.log().contains("hunter2"), "{}", app.log());
    app.restart();
    let (status, items) = app.get("/v1/items", None).await;
    assert_eq!(
        (status, items["rows"].as_array().unwrap().len()),
        (StatusCode::OK, 2),
        "{items}"
    );
    drop(app);
    cluster.stop().await;
}

#[tokio::test]
async fn port_that_is_taken_is_named() {
    let app = TestApp::start();
    let taken = app.api.strip_prefix("http://").unwrap();
    let place = Place::new(&format!("[http]\nlisten = {}\n", json!(taken)));
    let output = place.run("serve", &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        told(&output).contains(taken) && told(&output).contains("http.listen"),
        "{output:?}"
    );
}

#[tokio::test]
async fn a_migration_may_take_longer_than_a_request() {
    let server = Server::start().await.unwrap();
    sqlx::query("create database slow").execute(&server.pool).await.unwrap();
    let options = server.pool.connect_options();
    let options = options.as_ref().clone().database("slow");
    // The first table of the migrations takes longer than the limit.
    let slowly = "create sequence calls;
        create function wait_once() returns event_trigger language plpgsql as $$
        begin if nextval('calls') = 1 then perform pg_sleep(1); end if; end $$;
        create event trigger wait_once on ddl_command_start when tag in ('CREATE TABLE') execute function wait_once()";
    let pool = PgPool::connect_lazy_with(options.clone());
    sqlx::raw_sql(slowly).execute(&pool).await.unwrap();
    pool.close().await;
    let pool = PgPool::connect_lazy_with(options.options([("statement_timeout", "500ms")]));
    database::migrate(&pool).await.unwrap();
    pool.close().await;
}
