//! `tradepostd queues`, and a daemon that does not find what it needs.

use tradepost_tests::Options;
use tradepost_tests::sqs::Sqs;
use tradepostd::jobs::QUEUES;

fn told(output: &std::process::Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(text).unwrap()
}

/// Two lanes and a dead-letter queue for each name.
const MADE: usize = 3 * QUEUES.len();

/// The word before each name, without the changes.
fn words(output: &std::process::Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with(' '));
    lines.map(|line| line[..13].trim().to_owned()).collect()
}

#[test]
fn queues_are_created_once_and_corrected_later() {
    let Some(sqs) = Sqs::start() else { return };
    assert_eq!(words(&sqs.queues(&["create", "--dry-run"])), vec!["would create"; MADE]);
    assert!(
        told(&sqs.queues(&["ls"])).contains("is missing"),
        "a dry run makes nothing"
    );
    assert_eq!(words(&sqs.queues(&["create"])), vec!["created"; MADE]);
    assert_eq!(words(&sqs.queues(&["create"])), vec!["unchanged"; MADE]);

    let other = sqs.options().set("QUEUES__ATTEMPTS", 7);
    let dry = sqs.queues_with(&["create", "--dry-run"], &other);
    let changed: Vec<_> = ["unchanged", "would change", "would change"].repeat(QUEUES.len());
    assert_eq!(words(&dry), changed, "{}", told(&dry));
    assert!(told(&dry).contains(r#""maxReceiveCount":12} -> "#), "{}", told(&dry));
    let applied = sqs.queues_with(&["create"], &other);
    assert_eq!(
        words(&applied),
        ["unchanged", "changed", "changed"].repeat(QUEUES.len())
    );
    assert_eq!(words(&sqs.queues_with(&["create"], &other)), vec!["unchanged"; MADE]);
    assert!(!told(&sqs.queues(&["ls"])).contains("is missing"));
}

#[test]
fn with_postgres_there_is_nothing_to_create() {
    let Some(sqs) = Sqs::start() else { return };
    for command in ["create", "ls"] {
        let output = sqs.queues_with(&[command], &Options::default());
        assert!(output.status.success(), "{output:?}");
        assert!(told(&output).contains("there is nothing to create"), "{output:?}");
    }
}

#[test]
fn daemon_does_not_start_without_its_queues_or_without_an_answer() {
    let Some(sqs) = Sqs::start() else { return };
    let nobody = sqs.options().set("AWS__ENDPOINT", "http://127.0.0.1:1");
    for (options, word) in [
        (sqs.options(), "run `tradepostd queues create`"),
        (nobody, "http://127.0.0.1:1"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = tradepost_tests::command("tradepostd");
        command
            .args(["serve", "--config", "/dev/null", "--state"])
            .arg(folder.path());
        command
            .env("TRADEPOST_HTTP__LISTEN", "127.0.0.1:0")
            .envs(options.variables);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(told(&output).contains(word), "{}", told(&output));
    }
}
