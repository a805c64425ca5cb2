//! Buckets as input: drawn whole, taken up again, and what of them cannot be read is said.

mod gate;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;
use tradepost_tests::command;
use tradepost_tests::s3::Bucket;

use self::gate::Gate;
use super::{SMALL, errors, icon, pictures, unpacked};

/// Variables of the environment.
type Variables<'a> = &'a [(&'a str, &'a str)];

/// A bucket, and a folder for what is made of it.
struct Bench {
    bucket: Bucket,
    folder: TempDir,
}

impl Bench {
    /// With so many icons below `icons/`. `None` where there is no server.
    fn with_icons(count: usize) -> Option<Self> {
        let bench = Self {
            bucket: Bucket::create()?,
            folder: tempfile::tempdir().unwrap(),
        };
        bench
            .bucket
            .put((0..count).map(|number| (key(number), icon(number).into_bytes())));
        Some(bench)
    }

    fn address(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket.name)
    }

    fn out(&self) -> std::path::PathBuf {
        self.folder.path().join("out")
    }

    /// `tradepostd render` of these places, with nothing of the machine's own.
    fn render(&self, keys: &[&str], arguments: &[&str]) -> Command {
        let mut command = command("tradepostd");
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("AWS_") {
                command.env_remove(variable);
            }
        }
        command
            .current_dir(self.folder.path())
            .envs(self.bucket.environment())
            .arg("render")
            .args(keys.iter().map(|key| self.address(key)))
            .args(["--threads", "2"])
            .args(SMALL)
            .args(arguments);
        command
    }

    fn summary(&self, keys: &[&str], arguments: &[&str]) -> (Option<i32>, Value) {
        summary(self.render(keys, arguments).arg("--json").output().unwrap())
    }
}

fn key(number: usize) -> String {
    let folder = if number.is_multiple_of(3) { "deep/er/" } else { "" };
    format!("icons/{folder}icon-{number}.svg")
}

fn summary(output: Output) -> (Option<i32>, Value) {
    let told = serde_json::from_slice(&output.stdout);
    let code = output.status.code();
    (code, told.unwrap_or_else(|_| panic!("{}", errors(&output))))
}

/// The words of a run that must have ended with an error, and not by a panic.
fn refusal(output: &Output) -> String {
    let errors = errors(output);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    errors
}

/// The names in the list of failures, and why.
fn failures(out: &Path) -> Vec<(String, String)> {
    let list = std::fs::read_to_string(out.join("failures.tsv")).unwrap_or_default();
    let fields = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        (fields[0].to_owned(), fields[2].to_owned())
    };
    let mut failures: Vec<_> = list.lines().map(fields).collect();
    failures.sort();
    failures
}

#[test]
fn a_prefix_of_many_pages_is_drawn_whole_and_nothing_beside_it() {
    let Some(bench) = Bench::with_icons(220) else { return };
    let beside = ["icons-old/a.svg", "icons/readme.txt", "icons/folder/"];
    bench.bucket.put(beside.map(|key| (key.to_owned(), b"<svg/>".to_vec())));
    let (code, told) = bench.summary(&["icons"], &["--out", "out", "--s3-page", "50"]);
    assert_eq!(
        (code, &told["drawn"], &told["passed_over"]),
        (Some(0), &220.into(), &1.into()),
        "{told}"
    );
    let drawn = pictures(&bench.out());
    assert_eq!(drawn.len(), 440);
    assert!(drawn["deep/er/icon-0.svg/png-64.png"].starts_with(b"\x89PNG"));
    assert!(drawn.contains_key("icon-1.svg/webp-64.webp"));
}

#[test]
fn a_bucket_and_a_folder_of_it_give_the_same_pictures() {
    let Some(bench) = Bench::with_icons(30) else { return };
    let folder = super::Bench::with_icons(30);
    assert_eq!(folder.summary(&["--out", "out"]).0, Some(0));
    let (code, told) = bench.summary(&["icons/"], &["--out", "bucket.tar"]);
    assert_eq!(code, Some(0), "{told}");
    let drawn = unpacked(&bench.folder.path().join("bucket.tar"));
    assert_eq!(drawn, pictures(&folder.path("out")));
}

#[test]
fn keys_of_any_letters_and_single_objects_have_pictures_of_their_name() {
    let Some(bench) = Bench::with_icons(2) else { return };
    let keys = ["odd/a b+c%20.svg", "odd/ü\u{1}&<.svg", "odd/?#.svg"];
    bench.bucket.put(keys.map(|key| (key.to_owned(), icon(1).into_bytes())));
    let (code, told) = bench.summary(&["odd", "icons/icon-1.svg"], &["--out", "out"]);
    assert_eq!((code, &told["drawn"]), (Some(0), &4.into()), "{told}");
    let drawn = pictures(&bench.out());
    for name in keys.into_iter().chain(["icon-1.svg/icon-1.svg"]) {
        assert!(
            drawn.contains_key(&format!("{name}/png-64.png")),
            "{name}: {:?}",
            drawn.keys()
        );
    }
}

#[test]
fn a_second_run_fetches_only_what_is_new_or_changed() {
    let Some(bench) = Bench::with_icons(40) else { return };
    assert_eq!(bench.summary(&["icons"], &["--out", "out"]).0, Some(0));
    let changed = icon(1).replace("24 24", "48 48").into_bytes();
    bench.bucket.put([(key(99), icon(99).into_bytes()), (key(1), changed)]);
    let (code, told) = bench.summary(&["icons"], &["--out", "out", "--resume"]);
    assert_eq!(
        (code, &told["drawn"], &told["kept"]),
        (Some(0), &2.into(), &39.into()),
        "{told}"
    );
    assert_eq!(told["bytes_in"], icon(99).len() + icon(1).len(), "{told}");
}

#[test]
fn objects_that_cannot_be_drawn_are_named_and_the_others_are_drawn() {
    let Some(bench) = Bench::with_icons(20) else { return };
    let torn = b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0h9".to_vec();
    let elsewhere = ["icons/a//b.svg", "icons/a\\b.svg"].map(|key| (key.to_owned(), icon(1).into_bytes()));
    bench
        .bucket
        .put([("icons/torn.svg".to_owned(), torn)].into_iter().chain(elsewhere));
    let (code, told) = bench.summary(&["icons"], &["--out", "out"]);
    assert_eq!((code, &told["drawn"]), (Some(2), &20.into()), "{told}");
    let failed = failures(&bench.out());
    let names: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a//b.svg", "a\\\\b.svg", "torn.svg"], "{failed:?}");
    assert!(failed[0].1.contains("an empty part"), "{failed:?}");
}

#[test]
fn an_object_that_vanished_or_changed_after_the_listing_is_a_failure_of_its_own() {
    let Some(bench) = Bench::with_icons(30) else { return };
    let gate = Gate::before(&bench.bucket, 0);
    let arguments = ["--out", "out", "--json", "--s3-endpoint", &gate.endpoint];
    let mut run = bench.render(&["icons"], &arguments);
    let run = run.stdout(std::process::Stdio::piped()).spawn().unwrap();
    // The one page of the listing is through when the first object is asked for.
    gate.wait();
    bench.bucket.delete(&key(5));
    bench.bucket.put([(key(7), icon(8).into_bytes())]);
    gate.open();
    let (code, told) = summary(run.wait_with_output().unwrap());
    assert_eq!(
        (code, &told["drawn"], &told["failed"]),
        (Some(2), &28.into(), &2.into()),
        "{told}"
    );
    let failed = failures(&bench.out());
    assert_eq!(
        (failed[0].0.as_str(), failed[1].0.as_str()),
        ("icon-5.svg", "icon-7.svg")
    );
    assert!(failed[0].1.contains("deleted after it was listed"), "{failed:?}");
    assert!(failed[1].1.contains("replaced after it was listed"), "{failed:?}");
    let (code, told) = bench.summary(&["icons"], &["--out", "out"]);
    assert_eq!(
        (code, &told["drawn"], &told["kept"]),
        (Some(0), &1.into(), &28.into()),
        "{told}"
    );
}

#[test]
fn a_network_that_goes_away_ends_the_run_and_the_next_one_goes_on() {
    const ICONS: usize = 600;
    let Some(bench) = Bench::with_icons(ICONS) else { return };
    let gate = Gate::before(&bench.bucket, 300);
    let mut run = bench.render(&["icons"], &["--out", "out", "--s3-endpoint", &gate.endpoint]);
    let run = run.stderr(std::process::Stdio::piped()).spawn().unwrap();
    gate.wait();
    gate.cut();
    let errors = refusal(&run.wait_with_output().unwrap());
    assert!(
        errors.contains(&format!("reading {}", bench.address("icons/"))),
        "{errors}"
    );
    let (code, told) = bench.summary(&["icons"], &["--out", "out", "--resume"]);
    assert_eq!(code, Some(0), "{told}");
    let (drawn, kept) = (told["drawn"].as_u64().unwrap(), told["kept"].as_u64().unwrap());
    assert_eq!(drawn + kept, ICONS as u64, "{told}");
    assert_eq!(pictures(&bench.out()).len(), 2 * ICONS);
}

#[test]
fn places_that_cannot_be_listed_are_refused_before_anything_is_made() {
    let Some(bench) = Bench::with_icons(1) else { return };
    let stranger = [("AWS_ACCESS_KEY_ID", "222222222222")];
    let elsewhere = [("AWS_REGION", "us-west-2")];
    let nobody = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
    let no_server = [("AWS_ENDPOINT_URL", "http://127.0.0.1:1")];
    let no_url = [("AWS_ENDPOINT_URL", "127.0.0.1")];
    let cases: [(&str, Variables<'_>, &str); 7] = [
        ("icons", &stranger, "listing it is not allowed"),
        ("icons", &elsewhere, "eu-central-1"),
        ("icons", &nobody, "there are no credentials of AWS"),
        ("icons", &no_server, "Connection refused"),
        ("icons", &no_url, "is not a URL"),
        ("nothing", &[], "there are no objects below it"),
        ("icons/icon-7.svg", &[], "there is no such object"),
    ];
    for (key, variables, words) in cases {
        let mut run = bench.render(&[key], &["--out", "out"]);
        let errors = refusal(&run.envs(variables.iter().copied()).output().unwrap());
        assert!(errors.contains(words), "{words}: {errors}");
        assert!(errors.contains(&bench.address(key)), "{errors}");
        assert!(!bench.out().exists(), "{words}");
    }
    let mut run = command("tradepostd");
    run.current_dir(bench.folder.path()).envs(bench.bucket.environment());
    run.args(["render", "s3://no-such-bucket/icons", "--out", "out"]);
    let errors = refusal(&run.output().unwrap());
    assert!(
        errors.contains("s3://no-such-bucket/icons/: there is no such bucket"),
        "{errors}"
    );
}

#[test]
fn objects_that_may_not_be_read_are_failures_unless_none_may() {
    let Some(bench) = Bench::with_icons(60) else { return };
    let allow = |action: &str, resource: String| json!({ "Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource });
    let arn = format!("arn:aws:s3:::{}", bench.bucket.name);
    let list = allow("s3:ListBucket", arn.clone());
    let policy = |statements: Value| json!({ "Version": "2012-10-17", "Statement": statements });
    bench.bucket.set_policy(&policy(json!([list])));
    let stranger = || {
        let mut run = bench.render(&["icons"], &["--out", "out", "--json"]);
        run.env("AWS_ACCESS_KEY_ID", "222222222222");
        run.output().unwrap()
    };
    let errors = refusal(&stranger());
    assert!(
        errors.contains("none of the first 20 objects could be read"),
        "{errors}"
    );
    assert!(errors.contains("s3:GetObject"), "{errors}");
    let read = allow("s3:GetObject", format!("{arn}/icons/deep/*"));
    bench.bucket.set_policy(&policy(json!([list, read])));
    let (code, told) = summary(stranger());
    assert_eq!(
        (code, &told["drawn"], &told["failed"]),
        (Some(2), &20.into(), &40.into()),
        "{told}"
    );
    assert_eq!(told["failures"][0]["kind"], "unreadable", "{told}");
}
