-- Queues on either backend, dead letters by group, operations.

-- Queues -------------------------------------------------------------------------------------------------------------

-- A message has had `failures` failed attempts since it was sent, or redriven for the `redrives`-th time.
alter table queue_messages
    add column failures integer not null default 0 constraint queue_messages_failures_not_negative check (failures >= 0),
    add column redrives integer not null default 0 constraint queue_messages_redrives_not_negative check (redrives >= 0);

-- Another concurrency than the configured one.
alter table queue_settings
    add column concurrency integer constraint queue_settings_concurrency_in_range check (concurrency between 1 and 1000),
    add column concurrency_by text,
    add constraint queue_settings_concurrency_whole check ((concurrency is null) = (concurrency_by is null));

-- With SQS, a feature enqueues into this table in its own transaction, and a relay sends what it finds here.
create table outbox (
    id bigint generated always as identity primary key,
    message_id uuid not null,
    queue text not null,
    lane smallint not null constraint outbox_lane_known check (lane in (0, 1)),
    payload jsonb not null,
    upload_id uuid,
    redrives integer not null default 0,
    enqueued_at timestamptz not null default now(),
    visible_at timestamptz not null default now(),
    -- Held by a relay that is sending it, until then.
    claim uuid,
    claimed_until timestamptz,
    -- Failed sends, and what was said at the last one.
    tries integer not null default 0,
    error text,
    constraint outbox_claim_whole check ((claim is null) = (claimed_until is null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
create index outbox_due on outbox (visible_at, id);

-- Which processes work on which queue; a row that is not renewed is of a worker that is gone.
create table queue_workers (
    worker text not null,
    queue text not null,
    seen_at timestamptz not null default now(),
    primary key (worker, queue)
);

-- Dead letters ---------------------------------------------------------------------------------------------------------

alter table attempts add column redrives integer not null default 0;
-- An attempt is recorded once. One of the same number before it was that of an earlier life.
update attempts set redrives = life.number
from (select id, row_number() over (partition by message_id, attempt order by id) - 1 as number from attempts) as life
where attempts.id = life.id and life.number > 0;
drop index attempts_message;
create unique index attempts_once on attempts (message_id, redrives, attempt);

-- `seq` grows with every death: what an operator has seen ends at the highest there was.
alter table dead_letters
    add column seq bigint generated always as identity,
    add column lane smallint not null default 0,
    add column redrives integer not null default 0,
    add column receives integer not null default 0,
    add column backend text not null default 'postgres' constraint dead_letters_backend_known check (backend in ('postgres', 'sqs'));
create unique index dead_letters_seq on dead_letters (seq);
drop index dead_letters_group;
create index dead_letters_group on dead_letters (fingerprint, seq);
create index dead_letters_redriven on dead_letters (seq) where redrives > 0;
create index dead_letters_queue on dead_letters (queue, seq);
create extension if not exists pg_trgm;
create index dead_letters_text on dead_letters using gin ((coalesce(subject, '') || ' ' || left(error, 300)) gin_trgm_ops);

-- The groups are counted as letters come and go: a million of them are not counted while somebody waits.
create table dead_letter_groups (
    queue text not null,
    fingerprint text not null,
    error text not null,
    messages bigint not null constraint dead_letter_groups_messages_not_negative check (messages >= 0),
    refailed bigint not null constraint dead_letter_groups_refailed_not_negative check (refailed >= 0),
    first_died_at timestamptz not null,
    last_died_at timestamptz not null,
    -- Grows with every change.
    revision bigint not null default 1,
    primary key (queue, fingerprint)
) with (fillfactor = 50);

create function count_dead_letters_in() returns trigger language plpgsql as $$
begin
    -- In order, so that two of these never wait for each other.
    insert into dead_letter_groups as known (queue, fingerprint, error, messages, refailed, first_died_at, last_died_at)
    select queue, fingerprint, (array_agg(error order by seq desc))[1], count(*), count(*) filter (where redrives > 0),
        min(died_at), max(died_at)
    from added group by queue, fingerprint order by queue, fingerprint
    on conflict (queue, fingerprint) do update set
        error = excluded.error, messages = known.messages + excluded.messages, refailed = known.refailed + excluded.refailed,
        last_died_at = greatest(known.last_died_at, excluded.last_died_at), revision = known.revision + 1;
    return null;
end
$$;

create function count_dead_letters_out() returns trigger language plpgsql as $$
begin
    perform 1 from dead_letter_groups
    where (queue, fingerprint) in (select queue, fingerprint from gone) order by queue, fingerprint for update;
    update dead_letter_groups known set
        messages = known.messages - gone_group.messages, refailed = known.refailed - gone_group.refailed,
        revision = known.revision + 1
    from (
        select queue, fingerprint, count(*) as messages, count(*) filter (where redrives > 0) as refailed
        from gone group by queue, fingerprint
    ) gone_group
    where known.queue = gone_group.queue and known.fingerprint = gone_group.fingerprint;
    return null;
end
$$;

insert into dead_letter_groups (queue, fingerprint, error, messages, refailed, first_died_at, last_died_at)
select queue, fingerprint, (array_agg(error order by seq desc))[1], count(*), 0, min(died_at), max(died_at)
from dead_letters group by queue, fingerprint;

create trigger dead_letters_counted_in after insert on dead_letters referencing new table as added
    for each statement execute function count_dead_letters_in();
create trigger dead_letters_counted_out after delete on dead_letters referencing old table as gone
    for each statement execute function count_dead_letters_out();

-- Operations -----------------------------------------------------------------------------------------------------------

create table operations (
    id uuid primary key,
    kind text not null constraint operations_kind_known check (kind in ('redrive', 'edit', 'discard', 'purge')),
    state text not null constraint operations_state_known check (state in (
        'planning', 'planned', 'running', 'paused', 'stopped', 'cancelled', 'done', 'failed')),
    phase text constraint operations_phase_known check (phase in ('canary', 'watch', 'ramp', 'settle')),
    actor text not null,
    uid bigint not null,
    reason text,
    selection jsonb not null,
    -- What the operator saw: dead letters with a higher seq are not meant.
    upper_seq bigint not null,
    pace jsonb not null,
    selected bigint not null default 0,
    -- Messages by the reason for which they were left out.
    left_out jsonb not null default '{}',
    acted bigint not null default 0,
    -- Outcomes of what was sent, as last counted; those up to `forgiven` do not count against it any more.
    succeeded bigint not null default 0,
    refailed bigint not null default 0,
    forgiven_succeeded bigint not null default 0,
    forgiven_refailed bigint not null default 0,
    -- Messages a second, lately.
    rate double precision not null default 0,
    -- Up to where the plan has looked, or the run has acted.
    position_seq bigint not null default 0,
    note text,
    created_at timestamptz not null default now(),
    -- When the phase began.
    phase_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    updated_at timestamptz not null default now(),
    constraint operations_reason_given check (kind in ('redrive', 'edit') or reason is not null),
    constraint operations_finished_when_over check ((finished_at is not null) = (state in ('cancelled', 'done', 'failed')))
);
create index operations_not_over on operations (id) where finished_at is null;

create table operation_items (
    operation_id uuid not null references operations (id) on delete cascade,
    message_id uuid not null,
    state text not null constraint operation_items_state_known check (state in ('left_out', 'sent', 'done', 'failed', 'discarded')),
    queue text not null,
    subject text,
    reason text,
    -- What was discarded, until the operation is forgotten.
    payload jsonb,
    at timestamptz not null default now(),
    primary key (operation_id, message_id)
);
create index operation_items_state on operation_items (operation_id, state, message_id);
create index operation_items_message on operation_items (message_id);
