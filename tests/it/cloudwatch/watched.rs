//! A daemon that CloudWatch, Prometheus and people outside watch, with everything that they say of it.

use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tradepost_tests::TestApp;
use tradepost_tests::clamd::Clamd;
use tradepost_tests::cloudwatch::{Alarm, Metrics, options};
use tradepost_tests::nginx::free_port;
use tradepost_tests::prometheus::Prometheus;
use tradepost_tests::sqs::Sqs;
use tradepost_tests::topic::Topic;
use tradepost_tests::wait::eventually;

const STEP: Duration = Duration::from_secs(5);
const QUICK_ROUTE: &str = "/v1/presets";
/// The alarms that say so, and the dimensions of their figures.
const ALARMS: [(&str, &[(&str, &str)]); 3] = [
    ("QueueOld", &[("Queue", "preview")]),
    ("Alerts", &[]),
    ("Slow", &[("Scope", "route")]),
];
const ALERTS: [&str; 3] = ["queue-stuck", "routes-slow", "scanner-down"];
const RULES: [&str; 3] = [
    "TradepostQueueOld preview",
    "TradepostPartDown scanner",
    "TradepostSlow GET /v1/licences",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Now {
    Broken,
    Mended,
}

impl Now {
    /// As alarms of CloudWatch say it.
    fn state(self) -> &'static str {
        match self {
            Self::Broken => "ALARM",
            Self::Mended => "OK",
        }
    }

    /// As the daemon says it.
    fn happening(self) -> &'static str {
        match self {
            Self::Broken => "raised",
            Self::Mended => "resolved",
        }
    }
}

/// A daemon with everything that watches it.
pub struct Watched {
    pub app: TestApp,
    pub db: PgPool,
    prometheus: Prometheus,
    metrics: Metrics,
    /// Told by the alarms of CloudWatch.
    alarms: Topic,
    /// Notifications of the alarms before the faults.
    known: usize,
    /// Told by the daemon.
    alerts: Topic,
    pub reader: Reader,
    pub clamd: Option<Clamd>,
    /// The folder of the socket of clamd.
    pub folder: TempDir,
}

impl Watched {
    pub async fn start() -> Option<Self> {
        let server = Sqs::start()?;
        let folder = tempfile::Builder::new().prefix("tradepost-clamd-").tempdir().unwrap();
        let socket = folder.path().join("clamd.sock");
        let clamd = Clamd::start(folder.path(), &socket)?;
        let metrics = Metrics::new(&server);
        let (alarms, alerts) = (
            Topic::create(&server, "alarms").await,
            Topic::create(&server, "alerts").await,
        );
        let scraped = format!("127.0.0.1:{}", free_port());
        let options = options(&server.endpoint, &metrics.namespace)
            .set("ALERTS__SNS_TOPIC", &alerts.arn)
            .set("ALERTS__GROUP_SECONDS", 1)
            .set("METRICS__LISTEN", &scraped)
            .set("SCANNER__SOCKET", socket.display())
            .set("LIMITS__PACK_MIB", 2)
            .set("QUEUES__PREFETCH", 0);
        let app = TestApp::start_with(options);
        app.until("/v1/overview", is_healthy).await;
        Some(Self {
            reader: Reader::start(&app),
            db: app.database_with(3).await,
            prometheus: Prometheus::start(&scraped)?,
            app,
            metrics,
            alarms,
            known: 0,
            alerts,
            clamd: Some(clamd),
            folder,
        })
    }

    /// Waits until the shop is a busy one, whose routes are judged, and the alarms say that all is well.
    pub async fn is_well(&mut self) {
        self.answers("tradepost:requests:rate5m > 1").await;
        for (name, _) in ALARMS {
            self.metrics.watch(&Alarm::deployed(name), &self.alarms.arn).await;
        }
        let is_ok = |heard: &[Value]| ALARMS.iter().all(|(name, _)| states(heard, name).last() == Some(&"OK"));
        self.alarms.until("all alarms are OK", is_ok).await;
        self.known = self.alarms.heard().len();
    }

    async fn answers(&self, expression: &str) {
        eventually(expression, async || match self.prometheus.series(expression).await {
            series if series.is_empty() => Err("nothing".to_owned()),
            _ => Ok(()),
        })
        .await;
    }

    /// Waits until everybody says of all faults that they are there, or that they are over.
    pub async fn tells(&mut self, now: Now) {
        let (began, state, happening) = (Instant::now(), now.state(), now.happening());
        let say = |what: &str| println!("{now:?}: {what} after {:.1} s", began.elapsed().as_secs_f64());
        for (name, dimensions) in ALARMS {
            self.figure_is(&Alarm::deployed(name), dimensions, now).await;
        }
        say("figures in CloudWatch");
        let told = |heard: &[Value], name: &str| states(&heard[self.known..], name).contains(&state);
        let all = |heard: &[Value]| ALARMS.iter().all(|(name, _)| told(heard, name));
        self.alarms.until(state, all).await;
        say("alarms of CloudWatch");
        let all = |heard: &[Value]| ALERTS.iter().all(|code| happenings(heard, code).contains(&happening));
        self.alerts.until(happening, all).await;
        say("notifications of the daemon");
        eventually("the rules fire, or do not", async || {
            let firing = self.prometheus.firing().await;
            if RULES.iter().all(|rule| firing.contains(*rule) == (now == Now::Broken)) {
                return Ok(());
            }
            Err(format!("{firing:?}"))
        })
        .await;
        say("rules of Prometheus");
    }

    /// Stops the daemon. Everybody has told each fault once, and its end once.
    pub async fn ends_having_told_once(&mut self) {
        self.rules_fired_once().await;
        self.reader.task.abort();
        assert_eq!(self.app.stop(), Some(0));
        let heard = &self.alarms.finish().await[self.known..];
        for (name, _) in ALARMS {
            assert_eq!(states(heard, name), ["ALARM", "OK"], "{name}");
        }
        let heard = self.alerts.finish().await;
        for code in ALERTS {
            assert_eq!(happenings(heard, code), ["raised", "resolved"], "{code}");
        }
    }

    /// A rule that fired once was raised at one time. Nothing says the same with other words.
    async fn rules_fired_once(&self) {
        for rule in RULES {
            let (name, label) = rule.split_once(' ').unwrap();
            let changes = format!("changes(ALERTS_FOR_STATE{{alertname=\"{name}\"}}[10m])");
            let changes = self.prometheus.series(&changes).await;
            assert!(changes.contains(&format!("{label} 0")), "{rule}: {changes:?}");
        }
        let codes = ALERTS.join("|");
        let doubled = format!("ALERTS{{alertname=\"TradepostRaisesAnAlert\", code=~\"{codes}\"}}[10m]");
        let doubled = self.prometheus.series(&format!("count_over_time({doubled})")).await;
        assert!(doubled.is_empty(), "{doubled:?}");
    }

    /// Waits until the newest figure of an alarm is beyond its threshold, or within.
    async fn figure_is(&self, alarm: &Alarm, dimensions: &[(&str, &str)], now: Now) {
        eventually("the figure is there", async || {
            let figures = self.metrics.figures(alarm, dimensions, STEP).await;
            match figures.last() {
                Some(last) if (*last > alarm.threshold) == (now == Now::Broken) => Ok(()),
                _ => Err(format!("{alarm:?}: {figures:?}")),
            }
        })
        .await;
    }
}

/// True when all parts are healthy and no alert is raised.
fn is_healthy(overview: &Value) -> bool {
    let mut parts = overview["parts"].as_array().unwrap().iter();
    parts.all(|part| part["health"] == "ok") && overview["alerts"].as_array().unwrap().is_empty()
}

/// A client that reads a route again and again.
pub struct Reader {
    pub route: watch::Sender<&'static str>,
    task: JoinHandle<()>,
}

impl Reader {
    fn start(app: &TestApp) -> Self {
        let (route, read) = watch::channel(QUICK_ROUTE);
        let (http, api) = (app.http.clone(), app.api.clone());
        let task = tokio::spawn(async move {
            loop {
                let url = format!("{api}{}", *read.borrow());
                let status = http.get(url).send().await.unwrap().status();
                assert!(status.is_success(), "{status}");
            }
        });
        Self { route, task }
    }
}

/// The states that an alarm told, the oldest first.
fn states<'a>(heard: &'a [Value], alarm: &str) -> Vec<&'a str> {
    let quoted = format!("-{alarm}\" in ");
    let subjects = heard.iter().map(|notice| notice["Subject"].as_str().unwrap());
    let about = subjects.filter(|subject| subject.contains(&quoted));
    about.filter_map(|subject| subject.split(':').next()).collect()
}

/// All that the daemon told of an alert: `raised`, `resolved`.
fn happenings(heard: &[Value], code: &str) -> Vec<&'static str> {
    let subjects = heard.iter().map(|notice| notice["Subject"].as_str().unwrap());
    let about = subjects.filter(|subject| subject.contains(code));
    let is_over = about.map(|subject| subject.starts_with("[resolved] "));
    is_over
        .map(|is_over| if is_over { "resolved" } else { "raised" })
        .collect()
}
