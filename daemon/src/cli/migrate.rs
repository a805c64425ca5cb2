//! `tradepostd migrate`: brings the database's schema up to date.

use tradepostd::database;

use super::output::print;
use super::state::{StateArgs, runtime};

/// Applies the migrations that are missing.
pub fn run(state: &StateArgs) -> anyhow::Result<()> {
    let (config, state) = state.load()?;
    runtime()?.block_on(async {
        let database = database::open_beside(&config.database, &state).await?;
        let migrated = database::migrate(&database.pool).await;
        database.close().await;
        migrated
    })?;
    print("The schema is up to date.")
}
