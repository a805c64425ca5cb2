//! Batches through the jail: every file has exactly one answer, in its place.

use std::sync::Arc;
use std::time::Duration;

use tradepost_jail::{InputFile, Jail, JailError, Limits, Rendered, Replying};
use tradepost_render::presets::{Preset, default_presets};
use tradepost_tests::{bombs, program};

fn jail() -> Jail {
    Jail::new(program("tradepostd"), 1, Limits::default())
}

fn presets() -> Arc<[Preset]> {
    default_presets().into_iter().take(2).collect()
}

fn icons(count: usize) -> Vec<InputFile> {
    let icon = |number| InputFile {
        path: format!("icon-{number}.svg"),
        bytes: super::icon(number).into(),
    };
    (0..count).map(icon).collect()
}

fn bomb(what: &str) -> InputFile {
    let (_, extension, bytes) = bombs::all().into_iter().find(|(name, ..)| *name == what).unwrap();
    InputFile {
        path: format!("bomb.{extension}"),
        bytes: bytes.into(),
    }
}

fn assert_drawn(answer: &Result<Rendered, JailError>) {
    let rendered = answer.as_ref().unwrap();
    assert_eq!(rendered.renditions.len(), 2);
    assert!(rendered.findings.is_empty());
}

#[tokio::test]
async fn every_file_is_answered_in_its_place() {
    let (jail, presets) = (jail(), presets());
    let mut files = icons(150);
    files[70].bytes = "<svg".into();
    files[71].path = "icon.exe".to_owned();
    let (answers, _) = jail.render_many(files.clone(), &presets).await;
    assert_eq!(answers.len(), 150);
    for (index, answer) in answers.iter().enumerate() {
        match index {
            70 | 71 => assert!(matches!(answer, Err(JailError::Refused(_))), "{index}: {answer:?}"),
            _ => assert_drawn(answer),
        }
    }
    // The same pictures as one at a time.
    for index in [0, 64, 149] {
        let (alone, _) = jail.render_many(vec![files[index].clone()], &presets).await;
        assert_eq!(
            alone[0].as_ref().unwrap().renditions,
            answers[index].as_ref().unwrap().renditions
        );
    }
    assert!(jail.render_many(Vec::new(), &presets).await.0.is_empty());
}

#[tokio::test]
async fn other_presets_in_the_next_batch_are_the_ones_that_are_drawn() {
    let (jail, first) = (jail(), presets());
    let other: Arc<[Preset]> = default_presets().into_iter().skip(4).take(1).collect();
    for (presets, count) in [(&first, 2), (&other, 1), (&first, 2)] {
        let (answers, _) = jail.render_many(icons(1), presets).await;
        let renditions = &answers[0].as_ref().unwrap().renditions;
        assert_eq!(renditions.len(), count);
        assert_eq!(renditions[0].preset, presets[0].name);
    }
}

#[tokio::test]
async fn a_file_that_ends_its_child_is_the_only_one_that_is_blamed() {
    let jail = Jail::new(
        program("tradepostd"),
        1,
        Limits {
            // Enough for an icon, not for 400,000 paths.
            memory_bytes: 48 << 20,
            ..Limits::default()
        },
    );
    let mut files = icons(40);
    let mut large = String::from("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>");
    large.push_str(&"<path d='M0 0h9v9z'/>".repeat(400_000));
    large.push_str("</svg>");
    files.insert(
        20,
        InputFile {
            path: "large.svg".to_owned(),
            bytes: large.into(),
        },
    );
    files.push(bomb("a gigabyte behind gzip"));
    let (answers, _) = jail.render_many(files, &presets()).await;
    for (index, answer) in answers.iter().enumerate() {
        match index {
            20 => assert!(matches!(answer, Err(JailError::Memory)), "{answer:?}"),
            41 => assert!(matches!(answer, Err(JailError::Refused(_))), "{answer:?}"),
            _ => assert_drawn(answer),
        }
    }
}

#[tokio::test]
async fn batch_of_a_pack_ends_at_the_file_that_is_slow_or_ends_its_child() {
    let limits = Limits {
        memory_bytes: 48 << 20,
        slow_after: Duration::from_millis(100),
        ..Limits::default()
    };
    let (jail, presets) = (Jail::new(program("tradepostd"), 1, limits), presets());
    let mut large = icons(1).remove(0);
    let shapes = "<path d='M0 0h9v9z'/>".repeat(400_000);
    large.bytes = format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>{shapes}</svg>").into();
    for (bad, place) in [(bomb("150,000 translucent paths"), 3), (large, 1)] {
        let mut files = icons(6);
        files[4].bytes = "<svg".into();
        files.insert(place, bad);
        let together = jail.render_batch(files.clone(), &presets, Replying::Together).await;
        assert!(together.unwrap().len() <= place);
        let answers = jail
            .render_batch(files.clone(), &presets, Replying::Singly)
            .await
            .unwrap();
        assert_eq!(answers.len(), place);
        answers.iter().for_each(assert_drawn);
        let rest = files.split_off(place + 1);
        let rest = jail.render_batch(rest, &presets, Replying::Together).await.unwrap();
        let refused: Vec<_> = rest.iter().map(Result::is_err).collect();
        assert_eq!(refused, (place..6).map(|index| index == 4).collect::<Vec<_>>());
        // Beside the pictures a pack needs its prints.
        assert!(answers[0].as_ref().unwrap().fingerprint.is_some());
    }
}

#[tokio::test]
async fn nothing_is_lost_when_children_are_killed_from_outside() {
    let (jail, presets) = (jail(), presets());
    for _ in 0..3 {
        // The child is there and at work when it is killed.
        jail.render_many(icons(1), &presets).await;
        let (files, work_jail, presets) = (icons(600), jail.clone(), Arc::clone(&presets));
        let work = tokio::spawn(async move { work_jail.render_many(files, &presets).await.0 });
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(kill_a_child() && !work.is_finished(), "the work was over too soon");
        let answers = work.await.unwrap();
        assert_eq!(answers.len(), 600);
        answers.iter().for_each(assert_drawn);
    }
}

/// Kills one child of this process that is a jail's; false when there is none.
fn kill_a_child() -> bool {
    let own = std::process::id().to_string();
    let children = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let process: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let parent = stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.to_owned();
        let line = std::fs::read(format!("/proc/{process}/cmdline")).ok()?;
        let is_jail = line.split(|&byte| byte == 0).any(|word| word == b"jail-child");
        (parent == own && is_jail).then_some(process)
    });
    let signal = nix::sys::signal::Signal::SIGKILL;
    children
        .take(1)
        .any(|process| nix::sys::signal::kill(nix::unistd::Pid::from_raw(process), signal).is_ok())
}

#[tokio::test]
async fn work_that_nobody_waits_for_ends_with_its_child() {
    let (jail, presets) = (jail(), presets());
    let slow = vec![bomb("150,000 translucent paths"); 20];
    let waited = tokio::time::timeout(Duration::from_millis(300), jail.render_many(slow, &presets)).await;
    if waited.is_err() {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while jail.children() > 0 {
            assert!(tokio::time::Instant::now() < deadline, "the child goes on");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let (answers, _) = jail.render_many(icons(1), &presets).await;
    assert_drawn(&answers[0]);
}
