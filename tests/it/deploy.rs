//! The surroundings of the daemon: service manager, proxy, Prometheus, logs, people outside.

mod activation;
mod alerting;
mod logs;
mod machines;
mod nginx;
mod prometheus;
mod replica;
mod rollout;
mod schema;
mod takeover;
#[cfg(feature = "otlp")]
mod traces;
