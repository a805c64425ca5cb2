//! The contract of the object store. The same tests run on files and on a server of S3; some are about S3 only: signed requests,
//! faults of the network, the bucket itself.

use tradepost_store::Store;
use tradepost_tests::objects::ObjectServer;

/// Runs every named test on both stores.
macro_rules! on_both {
    ($($test:ident)*) => {
        mod files {
            $(#[tokio::test]
            async fn $test() {
                crate::store::on_files(super::$test).await;
            })*
        }
        mod s3 {
            $(#[tokio::test]
            async fn $test() {
                crate::store::on_s3(super::$test).await;
            })*
        }
    };
}

mod bucket;
mod contract;
mod copying;
mod faults;
mod signed;

async fn on_files(test: impl AsyncFnOnce(&Store)) {
    let folder = tempfile::tempdir().unwrap();
    test(&Store::open(folder.path().to_owned()).unwrap()).await;
    assert_eq!(std::fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
}

async fn on_s3(test: impl AsyncFnOnce(&Store)) {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    test(&server.store(folder.path())).await;
    assert_eq!(std::fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
}
