//! Puts together the state that requests and jobs share.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use time::OffsetDateTime;
use tokio::sync::{Semaphore, watch};
use tradepost_common::overview::DaemonMode;
use tradepost_jail::{Jail, Layers, Limits};
use tradepost_queue::notification::Notifier;
use tradepost_queue::settings::Settings;
use tradepost_queue::{Broker, worker_name};
use tradepost_store::Store;
use tradepost_store::presigned::Signer;

use crate::activation::ApiSocket;
use crate::app::{App, Changes, Duty, MACHINES, OPERATIONS, SEARCH, Shared};
use crate::bulk::BulkWork;
use crate::cache::Cache;
use crate::clamd::ScannerStatus;
use crate::cloudfront::Cloudfront;
use crate::config::Config;
use crate::counters::Counts;
use crate::database::Database;
use crate::jobs::QUEUES;
use crate::minisign::MinisignKey;
use crate::rate_limit::UploadLimits;
use crate::rate_limit::requests::RequestLimits;
use crate::replica::Replica;
use crate::scanner::Scans;
use crate::search_index::Search;
use crate::stripe::Stripe;
use crate::telemetry::{alerts::Alerts, cloudwatch::Meter, latency::Latency, pools::Pools, process::ProcessMeter};
use crate::{dispatch, state_dir};

pub fn assemble(
    config: Config,
    state: &Path,
    database: &Database,
    (store, broker): (Store, Broker),
    scanner: watch::Receiver<ScannerStatus>,
    settings: watch::Receiver<Settings>,
    socket: Option<&ApiSocket>,
) -> anyhow::Result<App> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let children = config.jail.children.unwrap_or(cores);
    let shared = Shared {
        store,
        signer: Signer::open(&state_dir::signing_key(state)?)?,
        stripe: Stripe::from_config(&config.payments)?,
        cloudfront: Cloudfront::from_config(&config.objects.cloudfront)?,
        replica: Replica::from_config(&config.database)?.map(Arc::new),
        certificates: MinisignKey::open(&state_dir::certificate_key(state))?,
        jail: jail(&config, children),
        jail_children: children,
        presets: config.previews.load_presets()?.into(),
        scanner,
        scans: Scans::default(),
        bulk: BulkWork::new(config.campaigns.at_once()),
        give_up: dispatch::give_up,
        notifier: Arc::new(Notifier::new(&QUEUES, &[OPERATIONS, SEARCH, MACHINES])),
        settings,
        latency: Arc::<Latency>::default(),
        alerts: Alerts::default(),
        process: ProcessMeter::default(),
        pools: Pools::default(),
        received_bytes: Counter::default(),
        cloudwatch: Meter::default(),
        limits: UploadLimits::new(config.limits.upload_starts_per_minute),
        requests: RequestLimits::new(&config.limits),
        cache: Cache::new(&config.cache)?,
        hashing: Semaphore::new(cores),
        search: Search::open(&config.search, &state.join("search"))?,
        counts: Counts::default(),
        changed: Changes::default(),
        duty: watch::Sender::new(Duty::Serving),
        started_at: OffsetDateTime::now_utc(),
        worker: worker_name(),
        mode: if database.cluster.is_some() {
            DaemonMode::Embedded
        } else {
            DaemonMode::Cloud
        },
        api_url: match socket {
            Some(socket) => format!("http://{}", socket.listener().local_addr()?),
            None => String::new(),
        },
        config,
    };
    Ok(App {
        db: database.pool.clone(),
        broker,
        shared: Arc::new(shared),
    })
}

fn jail(config: &Config, children: usize) -> Jail {
    let layers = Layers {
        landlock: config.jail.landlock,
        seccomp: config.jail.seccomp,
    };
    let limits = Limits {
        memory_bytes: config.jail.memory_mib << 20,
        cpu: Duration::from_secs(config.jail.cpu_seconds),
        wall: Duration::from_secs(config.jail.wall_seconds),
        svg_bytes: config.limits.svg_mib << 20,
        file_bytes: config.limits.member_mib << 20,
        slow_after: Duration::from_millis(config.jail.slow_milliseconds),
        slow_files: config.jail.slow_children,
        ..Limits::default()
    };
    Jail::with_layers(PathBuf::from("/proc/self/exe"), children, limits, layers)
}
