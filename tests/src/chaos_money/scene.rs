//! The marketplace and what happens to it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use sqlx::PgPool;
use tradepostd::embedded::postgres::PidFile;

use super::{BETWEEN_CRASHES, GROWN_UP, Options, is_due};
use crate::stripe::Stripe;
use crate::{PackBuilder, TestApp};

/// Messages are delivered twice, later and so in another order, and those that a sweep replaces are dropped.
const MISBEHAVING_QUEUE: &str = "
    create function chaos_messages() returns trigger language plpgsql as $$
    begin
        if new.queue not in ('pay', 'settle') then return new; end if;
        if new.queue = 'pay' and random() < FAULTS then return null; end if;
        if random() < FAULTS then new.visible_at := new.visible_at + random() * interval '3 seconds'; end if;
        if random() < FAULTS then
            insert into queue_messages (id, queue, lane, payload, visible_at)
            values (gen_random_uuid(), new.queue, new.lane, new.payload, new.visible_at + random() * interval '2 seconds');
        end if;
        return new;
    end $$;
    create trigger chaos_messages before insert on queue_messages for each row when (pg_trigger_depth() < 1)
        execute function chaos_messages()";

/// A marketplace with one set for sale, and buyers.
pub struct Scene {
    app: TestApp,
    set: String,
    born: Instant,
    crashed: Instant,
    pub kills: u32,
    pub crashes: u32,
}

/// Everything a buyer needs to know.
#[derive(Debug, Clone)]
pub struct Surroundings {
    pub api: String,
    pub socket: PathBuf,
    pub set: String,
}

impl Scene {
    pub async fn open(stripe: &Stripe, options: &Options) -> anyhow::Result<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let settings = stripe.options().set("HTTP__LISTEN", free);
        // Honest buyers with bad cards come from the same address here.
        let limits = ["PER_NETWORK", "PER_CARD", "PER_PRODUCT"];
        let settings = limits.iter().fold(settings, |settings, limit| {
            settings.set(&format!("PAYMENTS__DECLINES__{limit}"), 1_000_000)
        });
        let app = TestApp::start_with(settings.set("MONEY__CLAWBACK_LIMIT_MINOR", 1_000_000_000));
        stripe.deliver_to(&app.api);
        let seller = app.trusted("ann");
        app.upload_and_settle(&seller, &PackBuilder::ticks("Ticks", 1).build())
            .await;
        let set = app.rows("/v1/sets").await[0]["id"]
            .as_str()
            .context("a set")?
            .to_owned();
        let db = app.database().await;
        let buyers = "
            with made as (
                insert into accounts (id, name, role) select gen_random_uuid(), 'buyer-' || n, 'buyer' from generate_series(0, $1) n
                returning id, name)
            insert into tokens (id, account_id, token_sha256) select gen_random_uuid(), id, sha256(convert_to('tp_' || name, 'UTF8')) from made";
        sqlx::query(buyers)
            .bind(i32::try_from(options.purchases)?)
            .execute(&db)
            .await?;
        if options.faults > 0.0 {
            let trigger = MISBEHAVING_QUEUE.replace("FAULTS", &options.faults.to_string());
            sqlx::raw_sql(sqlx::AssertSqlSafe(trigger)).execute(&db).await?;
        }
        db.close().await;
        Ok(Self {
            app,
            set,
            born: Instant::now(),
            crashed: Instant::now(),
            kills: 0,
            crashes: 0,
        })
    }

    pub fn surroundings(&self) -> Surroundings {
        Surroundings {
            api: self.app.api.clone(),
            socket: self.app.socket(),
            set: self.set.clone(),
        }
    }

    /// Kills and crashes what is due when so much is done, from 0 to 1.
    pub async fn disturb(&mut self, options: &Options, stripe: &Stripe, done: f64) -> anyhow::Result<()> {
        if is_due(done, self.crashes, options.crashes) && self.crashed.elapsed() > BETWEEN_CRASHES {
            let running = PidFile::read(&self.app.state.join("postgres/data"));
            if let Some(server) = running.filter(|server| server.is_ready) {
                kill(server.pid, Signal::SIGQUIT)?;
                (self.crashes, self.crashed) = (self.crashes + 1, Instant::now());
            }
        }
        if is_due(done, self.kills, options.kills) && self.born.elapsed() > GROWN_UP {
            self.app.kill();
            self.app.restart();
            stripe.deliver_to(&self.app.api);
            (self.kills, self.born) = (self.kills + 1, Instant::now());
        }
        Ok(())
    }

    pub async fn database(&self) -> PgPool {
        self.app.database().await
    }

    pub async fn look(&self, path: &str) -> serde_json::Value {
        self.app.look(path).await
    }

    /// Prints the end of the daemon's log.
    pub fn print_log(&self) {
        let log = self.app.log();
        let tail: Vec<_> = log.lines().rev().take(30).collect();
        println!("{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
    }

    /// Waits until no order, payment, refund or message is on its way.
    pub async fn until_quiet(&self, patience: Duration) -> anyhow::Result<()> {
        let db = self.database().await;
        let started = Instant::now();
        let statement = "
            select (select count(*) from orders where state in ('awaiting_payment', 'placed'))
                + (select count(*) from payments where state not in ('succeeded', 'canceled'))
                + (select count(*) from refunds where state = 'pending') + (select count(*) from disputes where state = 'open')
                + (select count(*) from queue_messages where queue in ('pay', 'settle'))";
        while started.elapsed() < patience {
            let open: i64 = sqlx::query_scalar(statement).fetch_one(&db).await?;
            if open == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        db.close().await;
        Ok(())
    }
}
