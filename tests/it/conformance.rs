//! The contract of the queues. The same tests run on PostgreSQL and on a server of SQS. Some are about SQS only: the outbox, the
//! dead-letter queues, messages of other programs, the commands.

use tradepost_common::queues::Backend;
use tradepost_tests::queues::Bench;

/// Runs every named test on both backends.
macro_rules! on_both {
    ($($test:ident)*) => {
        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                crate::conformance::run(tradepost_common::queues::Backend::Postgres, super::$test).await;
            })*
        }
        mod sqs {
            $(#[tokio::test]
            async fn $test() {
                crate::conformance::run(tradepost_common::queues::Backend::Sqs, super::$test).await;
            })*
        }
    };
}

mod claims;
mod commands;
mod foreign;
mod killed;
mod messages;
mod payloads;
mod permits;
mod relay;
mod whole;
mod workers;

async fn run(backend: Backend, test: impl AsyncFnOnce(&Bench)) {
    let Some(bench) = Bench::start(backend).await else {
        return;
    };
    test(&bench).await;
    bench.close().await;
}

/// Queues of SQS on which nothing runs yet.
async fn sqs_with(change: impl FnOnce(&mut tradepostd::config::QueuesConfig)) -> Option<Bench> {
    Bench::open(Backend::Sqs, change).await
}
