//! Scans files, then inspects and renders the clean ones in the jail.

use std::time::Instant;

use anyhow::Context as _;
use bytes::Bytes;
use tradepost_common::uploads::{Finding, FindingSeverity};

use super::{record, timed};
use crate::app::App;
use crate::catalog::service::Item;
use crate::clamd::Verdict;
use crate::findings::{self, file_finding};
use crate::pinned;
use crate::scan::service::{self as scan, Scanned};
use crate::telemetry::latency;
use tradepost_jail::{InputFile, JailError, Published, Rendered, Replying};

/// After so many files that fail, the rest of a batch go alone.
const MOST_FAILED: usize = 2;

/// The result of scanning, inspecting and rendering one file.
pub struct Inspected {
    pub scanned: Scanned,
    /// Verdict for the copy that is published instead of the file, when there is one.
    pub copy_scanned: Option<Scanned>,
    pub findings: Vec<Finding>,
    pub rendered: Option<Rendered>,
}

/// Inspects one file. `None`: the jail or the machine is busy.
pub async fn one(app: &App, item: &Item, bytes: Bytes) -> anyhow::Result<Option<Inspected>> {
    let scanned = scan_all(app, &[(item.sha256, bytes.clone())]).await?.remove(0);
    if let Some(finding) = refusal(item, &scanned) {
        return Ok(Some(refused(scanned, finding)));
    }
    let file = pinned::in_memory(&bytes).context("handing the file to the jail")?;
    let started = Instant::now();
    let result = app.jail.render(file, &item.sha256, &item.path, &app.presets).await;
    if !result.as_ref().is_err_and(JailError::is_busy) {
        let outcome = match &result {
            Err(error) if !error.is_about_the_file() => latency::Outcome::Error,
            _ => latency::Outcome::Ok,
        };
        record(app, "render.render", 1, started, outcome);
    }
    if result.as_ref().is_err_and(JailError::is_busy) {
        return Ok(None);
    }
    let mut inspected = [(item, opened(item, scanned, result)?)];
    scan_copies(app, &mut inspected).await?;
    let [(_, inspected)] = inspected;
    Ok(Some(inspected))
}

/// Inspects several files together. Answers with those that succeeded, and those that are to be tried alone.
pub async fn all(app: &App, sources: Vec<(Item, Bytes)>) -> anyhow::Result<(Vec<(Item, Inspected)>, Vec<Item>)> {
    let pieces: Vec<_> = sources
        .iter()
        .map(|(item, bytes)| (item.sha256, bytes.clone()))
        .collect();
    let scanned = scan_all(app, &pieces).await?;
    let (mut inspected, mut clean) = (Vec::with_capacity(sources.len()), Vec::new());
    for ((item, bytes), scanned) in sources.into_iter().zip(scanned) {
        match refusal(&item, &scanned) {
            None => clean.push((item, bytes, scanned)),
            Some(finding) => inspected.push((item, refused(scanned, finding))),
        }
    }
    let clean_files = clean.len();
    let (mut failed, mut replying) = (Vec::new(), Replying::Together);
    let started = Instant::now();
    while !clean.is_empty() && failed.len() < MOST_FAILED {
        let input = |(item, bytes, _): &(Item, Bytes, Scanned)| InputFile {
            path: item.path.clone(),
            bytes: bytes.clone(),
        };
        let files = clean.iter().map(input).collect();
        let results = app.jail.render_batch(files, &app.presets, replying).await?;
        let left = clean.split_off(results.len());
        for ((item, _, scanned), result) in std::mem::replace(&mut clean, left).into_iter().zip(results) {
            let opened = opened(&item, scanned, result)?;
            inspected.push((item, opened));
        }
        match replying {
            // The next exchange shows which file it was.
            Replying::Together => replying = Replying::Singly,
            Replying::Singly if clean.is_empty() => {}
            Replying::Singly => failed.push(clean.remove(0).0),
        }
    }
    let count = clean_files - failed.len() - clean.len();
    record(app, "render.render", count, started, latency::Outcome::Ok);
    failed.extend(clean.into_iter().map(|(item, ..)| item));
    scan_copies(app, &mut inspected).await?;
    Ok((inspected, failed))
}

async fn scan_all(app: &App, pieces: &[([u8; 32], Bytes)]) -> anyhow::Result<Vec<Scanned>> {
    timed(app, "render.scan", pieces.len(), scan::scan_all(app, pieces)).await
}

/// The finding about a file that does not go into the jail, because the scanner did not find it clean.
fn refusal(item: &Item, scanned: &Scanned) -> Option<Finding> {
    let (rule, message) = match &scanned.verdict {
        Verdict::Clean => return None,
        Verdict::Infected { signature } => ("malware", format!("The scanner found {signature}.")),
        Verdict::Unscannable { reason } => ("unscannable", format!("The scanner cannot scan it: {reason}.")),
    };
    Some(file_finding(&item.path, rule, FindingSeverity::Blocking, message))
}

fn refused(scanned: Scanned, finding: Finding) -> Inspected {
    Inspected {
        scanned,
        copy_scanned: None,
        findings: vec![finding],
        rendered: None,
    }
}

fn opened(item: &Item, scanned: Scanned, result: Result<Rendered, JailError>) -> anyhow::Result<Inspected> {
    let (findings, rendered) = match result {
        Ok(mut rendered) => {
            if matches!(&rendered.published, Published::Copy { sha256, .. } if *sha256 == item.sha256) {
                rendered.published = Published::Itself;
            }
            (std::mem::take(&mut rendered.findings), Some(rendered))
        }
        Err(error) => (findings::from_jail_error(error, Some(&item.path))?, None),
    };
    Ok(Inspected {
        scanned,
        copy_scanned: None,
        findings,
        rendered,
    })
}

/// Other bytes than those of the file need their own verdict before anybody gets them.
async fn scan_copies<I: std::borrow::Borrow<Item>>(app: &App, files: &mut [(I, Inspected)]) -> anyhow::Result<()> {
    let copy = |inspected: &Inspected| match &inspected.rendered.as_ref()?.published {
        Published::Copy { sha256, bytes } => Some((*sha256, bytes.clone())),
        Published::Itself | Published::Nothing => None,
    };
    let copies: Vec<_> = files.iter().filter_map(|(_, inspected)| copy(inspected)).collect();
    if copies.is_empty() {
        return Ok(());
    }
    let mut scanned = scan_all(app, &copies).await?.into_iter();
    for (item, inspected) in files.iter_mut().filter(|(_, inspected)| copy(inspected).is_some()) {
        let scanned = scanned.next().context("a copy without a verdict")?;
        if scanned.verdict != Verdict::Clean {
            let path = &(*item).borrow().path;
            let message = "The scanner found the sanitized copy not clean.";
            let finding = file_finding(path, "malware", FindingSeverity::Blocking, message);
            inspected.findings.push(finding);
        }
        inspected.copy_scanned = Some(scanned);
    }
    Ok(())
}
