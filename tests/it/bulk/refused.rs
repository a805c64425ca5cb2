//! Invalid calls are refused in one sentence, and nothing is rendered.

use super::{Bench, SMALL, errors, icon, zip_of};

/// The words of a run that must not have run.
fn refusal(bench: &Bench, inputs: &[&str], arguments: &[&str]) -> String {
    let output = tradepost_tests::command("tradepostd")
        .current_dir(bench.folder.path())
        .arg("render")
        .args(inputs)
        .args(arguments)
        .output()
        .unwrap();
    let errors = errors(&output);
    assert_eq!(output.status.code(), Some(1), "{inputs:?} {arguments:?}: {errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    errors
}

#[test]
fn inputs_that_are_none_are_named() {
    let bench = Bench::with_icons(1);
    let out = ["--out", "out"];
    std::fs::create_dir(bench.path("empty")).unwrap();
    std::fs::write(bench.path("a.zip"), b"PK, or so").unwrap();
    std::fs::write(bench.path("notes.txt"), b"hello").unwrap();
    std::fs::create_dir_all(bench.path("other/in")).unwrap();
    for (inputs, word) in [
        (vec!["nowhere"], "the input nowhere: No such file"),
        (vec!["empty"], "there is nothing to draw"),
        (vec!["a.zip"], "not a ZIP file"),
        (vec!["notes.txt"], "neither a folder, nor a ZIP"),
        (vec!["/dev/null"], "neither a folder nor a file"),
        (vec!["in", "other/in"], "two inputs are called \"in/\""),
        (vec!["s3:///prefix"], "does not name a bucket"),
        (vec!["s3://bucket/icons.zip"], "ZIPs are not taken apart in a bucket"),
    ] {
        let errors = refusal(&bench, &inputs, &out);
        assert!(errors.contains(word), "{inputs:?}: {errors}");
    }
}

#[test]
fn places_that_cannot_be_written_to_are_named() {
    let bench = Bench::with_icons(1);
    std::fs::write(bench.path("file"), b"").unwrap();
    std::fs::write(bench.path("there.tar"), b"somebody's").unwrap();
    for (out, word) in [
        ("in/out", "would lie in the input"),
        ("in/../in", "would lie in the input"),
        ("in/out.tar", "would lie in the input"),
        ("/proc/nowhere", "making the folder /proc/nowhere"),
        ("file/below", "making the folder file/below"),
        ("/dev/full", "No space left on device"),
        ("there.tar", "is there already and has no journal"),
        ("s3://bucket", "a folder or a tar"),
    ] {
        let errors = refusal(&bench, &["in"], &["--out", out]);
        assert!(errors.contains(word), "{out}: {errors}");
    }
    assert_eq!(std::fs::read(bench.path("there.tar")).unwrap(), b"somebody's");
}

#[test]
fn presets_that_make_no_sense_are_named() {
    let bench = Bench::with_icons(1);
    std::fs::write(bench.path("torn.toml"), "[[preset]]\nname = \"a\"\nwidth_px = ").unwrap();
    let preset = "[[preset]]\nname = \"../up\"\nwidth_px = 64\nformat = \"png\"\nquality = 80\n";
    std::fs::write(bench.path("up.toml"), preset).unwrap();
    for (arguments, word) in [
        (vec!["--presets", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (vec!["--presets", "torn.toml"], "torn.toml"),
        (vec!["--presets", "up.toml"], "must be 1 to 40 of a-z"),
        (vec!["--widths", "0"], "is 0 px wide; it may be 1 to 4096"),
        (vec!["--widths", "1000000"], "is 1000000 px wide"),
        (vec!["--widths", "64,64"], "is used twice"),
        (vec!["--quality", "101"], "quality of 101"),
        (vec!["--threads", "0"], "--threads 0"),
        (vec!["--repeat", "0"], "--repeat 0"),
        (vec!["--resume"], "there is nothing to take up again"),
    ] {
        let errors = refusal(&bench, &["in"], &[arguments, vec!["--out", "out"]].concat());
        assert!(errors.contains(word), "{errors}");
    }
}

#[test]
fn a_zip_that_leads_out_of_the_folder_is_refused() {
    let bench = Bench::new();
    let archive = zip_of(&[("../outside.svg", icon(1).as_bytes())]);
    std::fs::write(bench.path("evil.zip"), archive).unwrap();
    refusal(&bench, &["evil.zip"], &["--out", "out"]);
    assert!(!bench.path("outside.svg").exists());
}

#[test]
fn other_presets_do_not_go_on_with_a_run() {
    let bench = Bench::with_icons(2);
    let (code, _) = bench.summary(&["--out", "out"]);
    assert_eq!(code, Some(0));
    let errors = refusal(&bench, &["in"], &["--out", "out", "--widths", "65"]);
    assert!(errors.contains("other presets"), "{errors}");
    let output = bench
        .render(&["--out", "out", "--widths", "65", "--fresh"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let output = bench
        .render(&["--out", "out", "--resume"])
        .args(SMALL)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
}
