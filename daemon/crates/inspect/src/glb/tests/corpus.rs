//! The test suite of the Khronos validator: each model lies beside the report that the validator gave.

use std::path::{Path, PathBuf};

use crate::glb::{Policy, Report, check_with_files};

fn models(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            models(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "glb" || extension == "gltf")
        {
            found.push(path);
        }
    }
}

/// Their pointer to an unused sampler is wrong here: after a channel without a sampler it keeps the names of the channel.
const OTHER_POINTER: &str = "animation/empty_objects.gltf";

/// Code, pointer and severity (0 to 2) of each issue, sorted.
type Verdict = Vec<(String, String, u64)>;

fn theirs(path: &Path) -> (u64, Verdict, serde_json::Value) {
    let beside = path.with_file_name(format!("{}.report.json", path.file_name().unwrap().to_str().unwrap()));
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(beside).unwrap()).unwrap();
    let messages = report["issues"]["messages"].as_array().unwrap();
    let mut verdict: Verdict = messages
        .iter()
        .map(|message| {
            let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
            (
                text("code"),
                text("pointer"),
                message["severity"].as_u64().unwrap().min(2),
            )
        })
        .collect();
    verdict.sort();
    (
        report["issues"]["numErrors"].as_u64().unwrap(),
        verdict,
        report["info"].clone(),
    )
}

fn ours(report: &Report) -> Verdict {
    let mut verdict: Verdict = report
        .issues
        .iter()
        .map(|issue| (issue.code.to_owned(), issue.pointer.clone(), issue.severity as u64))
        .collect();
    verdict.sort();
    verdict
}

#[test]
fn every_verdict_is_that_of_the_khronos_validator() {
    let Some(corpora) = std::env::var_os("TRADEPOST_CORPORA") else {
        println!("skipped: TRADEPOST_CORPORA is not set");
        return;
    };
    let mut paths = Vec::new();
    models(&Path::new(&corpora).join("gltf/khronos"), &mut paths);
    let (mut agreed, mut same) = (0, 0);
    let mut disagreements = Vec::new();
    for path in &paths {
        let folder = path.parent().unwrap();
        let files = |name: &str| std::fs::read(folder.join(name)).ok();
        let report = check_with_files(
            &std::fs::read(path).unwrap(),
            path.to_str().unwrap(),
            &Policy::khronos(),
            &files,
        );
        let (errors, verdict, info) = theirs(path);
        let our_verdict = ours(&report);
        same += usize::from(verdict == our_verdict);
        if (errors > 0) != report.is_valid() {
            agreed += 1;
        } else {
            disagreements.push(path.clone());
        }
        if verdict != our_verdict {
            let missing: Vec<_> = verdict.iter().filter(|issue| !our_verdict.contains(issue)).collect();
            let extra: Vec<_> = our_verdict.iter().filter(|issue| !verdict.contains(issue)).collect();
            println!("{}: missing {missing:?}, extra {extra:?}", path.display());
            assert!(path.ends_with(OTHER_POINTER), "{}", path.display());
        }
        check_counts(path, &report, &info);
    }
    println!(
        "verdicts: {agreed} of {}; every single issue: {same} of {}",
        paths.len(),
        paths.len()
    );
    assert!(disagreements.is_empty(), "{disagreements:#?}");
    assert!(paths.len() >= 300, "the corpus has only {} models", paths.len());
}

fn check_counts(path: &Path, report: &Report, info: &serde_json::Value) {
    let Some(summary) = &report.summary else {
        assert!(info.is_null(), "{} was read by them", path.display());
        return;
    };
    let counts = [
        ("animationCount", summary.animations as u64),
        ("materialCount", summary.materials as u64),
        ("drawCallCount", summary.primitives as u64),
        ("totalVertexCount", summary.vertices),
        ("totalTriangleCount", summary.triangles),
    ];
    for (name, ours) in counts {
        assert_eq!(info[name].as_u64(), Some(ours), "{name} of {}", path.display());
    }
}
