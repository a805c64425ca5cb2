//! The command blocks of README and docs/ run as they are printed; only names of the reader's machine are replaced.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use reqwest::Method;
use serde_json::json;
use tradepost_tests::daemon::Daemon;
use tradepost_tests::packs::{TICK, square};
use tradepost_tests::sqs::Sqs;
use tradepost_tests::{Options, PackBuilder, TestApp, program};

const README: &str = include_str!("../../README.md");
const OPERATIONS: &str = include_str!("../../docs/OPERATIONS.md");
const DOCUMENTS: [(&str, &str); 7] = [
    ("README.md", README),
    ("OPERATIONS.md", OPERATIONS),
    ("ARCHITECTURE.md", include_str!("../../docs/ARCHITECTURE.md")),
    ("BENCHMARKS.md", include_str!("../../docs/BENCHMARKS.md")),
    ("GLOSSARY.md", include_str!("../../docs/GLOSSARY.md")),
    ("MANIFEST.md", include_str!("../../docs/MANIFEST.md")),
    ("SECURITY.md", include_str!("../../docs/SECURITY.md")),
];

/// The blocks below each heading. All but two have a test in this file.
const BLOCKS: [(&str, &str, &str, usize); 11] = [
    // Needs root and a service manager; `systemd/verify` checks the units.
    ("OPERATIONS.md", "Install on Debian 12", "sh", 1),
    ("README.md", "Five minutes by hand", "sh", 4),
    ("README.md", "Signing up", "sh", 1),
    ("OPERATIONS.md", "Configuration", "toml", 1),
    ("OPERATIONS.md", "Presets", "toml", 1),
    ("OPERATIONS.md", "Backup", "sh", 2),
    ("OPERATIONS.md", "Campaigns", "sh", 1),
    ("OPERATIONS.md", "Rendering without a marketplace", "sh", 1),
    ("OPERATIONS.md", "SQS", "sh", 1),
    ("OPERATIONS.md", "Money", "sh", 1),
    // Read by a test of tradepost-inspect.
    ("MANIFEST.md", "The manifest of a pack", "json", 1),
];

#[test]
fn every_block_of_commands_has_a_test() {
    let mut found = BTreeMap::new();
    for (name, text) in DOCUMENTS {
        for block in blocks(text).into_iter().filter(|block| !block.language.is_empty()) {
            *found.entry((name, block.heading, block.language)).or_insert(0) += 1;
        }
    }
    let known: BTreeMap<_, _> = BLOCKS
        .into_iter()
        .map(|(name, heading, language, count)| ((name, heading, language), count))
        .collect();
    assert_eq!(found, known);
}

#[test]
fn security_has_the_table_of_verbs_and_roles() {
    let (_, security) = DOCUMENTS[6];
    let table = tradepost_common::verbs::markdown();
    assert!(
        security.contains(&table),
        "docs/SECURITY.md has another table than:\n{table}"
    );
}

#[test]
fn install_names_files_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = block(OPERATIONS, "Install on Debian 12", 0);
    let files = text.split_whitespace().filter(|word| word.starts_with("systemd/"));
    for file in files.filter(|file| !file.contains('*')) {
        assert!(root.join(file).exists(), "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readme_uploads_by_hand() {
    let app = TestApp::start();
    let shell = Shell::beside(&app);
    let icons = shell.folder.path().join("icons");
    std::fs::create_dir(&icons).unwrap();
    std::fs::write(icons.join("tick.svg"), TICK).unwrap();
    std::fs::write(icons.join("square.svg"), square("#c00000")).unwrap();
    let script = [1, 2]
        .map(|number| block(README, "Five minutes by hand", number))
        .concat();
    let script = script.replace("http://127.0.0.1:8780", &app.api);
    let output = shell.run(&script.replace("DIR_WITH_SVGS", "icons"));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("in review") || text.contains("in_review"), "{output:?}");
    let uploads = app.look("/v1/uploads").await;
    assert_eq!(uploads["rows"].as_array().map(Vec::len), Some(2), "{uploads}");
}

#[tokio::test(flavor = "multi_thread")]
async fn readme_buys_by_hand_and_operators_see_it() {
    let app = TestApp::start();
    let seller = app.trusted("ann");
    app.upload_and_settle(&seller, &PackBuilder::ticks("Ticks", 1).build())
        .await;
    let shell = Shell::beside(&app);
    let script = block(README, "Five minutes by hand", 3);
    shell.run(&format!("api={}\n{script}", app.api));
    let files: Vec<_> = std::fs::read_dir(shell.folder.path()).unwrap().collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let socket = app.socket().to_string_lossy().into_owned();
    let output = shell.run(&block(OPERATIONS, "Money", 0).replace("/run/tradepost/control.sock", &socket));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("\"differences\":[]") && text.contains("liabilities:earnings:ann"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn readme_signs_up_by_hand() {
    let app = TestApp::start();
    let shell = Shell::beside(&app);
    let output = shell.run(&format!("api={}\n{}", app.api, block(README, "Signing up", 0)));
    let secret = String::from_utf8_lossy(&output.stdout)
        .lines()
        .last()
        .unwrap()
        .to_owned();
    let (status, account) = app.get("/v1/account", Some(&secret)).await;
    assert_eq!(
        (status.as_u16(), &account["scopes"]),
        (200, &json!(["read", "buy"])),
        "{account}"
    );
}

#[test]
fn configuration_of_the_documents_is_accepted() {
    let shell = Shell::new(&[]);
    let presets = block(OPERATIONS, "Presets", 0).replace("# watermark = \"mark.svg\"", "# watermark = \"tiled\"");
    std::fs::write(shell.folder.path().join("previews.toml"), presets).unwrap();
    let text = block(OPERATIONS, "Configuration", 0).replace(
        "# presets = \"/etc/tradepost/previews.toml\"",
        "presets = \"previews.toml\"",
    );
    std::fs::write(shell.folder.path().join("tradepostd.toml"), text).unwrap();
    shell.run("tradepostd check --config tradepostd.toml");
}

#[tokio::test(flavor = "multi_thread")]
async fn backup_is_restored_into_a_new_state_directory() {
    let app = TestApp::start();
    let token = app.trusted("acme");
    let pack = PackBuilder::ticks("Ticks", 3).build();
    let trace = app.upload_and_settle(&token, &pack).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let items = app.get("/v1/items", None).await.1;
    let shell = Shell::beside(&app);
    let at = |state: &Path, number| {
        let text = block(OPERATIONS, "Backup", number);
        text.replace("/var/lib/tradepost", &state.to_string_lossy())
    };
    shell.run(&at(&app.state, 0));
    drop(app);

    let restored = shell.folder.path().join("restored");
    shell.run(&at(&restored, 1));
    let daemon = Daemon::start(&restored, &Options::default());
    let found = reqwest_json(&format!("{}/v1/items", daemon.api)).await;
    assert_eq!(found["rows"].as_array().unwrap().len(), 3);
    let names = |page: &serde_json::Value| {
        page["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&found), names(&items));
    let mode = std::fs::metadata(restored.join("signing.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o077, 0, "the signing key is private: {mode:o}");
}

#[tokio::test(flavor = "multi_thread")]
async fn campaign_runs_from_the_plan_to_the_collection() {
    let app = TestApp::start_with(Options::default().set("CAMPAIGNS__RESERVE_MIB", 0));
    let token = app.trusted("acme");
    app.upload_and_settle(&token, &PackBuilder::ticks("Ticks", 3).build())
        .await;
    app.sql("update renditions set preset_sha256 = sha256('another engine')")
        .await;
    let shell = Shell::beside(&app);
    let text = block(OPERATIONS, "Campaigns", 0);
    let (plan, rest) = text.split_once('\n').unwrap();
    shell.run(plan);
    let campaigns = app.look("/v1/campaigns").await;
    let id = campaigns["rows"][0]["id"].as_str().expect("a campaign was planned");
    // A person is asked before these; a script must say so.
    let rest = ["swap", "rollback", "collect"]
        .iter()
        .fold(rest.to_owned(), |text, verb| {
            text.replace(&format!(" {verb} ID"), &format!(" {verb} ID --yes"))
        });
    shell.run(&rest.replace("ID", id));
    let (_, campaign) = app.control(Method::GET, &format!("/v1/campaigns/{id}"), None).await;
    assert_eq!(campaign["state"], json!("rolled_back"), "{campaign}");
}

#[test]
fn folders_are_rendered_without_a_marketplace() {
    let shell = Shell::new(&[]);
    let icons = shell.folder.path().join("icons");
    std::fs::create_dir(&icons).unwrap();
    std::fs::write(icons.join("tick.svg"), TICK).unwrap();
    std::fs::write(
        shell.folder.path().join("icons.zip"),
        PackBuilder::ticks("Ticks", 2).build(),
    )
    .unwrap();
    std::fs::write(
        shell.folder.path().join("previews.toml"),
        block(OPERATIONS, "Presets", 0),
    )
    .unwrap();
    let text = block(OPERATIONS, "Rendering without a marketplace", 0);
    let text = text.replace("ssh box tar x", "tar t");
    // Other presets go into a folder of their own.
    let (first, last) = text.trim_end().rsplit_once('\n').unwrap();
    let output = shell.run(&format!("{first}\n{}", last.replace("previews/", "others/")));
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("tick.svg/"),
        "{output:?}"
    );
}

#[test]
fn queues_are_made_on_sqs() {
    let Some(sqs) = Sqs::start() else { return };
    let shell = Shell::new(&sqs.options().variables);
    let output = shell.run(&block(OPERATIONS, "SQS", 0));
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("render-bulk"),
        "{output:?}"
    );
}

struct Block<'a> {
    heading: &'a str,
    language: &'a str,
    text: String,
}

/// The fenced blocks of a document, in order.
fn blocks(document: &str) -> Vec<Block<'_>> {
    let (mut heading, mut blocks, mut open) = ("", Vec::new(), None::<Block<'_>>);
    for line in document.lines() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(language), None) => {
                open = Some(Block {
                    heading,
                    language,
                    text: String::new(),
                })
            }
            (None, Some(block)) => block.text += &format!("{line}\n"),
            (None, None) if line.starts_with('#') => heading = line.trim_start_matches(['#', ' ']),
            (None, None) => {}
        }
    }
    blocks
}

/// The block of that number below a heading.
fn block(document: &str, heading: &str, number: usize) -> String {
    let below = blocks(document).into_iter().filter(|block| block.heading == heading);
    below
        .map(|block| block.text)
        .nth(number)
        .expect("the document has the block")
}

async fn reqwest_json(url: &str) -> serde_json::Value {
    reqwest::get(url).await.unwrap().json().await.unwrap()
}

/// A shell in an empty folder, with the built programs on its path.
struct Shell {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Shell {
    fn new(variables: &[(String, String)]) -> Self {
        let programs = program("tradepostd").parent().unwrap().to_owned();
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        let own = [
            ("PATH", path),
            ("TRADEPOST_HTTP__LISTEN", "127.0.0.1:0".to_owned()),
            ("TRADEPOST_SCANNER__PRIVATE", "true".to_owned()),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: own.into_iter().chain(variables.iter().cloned()).collect(),
        }
    }

    fn beside(app: &TestApp) -> Self {
        let variable = |name: &str, value: String| (name.to_owned(), value);
        Self::new(&[
            variable("TRADEPOST_STATE", app.state.to_string_lossy().into_owned()),
            variable("TRADEPOST_API", app.api.clone()),
        ])
    }

    /// Runs a script that must succeed.
    fn run(&self, script: &str) -> Output {
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(&self.folder)
            .envs(self.variables.iter().cloned())
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}\n{output:?}");
        output
    }
}
