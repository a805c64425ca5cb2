//! A ledger of its own for the tests of its rules.

use sqlx::PgPool;
use tradepost_ledger::{AccountSpec, Entry, LedgerAccount, LedgerError, Posted, Posting, Shards, open, post, proof};
use tradepost_tests::TestApp;

pub struct Books {
    // The database goes with it.
    _app: TestApp,
    pub db: PgPool,
}

impl Books {
    pub async fn open() -> Self {
        let app = TestApp::start();
        let db = app.database_with(16).await;
        Self { _app: app, db }
    }

    pub async fn account(&self, name: &str, currency: &str, floor: Option<i64>) -> LedgerAccount {
        let mut connection = self.db.acquire().await.unwrap();
        let spec = AccountSpec {
            name,
            currency,
            floor,
            shards: Shards::One,
        };
        open(&mut connection, &spec).await.unwrap()
    }

    /// A wallet of these funds, and the account that they came from.
    pub async fn funded(&self, name: &str, amount: i64) -> [LedgerAccount; 2] {
        let bank = self.account("bank", "EUR", None).await;
        let wallet = self.account(name, "EUR", Some(0)).await;
        if amount > 0 {
            self.transfer(&format!("fund:{name}"), [bank, wallet], amount)
                .await
                .unwrap();
        }
        [wallet, bank]
    }

    pub async fn transfer(
        &self,
        key: &str,
        [from, to]: [LedgerAccount; 2],
        amount: i64,
    ) -> Result<Posted, LedgerError> {
        let entries = [
            Entry {
                account: from,
                amount: -amount,
            },
            Entry { account: to, amount },
        ];
        self.post(key, &entries).await
    }

    pub async fn post(&self, key: &str, entries: &[Entry]) -> Result<Posted, LedgerError> {
        let mut tx = self.db.begin().await?;
        let posted = post(
            &mut tx,
            &Posting {
                key,
                kind: "test",
                entries,
            },
        )
        .await;
        // As a caller that goes on after a refusal.
        tx.commit().await?;
        posted
    }

    pub async fn balance(&self, account: LedgerAccount) -> i64 {
        sqlx::query_scalar("select balance from ledger_accounts where id = $1")
            .bind(account.0)
            .fetch_one(&self.db)
            .await
            .unwrap()
    }

    pub async fn number(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.db).await.unwrap()
    }

    pub async fn sql(&self, statement: &'static str) -> Result<u64, sqlx::Error> {
        Ok(sqlx::raw_sql(statement).execute(&self.db).await?.rows_affected())
    }

    /// The rules that are broken, each once.
    pub async fn broken(&self) -> Vec<String> {
        let mut rules: Vec<_> = proof::differences(&self.db)
            .await
            .unwrap()
            .into_iter()
            .map(|found| found.rule)
            .collect();
        rules.sort();
        rules.dedup();
        rules
    }
}
