//! Fixed data for tests of the screens: the same moment, the same marketplace.

pub mod operations;

use std::time::Instant;

use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use tradepost_common::events::{Event, Revisions, Snapshot};
use tradepost_common::ids::{MessageId, UploadId};
use tradepost_common::latency::{LatencyRow, Quantiles, Scope};
use tradepost_common::overview::{Alert, Counts, Health, Overview, Part, Process, Role, Severity, WhoAmI};
use tradepost_common::queues::{Attempt, AttemptOutcome, Backend, QueueRow};
use tradepost_common::uploads::{Finding, FindingSeverity, Stage, StageTime, UploadRow, UploadState, UploadTrace};
use uuid::Uuid;

use crate::clock::Clock;
use crate::graphics::{Choice, Graphics};
use crate::pictures::Pictures;
use crate::screen;
use crate::shell::{self, App, Link};
use crate::theme::Theme;

pub const NOW: OffsetDateTime = datetime!(2026-11-22 12:00:00 UTC);

pub fn clock() -> Clock {
    Clock {
        instant: Instant::now(),
        utc: NOW,
    }
}

pub fn ago(seconds: i64) -> OffsetDateTime {
    NOW - Duration::seconds(seconds)
}

/// A live terminal with a snapshot.
pub fn app() -> App {
    let graphics = Graphics::new(Choice::Halfblocks, None, |_| None);
    let mut app = App::new(screen::all(), Theme::Mono, Pictures::new(graphics), clock());
    app.update(shell::Update::Link(Link::Live));
    app.update(shell::Update::Event(Event::Snapshot(Box::new(snapshot()))));
    app.shell.effects.clear();
    app
}

pub fn snapshot() -> Snapshot {
    Snapshot {
        at: NOW,
        you: WhoAmI {
            user: "root".to_owned(),
            uid: 0,
            roles: vec![Role::Viewer, Role::Moderator, Role::Operator],
        },
        overview: overview(),
        queues: vec![queue("scan", 0), queue("render", 1812)],
        latency: vec![
            latency(Scope::Route, "GET /v1/items", 3.0),
            latency(Scope::Stage, "render.render", 41.5),
        ],
        operations: Vec::new(),
        revisions: Revisions {
            uploads: 1,
            cases: 1,
            audit: 1,
            dead: 1,
            operations: 1,
        },
    }
}

fn overview() -> Overview {
    let part = |name: &str, health, detail: &str| Part {
        name: name.to_owned(),
        health,
        detail: detail.to_owned(),
    };
    Overview {
        version: "0.1.0".to_owned(),
        started_at: ago(11_000),
        mode: tradepost_common::overview::DaemonMode::Embedded,
        api_url: "http://127.0.0.1:8780".to_owned(),
        parts: vec![
            part("database", Health::Ok, "PostgreSQL 15.18, private cluster"),
            part("scanner", Health::Down, "clamd does not answer"),
        ],
        alerts: vec![
            alert("dead-letters", Severity::Warning, "2 dead letters in render"),
            alert(
                "scanner-down",
                Severity::Critical,
                "Uploads wait: clamd does not answer.",
            ),
        ],
        counts: Counts {
            uploads_working: 2,
            uploads_in_review: 3,
            uploads_published: 41,
            uploads_rejected: 1,
            items_published: 14_012,
            renditions: 126_108,
            cases_open: 3,
            dead_letters: 2,
        },
        process: Process {
            pid: 4711,
            resident_bytes: 71 << 20,
            cpu_cores: 0.83,
            database_connections: 9,
            jail_children: 4,
        },
    }
}

fn alert(code: &str, severity: Severity, message: &str) -> Alert {
    Alert {
        code: code.to_owned(),
        severity,
        message: message.to_owned(),
        since: ago(180),
        acknowledged_by: None,
    }
}

pub fn queue(name: &str, depth: i64) -> QueueRow {
    QueueRow {
        name: name.to_owned(),
        depth,
        in_flight: depth.min(4),
        delayed: 0,
        dead: if depth > 0 { 2 } else { 0 },
        oldest_age_seconds: (depth > 0).then_some(77.0),
        sent_per_second: if depth > 0 { 90.0 } else { 0.0 },
        done_per_second: if depth > 0 { 85.0 } else { 0.0 },
        failed_per_second: 0.0,
        working: u32::from(depth > 0) * 4,
        workers: 1,
        concurrency: 4,
        concurrency_by: None,
        paused: false,
        paused_by: None,
        done_history: (0..60).map(|i| if depth > 0 { i } else { 0 }).collect(),
        sent_history: (0..60).map(|i| if depth > 0 { 60 - i } else { 0 }).collect(),
        running: Vec::new(),
        backend: Backend::Postgres,
    }
}

fn latency(scope: Scope, name: &str, p50: f64) -> LatencyRow {
    let quantiles = |count| Quantiles {
        count,
        p50_ms: p50,
        p95_ms: p50 * 2.0,
        p99_ms: p50 * 4.0,
        max_ms: p50 * 10.0,
    };
    LatencyRow {
        scope,
        name: name.to_owned(),
        recent: quantiles(120),
        total: quantiles(5000),
        rate_per_second: 2.0,
        errors: 0,
    }
}

pub fn upload(n: usize) -> UploadRow {
    let state = [UploadState::Rendering, UploadState::Published, UploadState::Rejected][n % 3];
    UploadRow {
        id: UploadId(Uuid::from_u128(1000 + n as u128)),
        account: "anna".to_owned(),
        file_name: format!("pack-{n}.zip"),
        size_bytes: 12_600_000,
        state,
        created_at: ago(60 * n as i64 + 20),
        settled_at: state.is_settled().then(|| ago(60 * n as i64)),
        title: (n % 3 != 2).then(|| format!("birds {n} / line")),
        files: 2000,
        files_done: if state == UploadState::Rendering { 812 } else { 2000 },
        findings: i64::from(state == UploadState::Rejected) * 3,
        dead_letters: 0,
    }
}

pub fn findings() -> Vec<Finding> {
    let finding = |file: Option<&str>, rule: &str, severity, message: &str| Finding {
        file: file.map(str::to_owned),
        rule: rule.to_owned(),
        severity,
        message: message.to_owned(),
        line: None,
        column: None,
        excerpt: None,
    };
    vec![
        finding(
            Some("icons/eicar.svg"),
            "malware",
            FindingSeverity::Blocking,
            "Eicar-Test-Signature found",
        ),
        Finding {
            line: Some(12),
            column: Some(5),
            excerpt: Some("<script>fetch(1)</script>".to_owned()),
            ..finding(
                Some("icons/script.svg"),
                "active-content",
                FindingSeverity::Blocking,
                "An element <script> is not allowed",
            )
        },
        finding(None, "new-contributor", FindingSeverity::Info, "The contributor is new"),
    ]
}

pub fn trace() -> UploadTrace {
    let stage = |stage, entered: i64, seconds: i64, here: bool| StageTime {
        stage,
        entered_at: ago(entered),
        left_at: (!here).then(|| ago(entered - seconds)),
        seconds: seconds as f64,
    };
    UploadTrace {
        upload: upload(0),
        sha256: "ab".repeat(32),
        set_id: None,
        case_id: None,
        stages: vec![
            stage(Stage::Receive, 20, 2, false),
            stage(Stage::Scan, 18, 1, false),
            stage(Stage::Render, 17, 17, true),
        ],
        findings: findings(),
        finding_counts: Vec::new(),
        attempts: vec![Attempt {
            queue: "render".to_owned(),
            message_id: MessageId(Uuid::from_u128(5)),
            attempt: 5,
            file: Some("icons/broken.svg".to_owned()),
            error: "jail child ended with signal 9".to_owned(),
            outcome: AttemptOutcome::Dead,
            at: ago(3),
            duration_ms: 5012,
        }],
    }
}
