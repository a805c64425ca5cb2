//! The jail with real children, and files that do their worst.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod limits;
mod packs;

use std::fs::File;
use std::io::{Seek, Write};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tradepost_inspect::sample::{eicar, media, scripted};
use tradepost_jail::{InputFile, Jail, JailError, Layers, Limits, Rendered};
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
        rules(render(&jail, &format!("<!DOCTYPE svg [<!ENTITY a SYSTEM 'b'>]>{}", svg("&a;"))).await),
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
async fn a_binary_that_is_no_child_is_broken_not_the_files_fault() {
    for binary in ["/bin/true", "/nonexistent"] {
        let jail = Jail::new(binary.into(), 1, Limits::default());
        assert!(
            matches!(render(&jail, &svg(HONEST)).await, Err(JailError::Broken(_))),
            "{binary}"
        );
    }
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
async fn every_kind_of_file_has_the_same_images_alone_and_in_a_batch() {
    let jail = jail(Limits::default());
    let presets: std::sync::Arc<[Preset]> = default_presets().into();
    let files = [
        ("a.svg", svg(HONEST).into_bytes()),
        ("a.png", media::png(30, 20, [200, 30, 30])),
        ("a.wav", media::wav(200)),
        ("a.flac", media::flac(3)),
        ("a.mp3", media::mp3(5)),
        // Opus is taken, but not decoded.
        ("a.ogg", media::ogg(3)),
    ];
    let inputs = files.iter().map(|(path, bytes)| InputFile {
        path: (*path).to_owned(),
        bytes: Bytes::from(bytes.clone()),
    });
    let (together, _) = jail.render_many(inputs.collect(), &presets).await;
    for ((path, bytes), drawn) in files.iter().zip(together) {
        let alone = jail.render(file(bytes), &hash(bytes), path, &presets).await.unwrap();
        let expected = if *path == "a.ogg" { 0 } else { presets.len() };
        assert_eq!(alone.renditions.len(), expected, "{path}");
        assert_eq!(drawn.unwrap().renditions, alone.renditions, "{path}");
    }
}
