-- Webhooks of accounts, in the format of Standard Webhooks, and their deliveries.

create table webhooks (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    url text not null constraint webhooks_url_length check (length(url) between 1 and 500),
    events text[] not null constraint webhooks_events_some check (cardinality(events) between 1 and 20),
    -- It signs the deliveries, so it must be here as it is.
    secret bytea not null constraint webhooks_secret_length check (length(secret) = 32),
    created_at timestamptz not null default now(),
    -- The first failure since the last success.
    failing_since timestamptz,
    disabled_at timestamptz,
    deleted_at timestamptz
);
create index webhooks_account on webhooks (account_id) where deleted_at is null;

create table webhook_deliveries (
    id uuid primary key,
    webhook_id uuid not null references webhooks (id),
    -- The event: what the receiver sees as webhook-id.
    event_id uuid not null,
    event text not null,
    body text not null constraint webhook_deliveries_body_length check (length(body) <= 65536),
    state text not null default 'queued' constraint webhook_deliveries_state_known check (state in ('queued', 'delivered', 'failed')),
    attempts integer not null default 0,
    -- The answer to the last attempt, or the reason why there was none.
    last_status integer,
    last_error text,
    created_at timestamptz not null default now(),
    delivered_at timestamptz,
    constraint webhook_deliveries_once unique (webhook_id, event_id),
    constraint webhook_deliveries_delivered_with_a_time check (state <> 'delivered' or delivered_at is not null)
);
create index webhook_deliveries_created on webhook_deliveries (created_at);
