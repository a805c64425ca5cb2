//! A queue that is stuck, a clamd that is dead and a route that is slow, all real and all at once: CloudWatch and its alarms, the rules of
//! Prometheus and the daemon's own notifications tell each once, and tell once that it is over.

use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{PgPool, Postgres, Transaction};
use tokio::task::JoinHandle;
use tradepost_tests::PackBuilder;
use tradepost_tests::clamd::Clamd;
use tradepost_tests::wait::eventually;

use super::watched::{Now, Watched};

/// A handler gives up its lock after 30 s and takes the next pack; the others wait.
const PACKS: usize = 4;
/// The time for which a request waits.
const SLOW: Duration = Duration::from_millis(500);
const SLOW_ROUTE: &str = "/v1/licences";

#[tokio::test(flavor = "multi_thread")]
async fn three_faults_are_told_once_each_by_cloudwatch_prometheus_and_sns_and_are_resolved() {
    let Some(mut shop) = Watched::start().await else { return };
    shop.is_well().await;
    let faults = Faults::make(&mut shop).await;
    shop.tells(Now::Broken).await;
    faults.mend(&mut shop).await;
    shop.tells(Now::Mended).await;
    shop.ends_having_told_once().await;
}

/// The faults that were made, and all that it takes to mend them.
struct Faults {
    stuck: Transaction<'static, Postgres>,
    uploads: Vec<String>,
    slow: JoinHandle<()>,
}

impl Faults {
    async fn make(shop: &mut Watched) -> Self {
        // Readers pass. The handler of `preview` waits with its contact sheet, and there is one handler.
        let mut stuck = shop.db.begin().await.unwrap();
        let lock = "lock table family_previews in share mode";
        sqlx::query(lock).execute(&mut *stuck).await.unwrap();
        let app = &shop.app;
        let uploads = join_all((0..PACKS).map(async |n| {
            let token = app.trusted(&format!("contributor-{n}"));
            app.upload(&token, &PackBuilder::drawn(n, 1).build()).await
        }));
        let uploads = uploads.await;
        let ready = "select count(*) from queue_messages where queue = 'preview' and visible_at <= now()";
        eventually("messages are ready", async || {
            let ready: i64 = sqlx::query_scalar(ready).fetch_one(&shop.db).await.unwrap();
            if ready == PACKS as i64 - 1 {
                return Ok(());
            }
            Err(format!("{ready} are"))
        })
        .await;
        // They have been ready for longer than a test takes.
        let old = "update queue_messages set visible_at = visible_at - interval '6 minutes'
            where queue = 'preview' and visible_at <= now()";
        sqlx::query(old).execute(&shop.db).await.unwrap();
        shop.clamd = None;
        let slow = tokio::spawn(hold_locks(shop.db.clone()));
        shop.reader.route.send_replace(SLOW_ROUTE);
        Self { stuck, uploads, slow }
    }

    async fn mend(self, shop: &mut Watched) {
        self.slow.abort();
        // The lock goes with its transaction, which goes with the task.
        assert!(self.slow.await.unwrap_err().is_cancelled());
        self.stuck.rollback().await.unwrap();
        let folder = shop.folder.path();
        shop.clamd = Clamd::start(folder, &folder.join("clamd.sock"));
        for id in &self.uploads {
            let trace = shop.app.settled(id).await;
            assert_eq!(trace["upload"]["state"], "published", "{trace}");
        }
    }
}

/// Holds the lock of the table that a route reads, again and again.
async fn hold_locks(db: PgPool) {
    loop {
        let mut tx = db.begin().await.unwrap();
        let lock = "lock table licence_terms in access exclusive mode";
        sqlx::query(lock).execute(&mut *tx).await.unwrap();
        tokio::time::sleep(SLOW).await;
        tx.commit().await.unwrap();
    }
}
