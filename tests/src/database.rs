//! The database behind a daemon, for what no edge can bring about in a test's time: a million dead letters, say.

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::TestApp;

impl TestApp {
    /// The database of the private cluster.
    pub async fn database(&self) -> PgPool {
        self.database_with(2).await
    }

    /// The database of the private cluster, by at most so many connections.
    pub async fn database_with(&self, connections: u32) -> PgPool {
        let options = tradepostd::embedded::postgres::find_running(&self.state.join("postgres")).expect("a cluster");
        let pool = PgPoolOptions::new().max_connections(connections);
        pool.connect_with(options.database("tradepost"))
            .await
            .expect("the cluster answers")
    }

    /// Runs a statement and answers with the rows it touched.
    pub async fn sql(&self, statement: &'static str) -> u64 {
        let pool = self.database().await;
        let done = sqlx::raw_sql(statement)
            .execute(&pool)
            .await
            .expect("the statement is right");
        pool.close().await;
        done.rows_affected()
    }

    /// The number that a query answers with.
    pub async fn number(&self, query: &'static str) -> i64 {
        let pool = self.database().await;
        let number = sqlx::query_scalar(query)
            .fetch_one(&pool)
            .await
            .expect("the query is right");
        pool.close().await;
        number
    }
}
