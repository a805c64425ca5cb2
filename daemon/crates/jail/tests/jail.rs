//! The jail with real children, and files that do their worst.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::io::{Seek, Write};
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tradepost_inspect::pack::PackLimits;
use tradepost_inspect::sample::{PackSpec, SampleFile, drawn_pack, eicar, pack_bytes, scripted};
use tradepost_jail::{Jail, JailError, Layers, Limits, Member, OpenedPack, Rendered};
use tradepost_render::presets::{Format, Preset, default_presets};
use tradepost_render::sheet::SheetSpec;

const CHILD: &str = env!("CARGO_BIN_EXE_tradepost-jail-child");

fn jail(limits: Limits) -> Jail {
    Jail::new(CHILD.into(), 2, limits)
}

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn svg(inside: &str) -> String {
    format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'>{inside}</svg>")
}

const HONEST: &str = "<circle cx='50' cy='50' r='40' fill='#e63'/>";

async fn render(jail: &Jail, text: &str) -> Result<Rendered, JailError> {
    jail.render(
        file(text.as_bytes()),
        &hash(text.as_bytes()),
        "a.svg",
        &default_presets(),
    )
    .await
}

#[track_caller]
fn rules(result: Result<Rendered, JailError>) -> Vec<String> {
    match result {
        Err(JailError::Refused(findings)) => findings.into_iter().map(|finding| finding.rule).collect(),
        Err(error) => panic!("not refused but {error}"),
        Ok(_) => panic!("not refused"),
    }
}

#[tokio::test]
async fn an_honest_file_is_drawn_in_every_preset() {
    let jail = jail(Limits::default());
    assert_eq!(jail.children(), 0);
    let rendered = render(&jail, &svg(HONEST)).await.unwrap();
    assert_eq!(jail.children(), 1);
    assert_eq!(rendered.findings, []);
    assert_eq!(rendered.size, Some((100.0, 100.0)));
    let names: Vec<String> = rendered
        .renditions
        .iter()
        .map(|rendition| rendition.preset.clone())
        .collect();
    assert_eq!(
        names,
        default_presets()
            .into_iter()
            .map(|preset| preset.name)
            .collect::<Vec<_>>()
    );
    assert!(
        rendered
            .renditions
            .iter()
            .all(|rendition| rendition.width_px == rendition.height_px)
    );
}

#[tokio::test]
async fn a_script_is_told_and_the_picture_is_there_for_the_moderator() {
    let rendered = render(&jail(Limits::default()), &scripted()).await.unwrap();
    let rules: Vec<&str> = rendered.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["active-content.event-handler", "active-content.script"]);
    assert_eq!(rendered.renditions.len(), 9);
}

#[tokio::test]
async fn what_cannot_be_drawn_is_refused_and_the_child_goes_on() {
    let jail = jail(Limits::default());
    assert_eq!(rules(render(&jail, "PNG").await), ["type-mismatch"]);
    assert_eq!(
        rules(render(&jail, &String::from_utf8(eicar()).unwrap()).await),
        ["type-mismatch"]
    );
    assert_eq!(rules(render(&jail, "<svg").await), ["not-svg"]);
    assert_eq!(
        rules(render(&jail, "<html xmlns='http://www.w3.org/1999/xhtml'/>").await),
        ["type-mismatch"]
    );
    assert_eq!(
        rules(render(&jail, &svg("<g fill='none'><path d='M0 0h9v9z'/></g>")).await),
        ["renders-nothing"]
    );
    assert_eq!(
        rules(render(&jail, &format!("<!DOCTYPE svg [<!ENTITY a 'b'>]>{}", svg("&a;"))).await),
        ["active-content.doctype"]
    );
    let small = Limits {
        svg_bytes: 50,
        ..Limits::default()
    };
    assert_eq!(rules(render(&self::jail(small), &svg(HONEST)).await), ["too-large"]);
    assert_eq!(jail.children(), 1);
}

#[tokio::test]
async fn files_of_the_machine_never_get_into_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.png");
    let jail = jail(Limits::default());
    let rendered = render(&jail, &svg(HONEST)).await.unwrap();
    std::fs::write(&path, &rendered.renditions[0].bytes).unwrap();
    let refused = render(
        &jail,
        &svg(&format!("<image href='{}' width='100' height='100'/>", path.display())),
    )
    .await;
    assert_eq!(rules(refused), ["active-content.external-reference", "renders-nothing"]);
}

#[tokio::test]
async fn absurd_sizes_are_fitted() {
    let jail = jail(Limits::default());
    let shape = |width: u32, height: u32| {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'><rect width='{width}' height='{height}'/></svg>"
        )
    };
    for (width, height, expected) in [(1, 100, 2048), (1_000, 1, 1), (300, 200, 341), (30_000, 30_000, 512)] {
        let rendered = render(&jail, &shape(width, height)).await.unwrap();
        let largest = rendered
            .renditions
            .iter()
            .find(|rendition| rendition.preset == "png-512")
            .unwrap();
        assert_eq!(
            (largest.width_px, largest.height_px),
            (512, expected),
            "{width}x{height}"
        );
    }
}

#[tokio::test]
async fn a_file_that_eats_memory_costs_one_child() {
    let jail = jail(Limits {
        memory_bytes: 64 << 20,
        ..Limits::default()
    });
    // 200 layers of a megabyte each: less than what is refused unseen, more than there is.
    let layers = format!("{}{HONEST}{}", "<g opacity='.9'>".repeat(200), "</g>".repeat(200));
    let error = failure(&jail, &svg(&layers)).await;
    assert!(matches!(error, JailError::Memory), "{error}");
    assert_eq!(jail.children(), 0);
    render(&jail, &svg(HONEST)).await.unwrap();
}

/// The error of a file that must not be drawn.
async fn failure(jail: &Jail, text: &str) -> JailError {
    match render(jail, text).await {
        Err(error) => error,
        Ok(rendered) => panic!("drawn, with {} findings", rendered.findings.len()),
    }
}

/// A picture that takes a while in each preset: noise, which no encoder finds anything in.
fn colourful() -> String {
    svg(
        "<filter id='f'><feTurbulence baseFrequency='.9' numOctaves='2'/></filter><path d='M0 0h100v100H0z' filter='url(#f)'/>",
    )
}

/// Work for minutes that no look at the file foretells: pictures without end.
fn endless_presets() -> Vec<Preset> {
    let preset = default_presets()
        .into_iter()
        .find(|preset| preset.name == "webp-512")
        .unwrap();
    (0..1_500)
        .map(|number| Preset {
            name: format!("webp-{number}"),
            ..preset.clone()
        })
        .collect()
}

async fn render_endlessly(jail: &Jail, text: &str) -> Result<Rendered, JailError> {
    let presets = endless_presets();
    jail.render(file(text.as_bytes()), &hash(text.as_bytes()), "a.svg", &presets)
        .await
}

/// The error that ended work without end.
async fn ended(jail: &Jail) -> JailError {
    match render_endlessly(jail, &colourful()).await {
        Err(error) => error,
        Ok(rendered) => panic!("done, with {} pictures", rendered.renditions.len()),
    }
}

#[tokio::test]
async fn a_file_that_never_ends_is_stopped_by_the_clock() {
    let jail = jail(Limits {
        wall: Duration::from_millis(300),
        ..Limits::default()
    });
    let error = ended(&jail).await;
    assert!(matches!(error, JailError::Timeout { .. }), "{error}");
    assert_eq!(jail.children(), 0);
}

#[tokio::test]
async fn a_file_that_never_ends_is_stopped_by_its_processor_time() {
    let jail = jail(Limits {
        cpu: Duration::from_secs(1),
        wall: Duration::from_secs(600),
        ..Limits::default()
    });
    let error = ended(&jail).await;
    assert!(matches!(error, JailError::Timeout { .. }), "{error}");
    assert_eq!(jail.children(), 0);
}

#[tokio::test]
async fn a_child_is_killed_when_nobody_waits_for_it() {
    let jail = jail(Limits {
        wall: Duration::from_secs(600),
        cpu: Duration::from_secs(600),
        ..Limits::default()
    });
    let waiting = tokio::spawn({
        let jail = jail.clone();
        async move { render_endlessly(&jail, &colourful()).await }
    });
    while jail.children() == 0 {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    waiting.await.unwrap_err();
    while jail.children() > 0 {
        tokio::task::yield_now().await;
    }
    render(&jail, &svg(HONEST)).await.unwrap();
}

#[tokio::test]
async fn children_leave_when_they_are_idle_or_worn_out() {
    let jail = jail(Limits {
        idle: Duration::ZERO,
        ..Limits::default()
    });
    render(&jail, &svg(HONEST)).await.unwrap();
    while jail.children() > 0 {
        tokio::task::yield_now().await;
    }
    let jail = self::jail(Limits {
        recycle_after: 1,
        ..Limits::default()
    });
    render(&jail, &svg(HONEST)).await.unwrap();
    assert_eq!(jail.children(), 0);
}

#[tokio::test]
async fn no_more_children_than_allowed() {
    let jail = jail(Limits::default());
    let picture = svg(HONEST);
    let results = futures_util::future::join_all((0..20).map(|_| render(&jail, &picture))).await;
    assert!(results.iter().all(Result::is_ok));
    assert!((1..=2).contains(&jail.children()));
}

#[tokio::test]
async fn a_binary_that_is_no_child_is_broken_not_the_files_fault() {
    for binary in ["/bin/true", "/nonexistent"] {
        let jail = Jail::new(binary.into(), 1, Limits::default());
        assert!(
            matches!(render(&jail, &svg(HONEST)).await, Err(JailError::Broken(_))),
            "{binary}"
        );
    }
}

async fn open(jail: &Jail, bytes: &[u8]) -> (Result<OpenedPack, JailError>, Vec<Member>) {
    let (sender, mut receiver) = mpsc::channel(1);
    let collect = async {
        let mut members = Vec::new();
        while let Some(member) = receiver.recv().await {
            members.push(member);
        }
        members
    };
    tokio::join!(jail.open_pack(file(bytes), PackLimits::default(), sender), collect)
}

#[tokio::test]
async fn a_pack_comes_out_whole_and_in_order() {
    let spec = drawn_pack();
    let (opened, members) = open(&jail(Limits::default()), &pack_bytes(&spec).unwrap()).await;
    let opened = opened.unwrap();
    assert_eq!(opened.members as usize, spec.files.len());
    assert_eq!(opened.manifest.set.name.as_str(), "Field Sketches");
    let paths: Vec<&str> = members.iter().map(|member| member.path.as_str()).collect();
    assert_eq!(
        paths,
        spec.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>()
    );
    assert!(
        members
            .iter()
            .zip(&spec.files)
            .all(|(member, file)| member.bytes == file.bytes && member.size_bytes == file.bytes.len() as u64)
    );
}

#[tokio::test]
async fn a_faulty_pack_sends_no_member() {
    let mut spec = PackSpec::new(
        "",
        "Set",
        vec![SampleFile::new("a.svg", svg(HONEST)), SampleFile::new("b.png", "x")],
    );
    spec.currency = "euro".to_owned();
    let (opened, members) = open(&jail(Limits::default()), &pack_bytes(&spec).unwrap()).await;
    let Err(JailError::Refused(findings)) = opened else {
        panic!("{opened:?}")
    };
    assert_eq!(members.len(), 0);
    assert_eq!(findings.len(), 3, "{findings:#?}");
}

#[tokio::test]
async fn a_pack_whose_receiver_is_gone_is_given_up() {
    let jail = jail(Limits::default());
    let (sender, receiver) = mpsc::channel(1);
    drop(receiver);
    let opened = jail
        .open_pack(file(&pack_bytes(&drawn_pack()).unwrap()), PackLimits::default(), sender)
        .await;
    assert!(matches!(opened, Err(JailError::Broken(_))), "{opened:?}");
    assert_eq!(jail.children(), 0);
}

#[tokio::test]
async fn a_file_is_read_from_its_start_whatever_its_position() {
    let jail = jail(Limits::default());
    let mut file = file(svg(HONEST).as_bytes());
    file.seek(std::io::SeekFrom::End(0)).unwrap();
    jail.render(file, &[0; 32], "a.svg", &default_presets()).await.unwrap();
}

#[tokio::test]
async fn a_sheet_is_made_of_renditions() {
    let jail = jail(Limits::default());
    let rendered = render(&jail, &svg(HONEST)).await.unwrap();
    let tile = rendered
        .renditions
        .iter()
        .find(|rendition| rendition.preset == "png-256")
        .unwrap();
    let sheets = jail
        .sheet(vec![tile.bytes.clone(); 12], SheetSpec::default())
        .await
        .unwrap();
    let formats: Vec<Format> = sheets.iter().map(|sheet| sheet.format).collect();
    assert_eq!(formats, [Format::Png, Format::Webp]);
    assert!(
        sheets
            .iter()
            .all(|sheet| sheet.width_px == 1200 && sheet.preset == "sheet")
    );
    let broken = jail
        .sheet(vec![Bytes::from_static(b"no picture")], SheetSpec::default())
        .await;
    assert!(matches!(broken, Err(JailError::Broken(_))), "{broken:?}");
}

#[tokio::test]
async fn a_child_has_every_layer_and_reports_it() {
    let jail = jail(Limits::default());
    assert_eq!(jail.confinement(), None);
    let confinement = jail.probe().await.unwrap();
    assert!(confinement.is_complete(), "{confinement:?}");
    assert_eq!(jail.confinement(), Some(confinement));
}

#[tokio::test]
async fn a_missing_layer_is_reported_and_does_not_stop_the_work() {
    for (layers, word) in [
        (
            Layers {
                landlock: false,
                ..Layers::ALL
            },
            "Landlock",
        ),
        (
            Layers {
                seccomp: false,
                ..Layers::ALL
            },
            "seccomp",
        ),
    ] {
        let jail = Jail::with_layers(CHILD.into(), 1, Limits::default(), layers);
        render(&jail, &svg(HONEST)).await.unwrap();
        let confinement = jail.confinement().unwrap();
        assert!(!confinement.is_complete());
        assert!(confinement.faults[0].contains(word), "{confinement:?}");
    }
}

#[tokio::test]
async fn text_is_drawn_with_fonts_that_came_as_descriptors() {
    let jail = jail(Limits::default());
    let text = svg("<text x='10' y='60' font-family='sans-serif' font-size='40'>Abc</text>");
    let rendered = render(&jail, &text).await;
    if tradepost_render::fonts::open_system().is_empty() {
        assert_eq!(rules(rendered), ["renders-nothing"]);
    } else {
        rendered.unwrap();
    }
}

#[tokio::test]
async fn a_quick_file_does_not_wait_for_slow_ones() {
    let jail = jail(Limits {
        slow_after: Duration::from_millis(50),
        slow_files: 1,
        cpu: Duration::from_secs(600),
        wall: Duration::from_secs(600),
        ..Limits::default()
    });
    let slow: Vec<_> = (0..4)
        .map(|number| {
            let jail = jail.clone();
            let text = format!("{}<!-- {number} -->", colourful());
            tokio::spawn(async move { render_endlessly(&jail, &text).await })
        })
        .collect();
    let (mut deferred, mut working) = (0, 0);
    for work in slow {
        match tokio::time::timeout(Duration::from_secs(1), work).await {
            Ok(result) => {
                assert!(matches!(result.unwrap(), Err(JailError::Deferred)));
                deferred += 1;
            }
            Err(_) => working += 1,
        }
    }
    // One has the permit for slow files. A busy machine sees the others as slow sooner or later, so their number is open.
    assert!(deferred >= 1 && working >= 1, "{deferred} deferred, {working} working");
    // A quick file is drawn while slow ones are.
    render(&jail, &svg(HONEST)).await.unwrap();
    assert!(jail.children() >= 2);
}
