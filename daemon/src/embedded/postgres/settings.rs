//! The configuration of the private cluster, for a machine of 2 cores and 2 GB that also scans and renders.

use crate::embedded::server_dir::ServerDir;

/// The file operators put settings of their own into; it is never written by the daemon.
const LOCAL_FILE: &str = "postgresql.local.conf";

/// Only who can enter the socket's folder can connect, and that is the cluster's user and root.
const HBA: &str = "# Written by tradepostd at every start.\nlocal all all trust\n";

const CONFIGURATION: &str = "\
# Written by tradepostd at every start: put settings of your own into postgresql.local.conf beside this file.
cluster_name = 'tradepost'
listen_addresses = ''
unix_socket_permissions = 0700

max_connections = 60
shared_buffers = 64MB
work_mem = 8MB
maintenance_work_mem = 64MB
effective_cache_size = 512MB
huge_pages = off
jit = off
random_page_cost = 1.1
max_parallel_workers_per_gather = 0
max_logical_replication_workers = 0

synchronous_commit = on
# One call instead of one for each file: after a crash it is back in a second, not in ten.
recovery_init_sync_method = syncfs
wal_compression = on
min_wal_size = 64MB
max_wal_size = 512MB
checkpoint_timeout = 15min
max_wal_senders = 2

autovacuum = on
autovacuum_max_workers = 2
autovacuum_naptime = 30s
autovacuum_vacuum_cost_delay = 1ms

timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
lc_messages = 'C'
idle_in_transaction_session_timeout = 60s

# Terse, and without parameters: values of rows are nobody's business in a log.
log_destination = 'stderr'
logging_collector = off
log_error_verbosity = terse
log_parameter_max_length = 0
log_min_duration_statement = 1s
log_checkpoints = off
log_lock_waits = on
log_line_prefix = '%m [%p] '
";

/// Writes the configuration into the folder, which the cluster's user can read but not change.
pub fn write(dir: &ServerDir) -> anyhow::Result<()> {
    let mut text = CONFIGURATION.to_owned();
    if dir.inside(LOCAL_FILE).exists() {
        text.push_str("\ninclude = 'postgresql.local.conf'\n");
    }
    dir.write("postgresql.conf", &text)?;
    dir.write("pg_hba.conf", HBA)?;
    dir.write("pg_ident.conf", "")
}
