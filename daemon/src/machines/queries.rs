//! The rows of machines.

use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use tradepost_common::machines::{HeldLease, Machine, MachineState};
use uuid::Uuid;

use crate::app::App;

/// Something that a machine says about itself.
pub struct Beat<'a> {
    pub name: &'a str,
    pub worker: &'a str,
    pub stopping: bool,
    pub load_average: f64,
    pub cpu_cores: f64,
}

/// A machine that somebody decides about.
pub struct Found {
    pub worker: String,
    pub drained: bool,
}

/// Deletes machines that have said nothing for a day. What operators decided stays.
pub async fn forget_old(db: &PgPool) -> sqlx::Result<()> {
    sqlx::query!("delete from machines where seen_at < now() - interval '1 day' and drained_at is null")
        .execute(db)
        .await?;
    Ok(())
}

/// The last name of the machine with a state directory.
pub async fn name_of(db: &PgPool, state_id: Uuid) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select name from machines where state_id = $1 order by seen_at desc limit 1",
        state_id
    )
    .fetch_optional(db)
    .await
}

/// Takes a name that no other living machine has. Answers with whether it is drained.
pub async fn claim(app: &App, state_id: Uuid, name: &str) -> sqlx::Result<Option<bool>> {
    let daemon = &app.config.daemon;
    let roles: Vec<_> = daemon.roles.iter().map(|role| role.as_str().to_owned()).collect();
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as i32);
    sqlx::query_scalar!(
        r#"
        insert into machines (name, state_id, worker, version, roles, region, address, cores, load_average, cpu_cores, started_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $9)
        on conflict (name) do update set state_id = excluded.state_id, worker = excluded.worker, version = excluded.version,
            roles = excluded.roles, region = excluded.region, address = excluded.address, cores = excluded.cores,
            started_at = excluded.started_at, seen_at = now(), stopping_at = null
        where machines.state_id = excluded.state_id or machines.seen_at < now() - interval '15 seconds'
            or machines.stopping_at is not null
        returning drained_at is not null as "drained!"
        "#,
        name,
        state_id,
        app.worker,
        env!("CARGO_PKG_VERSION"),
        &roles,
        daemon.region.as_ref().or(app.config.aws.region.as_ref()),
        app.api_url,
        cores,
        app.started_at
    )
    .fetch_optional(&app.db)
    .await
}

/// Says that a machine lives. Answers with whether it is drained; `None`: it is not registered any more.
pub async fn beat(db: &PgPool, beat: &Beat<'_>) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar!(
        r#"
        update machines set seen_at = now(), load_average = $3, cpu_cores = $4,
            stopping_at = case when $5 then coalesce(stopping_at, now()) end
        where name = $1 and worker = $2
        returning drained_at is not null as "drained!"
        "#,
        beat.name,
        beat.worker,
        beat.load_average,
        beat.cpu_cores,
        beat.stopping
    )
    .fetch_optional(db)
    .await
}

/// Locks a machine for a decision.
pub async fn find(tx: &mut PgConnection, name: &str) -> sqlx::Result<Option<Found>> {
    sqlx::query_as!(
        Found,
        r#"select worker, drained_at is not null as "drained!" from machines where name = $1 for update"#,
        name
    )
    .fetch_optional(tx)
    .await
}

pub async fn drain(tx: &mut PgConnection, name: &str, by: &str, reason: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update machines set drained_at = now(), drained_by = $2, drain_reason = $3 where name = $1",
        name,
        by,
        reason
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn resume(tx: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update machines set drained_at = null, drained_by = null, drain_reason = null where name = $1",
        name
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// All machines by name, with the leases that they hold. The clock is that of the database.
pub async fn list(db: &PgPool) -> sqlx::Result<Vec<Machine>> {
    let rows = sqlx::query!(
        r#"
        select name, version, roles, region, address, worker, cores, load_average, cpu_cores, started_at, seen_at,
            drained_at, drained_by, drain_reason, held.leases as "leases!: Json<Vec<HeldLease>>",
            case when stopping_at is not null and seen_at > now() - interval '10 seconds' then 'stopping'
                when stopping_at is not null then 'stopped'
                when seen_at < now() - interval '10 seconds' then 'silent'
                when drained_at is not null then 'drained'
                else 'serving' end as "state!: MachineState"
        from machines machine
        cross join lateral (
            select coalesce(jsonb_agg(jsonb_build_object('name', lease.name, 'epoch', lease.epoch) order by lease.name), '[]') as leases
            from leases lease where lease.holder = machine.worker and lease.expires_at > now()
        ) held
        order by name limit 1000
        "#
    )
    .fetch_all(db)
    .await?;
    let machines = rows.into_iter().map(|row| Machine {
        name: row.name,
        state: row.state,
        version: row.version,
        roles: row.roles,
        region: row.region,
        address: row.address,
        worker: row.worker,
        leases: row.leases.0,
        cores: row.cores.unsigned_abs(),
        load_average: row.load_average,
        cpu_cores: row.cpu_cores,
        started_at: row.started_at,
        seen_at: row.seen_at,
        drained_at: row.drained_at,
        drained_by: row.drained_by,
        drain_reason: row.drain_reason,
    });
    Ok(machines.collect())
}
