-- Campaigns: what the catalogue has already, drawn anew. Nothing that a campaign draws is visible before it is swapped in.
--
-- `renditions` stays what it was, one row an item and preset, so that a daemon of the release before reads and writes it as ever. What
-- campaigns draw is filed beside it by generation; which generations are laid over it is said by a table of a few rows, so that swapping
-- a whole catalogue is one row more and rolling it back one row less.

create table campaigns (
    id uuid primary key,
    -- What it draws is filed under.
    generation bigint not null generated always as identity constraint campaigns_generation_unique unique,
    state text not null constraint campaigns_state_known check (state in (
        'planning', 'planned', 'canary', 'waiting', 'running', 'paused', 'stopped', 'rendered', 'swapped', 'rolled_back', 'aborted',
        'failed')),
    -- Whether a pause or a stop interrupted the canary or what comes after it.
    phase text constraint campaigns_phase_known check (phase in ('canary', 'running')),
    -- Counts how often it was started or resumed: messages of another run are void.
    run integer not null default 0,
    actor text not null,
    uid bigint not null,
    reason text not null,
    scope jsonb not null,
    -- The presets as they were when it was planned, with their hashes.
    presets jsonb not null,
    canary integer not null,
    auto_min_psnr_db double precision,
    rate_per_second integer,
    stop_at_percent integer not null,
    -- How far the plan has looked, and how far messages were sent.
    planned_to uuid not null default '00000000-0000-0000-0000-000000000000',
    sent_to integer not null default 0,
    items bigint not null default 0,
    done bigint not null default 0,
    failed bigint not null default 0,
    skipped bigint not null default 0,
    outputs bigint not null default 0,
    bytes_before bigint not null default 0,
    bytes_after bigint not null default 0,
    cpu_seconds double precision not null default 0,
    -- What whoever resumed it has seen.
    forgiven_done bigint not null default 0,
    forgiven_failed bigint not null default 0,
    -- For one item, as the plan reckons.
    item_cpu_seconds double precision not null default 0,
    item_bytes double precision not null default 0,
    basis text not null default 'assumed' constraint campaigns_basis_known check (basis in ('history', 'assumed')),
    rate double precision not null default 0,
    note text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    swapped_at timestamptz,
    rolled_back_at timestamptz,
    collect_at timestamptz,
    collecting_at timestamptz,
    collected_at timestamptz,
    freed_bytes bigint not null default 0
);
create index campaigns_updated on campaigns (updated_at);
-- One at a time draws.
create unique index campaigns_one_draws on campaigns ((true)) where state in ('canary', 'running');

create table campaign_items (
    campaign_id uuid not null references campaigns (id) on delete cascade,
    position integer not null,
    item_id uuid not null,
    kind text not null,
    -- What the plan has seen: an item whose bytes are others by now is left out.
    source_sha256 bytea not null constraint campaign_items_sha256_length check (length(source_sha256) = 32),
    state text not null default 'waiting' constraint campaign_items_state_known check (state in ('waiting', 'done', 'failed', 'skipped')),
    canary boolean not null default false,
    failure text constraint campaign_items_failure_known check (failure in (
        'timeout', 'memory', 'crash', 'refused', 'damaged', 'given_up')),
    reason text,
    at timestamptz,
    primary key (campaign_id, position),
    constraint campaign_items_failure_whole check ((state = 'failed') = (failure is not null))
);
create index campaign_items_waiting on campaign_items (campaign_id, position) where state = 'waiting';
create index campaign_items_failed on campaign_items (campaign_id, position) where state = 'failed';
create index campaign_items_canary on campaign_items (campaign_id, position) where canary;

create table campaign_renditions (
    generation bigint not null references campaigns (generation),
    item_id uuid not null,
    kind text not null,
    preset text not null,
    preset_sha256 bytea not null,
    format text not null constraint campaign_renditions_format_known check (format in ('png', 'webp')),
    width integer not null,
    height integer not null,
    size_bytes bigint not null,
    sha256 bytea not null,
    primary key (item_id, preset, generation),
    constraint campaign_renditions_item foreign key (item_id, kind) references items (id, kind) on delete cascade
);
create index campaign_renditions_sha256 on campaign_renditions (sha256);
create index campaign_renditions_generation on campaign_renditions (generation, item_id, preset);

-- The generations that everybody sees, the highest position on top.
create table active_generations (
    generation bigint primary key references campaigns (generation),
    position bigint not null generated always as identity constraint active_generations_position_unique unique
);

-- What is shown of every item in every preset.
create view current_renditions as
select item_id, kind, preset, preset_sha256, format, width, height, size_bytes, sha256
from renditions base
where not exists (
    select 1 from campaign_renditions over_ join active_generations active on active.generation = over_.generation
    where over_.item_id = base.item_id and over_.preset = base.preset)
union all
select item_id, kind, preset, preset_sha256, format, width, height, size_bytes, sha256
from campaign_renditions base join active_generations on active_generations.generation = base.generation
where not exists (
    select 1 from campaign_renditions over_ join active_generations active on active.generation = over_.generation
    where over_.item_id = base.item_id and over_.preset = base.preset and active.position > active_generations.position);

-- What the canary drew beside what was shown then.
create table campaign_samples (
    campaign_id uuid not null references campaigns (id) on delete cascade,
    item_id uuid not null,
    preset text not null,
    format text not null,
    width integer not null,
    height integer not null,
    new_sha256 bytea not null,
    new_bytes bigint not null,
    old_sha256 bytea,
    old_format text,
    old_bytes bigint,
    psnr_db double precision,
    max_difference integer,
    differing double precision,
    primary key (campaign_id, item_id, preset)
);

-- Objects that lost a reference: when none is left after a while they are deleted, and their row stays for a day as a tombstone, so that
-- whoever put the same bytes meanwhile knows that they are gone.
create table unused_objects (
    sha256 bytea not null constraint unused_objects_sha256_length check (length(sha256) = 32),
    format text not null,
    size_bytes bigint not null,
    -- Whose collecting it is.
    campaign_id uuid references campaigns (id) on delete set null,
    marked_at timestamptz not null default now(),
    swept_at timestamptz,
    primary key (sha256, format)
);
create index unused_objects_marked on unused_objects (marked_at) where swept_at is null;
create index unused_objects_swept on unused_objects (swept_at) where swept_at is not null;
