-- The daemons on this database. A row outlives its process: an order to drain holds until an operator takes it back.
create table machines (
    name text primary key,
    -- The state directory of the daemon: another one does not take its name while it lives.
    state_id uuid not null,
    -- Its name in leases and attempts.
    worker text not null,
    version text not null,
    roles text[] not null,
    region text,
    address text not null,
    cores integer not null,
    load_average double precision not null,
    cpu_cores double precision not null,
    started_at timestamptz not null,
    seen_at timestamptz not null default now(),
    stopping_at timestamptz,
    drained_at timestamptz,
    drained_by text,
    drain_reason text,
    constraint machines_name_bounded check (char_length(name) between 1 and 80),
    constraint machines_drained_whole check (num_nulls(drained_at, drained_by, drain_reason) in (0, 3))
);
