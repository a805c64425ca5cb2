//! What every backend of the queues promises. The same tests run on PostgreSQL and on a server of SQS; after them, what only
//! SQS has: the outbox, the dead queues, messages of strangers, the commands.

use tradepost_tests::queues::Bench;
use tradepostd::config::QueueBackend;

/// Runs every named test on both backends.
macro_rules! on_both {
    ($($test:ident)*) => {
        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                crate::conformance::run(tradepostd::config::QueueBackend::Postgres, super::$test).await;
            })*
        }
        mod sqs {
            $(#[tokio::test]
            async fn $test() {
                crate::conformance::run(tradepostd::config::QueueBackend::Sqs, super::$test).await;
            })*
        }
    };
}

mod commands;
mod foreign;
mod killed;
mod messages;
mod payloads;
mod relay;
mod slots;
mod whole;
mod workers;

async fn run(backend: QueueBackend, test: impl AsyncFnOnce(&Bench)) {
    let Some(bench) = Bench::start(backend).await else {
        return;
    };
    test(&bench).await;
    bench.close().await;
}

/// Queues of SQS on which nothing runs yet.
async fn sqs_with(change: impl FnOnce(&mut tradepostd::config::QueuesConfig)) -> Option<Bench> {
    Bench::open(QueueBackend::Sqs, change).await
}
