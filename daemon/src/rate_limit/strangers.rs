//! Attempts to sign in, mailed links and guest checkouts: limited for each client address and for each account, in the database, so
//! that a restart or another machine gives nobody more.

use std::net::IpAddr;

use sqlx::PgPool;

use super::network;
use crate::error::{ApiError, ApiResult};
use crate::quota::Quota;
use tradepost_store::sha256;

/// An act of somebody who has not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    SignIn,
    MailLink,
    GuestCheckout,
}

impl Act {
    /// So many a minute, for each account and each client address.
    fn limit(self) -> u32 {
        match self {
            Self::SignIn | Self::GuestCheckout => 10,
            Self::MailLink => 5,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::MailLink => "mail-link",
            Self::GuestCheckout => "guest-checkout",
        }
    }

    fn key(self, payer: &str) -> Vec<u8> {
        sha256(format!("{self:?} {payer}").as_bytes()).to_vec()
    }
}

/// Takes one from the budgets of an account, known by its mail address or a link, and of a client address; from none of them when one
/// is used up.
///
/// # Errors
/// Rate limited, with the time to wait.
pub async fn take(db: &PgPool, act: Act, name: &str, client: IpAddr) -> ApiResult<()> {
    let keys = [
        act.key(&format!("account {name}")),
        act.key(&format!("network {}", network(client))),
    ];
    match refusal(db, act.limit(), &keys).await? {
        None => Ok(()),
        Some((budget, wait)) => Err(ApiError::RateLimited {
            quota: Quota {
                name: act.name(),
                limit: act.limit(),
                left: 0,
                reset_seconds: wait.max(0).unsigned_abs() + 1,
            },
            what: if budget == 1 { "account" } else { "client address" },
        }),
    }
}

/// The budget that has nothing left, from 1, and the seconds until it has. A commit that is lost gives one try back: it does not wait
/// for the disk.
async fn refusal(db: &PgPool, limit: u32, keys: &[Vec<u8>]) -> sqlx::Result<Option<(i64, i64)>> {
    let row = sqlx::query!(
        r#"
        with settings as materialized (select set_config('synchronous_commit', 'off', true)),
        wanted as (
            select key, n, greatest(coalesce(known.full_at, now()), now()) + interval '1 minute' / $2::integer as full_at
            from unnest($1::bytea[]) with ordinality wanted (key, n) left join stranger_budgets known using (key)),
        taken as (
            insert into stranger_budgets as known (key, full_at)
            select key, full_at from wanted cross join settings
            where not exists (select from wanted where full_at > now() + interval '1 minute') order by key
            on conflict (key) do update set full_at = greatest(known.full_at, now()) + interval '1 minute' / $2::integer
                where greatest(known.full_at, now()) + interval '1 minute' / $2::integer <= now() + interval '1 minute'
            returning key)
        select wanted.n as "budget!", floor(extract(epoch from wanted.full_at - now() - interval '1 minute'))::bigint as "wait!"
        from wanted where not exists (select from taken where taken.key = wanted.key)
        order by wanted.full_at desc limit 1
        "#,
        keys,
        limit.cast_signed()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.budget, row.wait)))
}

/// Forgets budgets that are full.
pub async fn tidy(db: &PgPool) -> sqlx::Result<()> {
    sqlx::query!("delete from stranger_budgets where full_at < now()")
        .execute(db)
        .await?;
    Ok(())
}
