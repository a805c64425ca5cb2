//! Caps on mails that a stranger can cause: by address, by set, and in all.

use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use super::queries;
use crate::app::App;

/// The reason for a mail, and who can bring it about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Money moved, or somebody of the marketplace decided: it is always sent.
    Owed,
    /// Anybody can ask for it, and the address was proven.
    Asked,
    /// Anybody can ask for it, and nobody has proven the address.
    Link,
    /// A free order by somebody who typed this address.
    FreeOrder(Uuid),
}

/// A cap on the mails of a scope in a window of time.
struct Cap {
    scope: String,
    most: u32,
    window_seconds: i32,
}

const HOUR: i32 = 3_600;
const DAY: i32 = 24 * HOUR;

/// Counts a mail against its caps. `false`: one of them is reached, and none was counted.
pub async fn take(app: &App, tx: &mut PgConnection, address: &str, cause: Cause) -> sqlx::Result<bool> {
    let caps = caps(app, address, cause);
    if caps.is_empty() {
        return Ok(true);
    }
    let mut counting = tx.begin().await?;
    for cap in &caps {
        let most = i32::try_from(cap.most).unwrap_or(i32::MAX);
        if !queries::count(&mut counting, &cap.scope, cap.window_seconds, most).await? {
            counting.rollback().await?;
            queries::note_held_back(tx, &cap.scope, cap.window_seconds).await?;
            return Ok(false);
        }
    }
    counting.commit().await?;
    Ok(true)
}

/// True if so many free orders of one of these products were mailed in this hour that no more will be.
pub async fn is_flooded(app: &App, tx: &mut PgConnection, products: &[Uuid]) -> sqlx::Result<bool> {
    let scopes: Vec<_> = products.iter().map(|&product| product_scope(product)).collect();
    let most = app.config.mail.free_orders_per_set_per_hour;
    queries::is_used_up(tx, &scopes, HOUR, i32::try_from(most).unwrap_or(i32::MAX)).await
}

fn product_scope(product: Uuid) -> String {
    format!("product:{product}")
}

/// In an order that all transactions keep, so that none waits for another in a circle.
fn caps(app: &App, address: &str, cause: Cause) -> Vec<Cap> {
    let mail = &app.config.mail;
    let hourly = |scope: &str, most| Cap {
        scope: scope.to_owned(),
        most,
        window_seconds: HOUR,
    };
    let daily = |most| Cap {
        scope: format!("address:{}", hex::encode(Sha256::digest(address))),
        most,
        window_seconds: DAY,
    };
    match cause {
        Cause::Owed => vec![],
        Cause::Asked => vec![daily(mail.per_address_per_day)],
        Cause::Link => vec![
            daily(mail.per_unproven_address_per_day),
            hourly("links", mail.links_per_hour),
        ],
        Cause::FreeOrder(product) => vec![
            daily(mail.per_unproven_address_per_day),
            hourly(&product_scope(product), mail.free_orders_per_set_per_hour),
            hourly("free-orders", mail.free_orders_per_hour),
        ],
    }
}
