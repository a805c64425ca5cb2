-- Tradepost's first schema: who may do what, queues, uploads, the catalogue, review, the audit log.
-- Ids are UUIDv7 made by the daemon, so that primary keys grow in order. Every rule that matters is a named constraint.

-- Accounts -----------------------------------------------------------------------------------------------------------

create table accounts (
    id uuid primary key,
    name text not null constraint accounts_name_unique unique
        constraint accounts_name_shape check (name ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
    role text not null constraint accounts_role_known check (role in ('contributor', 'buyer')),
    trust text not null default 'new' constraint accounts_trust_known check (trust in ('new', 'trusted')),
    created_at timestamptz not null default now()
);

-- A bearer token is 32 random bytes; only its SHA-256 is kept.
create table tokens (
    id uuid primary key,
    account_id uuid not null references accounts (id) on delete cascade,
    token_sha256 bytea not null constraint tokens_sha256_unique unique
        constraint tokens_sha256_length check (length(token_sha256) = 32),
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz
);
create index tokens_account on tokens (account_id);

-- Queues -------------------------------------------------------------------------------------------------------------

-- One table for all queues. A message is visible when `visible_at` has passed; receiving it sets a receipt and moves
-- `visible_at` ahead by the visibility timeout; only the holder of the receipt may extend or delete it.
create table queue_messages (
    id uuid primary key,
    queue text not null,
    lane smallint not null default 0 constraint queue_messages_lane_known check (lane in (0, 1)),
    payload jsonb not null,
    upload_id uuid,
    enqueued_at timestamptz not null default now(),
    visible_at timestamptz not null default now(),
    receipt uuid,
    receive_count integer not null default 0 constraint queue_messages_receive_count_positive check (receive_count >= 0)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
create index queue_messages_ready on queue_messages (queue, lane, visible_at);
create index queue_messages_upload on queue_messages (upload_id) where upload_id is not null;

-- What operators decided about a queue; a queue without a row runs as configured.
create table queue_settings (
    queue text primary key,
    paused_by text,
    paused_at timestamptz,
    constraint queue_settings_pause_whole check ((paused_by is null) = (paused_at is null))
);

-- Every failed attempt, whichever backend runs.
create table attempts (
    id bigint generated always as identity primary key,
    message_id uuid not null,
    queue text not null,
    attempt integer not null,
    worker text not null,
    outcome text not null constraint attempts_outcome_known check (outcome in ('retry', 'dead')),
    error text not null,
    fingerprint text not null,
    upload_id uuid,
    subject text,
    started_at timestamptz not null,
    duration_ms bigint not null
);
create index attempts_message on attempts (message_id);
create index attempts_upload on attempts (upload_id, id desc) where upload_id is not null;

create table dead_letters (
    id uuid primary key,
    queue text not null,
    payload jsonb not null,
    upload_id uuid,
    subject text,
    attempts integer not null,
    error text not null,
    fingerprint text not null,
    enqueued_at timestamptz not null,
    died_at timestamptz not null default now()
);
create index dead_letters_group on dead_letters (queue, fingerprint, id);
create index dead_letters_upload on dead_letters (upload_id) where upload_id is not null;

-- Singletons run under a lease; the epoch grows with every new holder and fences off the old one.
create table leases (
    name text primary key,
    holder text not null,
    epoch bigint not null,
    expires_at timestamptz not null
);

-- Uploads ------------------------------------------------------------------------------------------------------------

create table uploads (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    file_name text not null constraint uploads_file_name_length check (length(file_name) between 1 and 255),
    size_bytes bigint not null constraint uploads_size_positive check (size_bytes > 0),
    sha256 bytea not null constraint uploads_sha256_length check (length(sha256) = 32),
    state text not null default 'awaiting_bytes' constraint uploads_state_known check (state in (
        'awaiting_bytes', 'scanning', 'opening', 'rendering', 'previewing', 'in_review', 'published', 'rejected', 'expired')),
    -- The version of the object that was scanned and is opened: a later PUT to the same URL makes another one.
    object_version text,
    title text,
    reason text,
    created_at timestamptz not null default now(),
    url_expires_at timestamptz not null,
    settled_at timestamptz,
    constraint uploads_version_pinned check (state in ('awaiting_bytes', 'expired') or object_version is not null),
    constraint uploads_settled_when_at_rest check (
        (settled_at is not null) = (state in ('in_review', 'published', 'rejected', 'expired')))
);
create index uploads_account on uploads (account_id, id desc);
create index uploads_state on uploads (state, id desc);

create table upload_stages (
    upload_id uuid not null references uploads (id) on delete cascade,
    stage text not null constraint upload_stages_known check (stage in ('receive', 'scan', 'batch', 'image', 'preview', 'review')),
    entered_at timestamptz not null default now(),
    left_at timestamptz,
    primary key (upload_id, stage)
);

-- What the malware scanner said about exact bytes.
create table verdicts (
    id bigint generated always as identity primary key,
    upload_id uuid not null references uploads (id) on delete cascade,
    -- Path in the pack; null for the pack itself.
    file_path text,
    sha256 bytea not null constraint verdicts_sha256_length check (length(sha256) = 32),
    object_version text not null,
    size_bytes bigint not null,
    verdict text not null constraint verdicts_known check (verdict in ('clean', 'infected', 'unscannable')),
    signature text,
    engine text not null,
    scanned_at timestamptz not null default now()
);
create unique index verdicts_once on verdicts (upload_id, coalesce(file_path, ''), sha256);

create table findings (
    id bigint generated always as identity primary key,
    upload_id uuid not null references uploads (id) on delete cascade,
    file_path text,
    rule text not null,
    severity text not null constraint findings_severity_known check (severity in ('info', 'warning', 'blocking')),
    message text not null,
    line_number integer,
    column_number integer,
    excerpt text
);
create index findings_upload on findings (upload_id, id);

-- The catalogue --------------------------------------------------------------------------------------------------------

create table families (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    slug text not null,
    name text not null,
    description text,
    created_at timestamptz not null default now(),
    published_at timestamptz,
    constraint families_slug_unique unique (account_id, slug)
);
create index families_published on families (id) where published_at is not null;

create table sets (
    id uuid primary key,
    family_id uuid not null references families (id),
    upload_id uuid not null constraint sets_upload_unique unique references uploads (id),
    slug text not null,
    name text not null,
    description text,
    kind text not null constraint sets_kind_known check (kind in ('icon', 'illustration', 'model', 'texture', 'audio')),
    licence text not null,
    attribution text,
    source text,
    price_minor bigint not null constraint sets_price_not_negative check (price_minor >= 0),
    currency text not null constraint sets_currency_shape check (currency ~ '^[A-Z]{3}$'),
    tags text[] not null default '{}',
    state text not null default 'draft' constraint sets_state_known check (state in ('draft', 'published', 'rejected')),
    files integer not null constraint sets_files_positive check (files > 0),
    -- Files not settled yet: the transaction that brings this to zero enqueues the preview, once.
    pending integer not null constraint sets_pending_in_range check (pending between 0 and files),
    created_at timestamptz not null default now(),
    published_at timestamptz
);
-- A rejected set frees its name.
create unique index sets_slug_unique on sets (family_id, slug) where state <> 'rejected';
create index sets_published on sets (id) where state = 'published';

create table items (
    id uuid not null,
    kind text not null,
    set_id uuid not null references sets (id),
    path text not null,
    title text not null,
    tags text[] not null default '{}',
    metadata jsonb not null default '{}',
    sha256 bytea not null constraint items_sha256_length check (length(sha256) = 32),
    size_bytes bigint not null,
    width integer,
    height integer,
    -- pending: not looked at yet; ready: has a positive verdict and its renditions; blocked: a check forbids to publish it.
    state text not null default 'pending' constraint items_state_known check (state in (
        'pending', 'ready', 'blocked', 'published', 'rejected')),
    created_at timestamptz not null default now(),
    primary key (id, kind),
    constraint items_path_unique unique (set_id, path, kind)
) partition by list (kind);
create table items_icon partition of items for values in ('icon');
create table items_illustration partition of items for values in ('illustration');
create table items_model partition of items for values in ('model');
create table items_texture partition of items for values in ('texture');
create table items_audio partition of items for values in ('audio');
create index items_published on items (id) where state = 'published';
create index items_set on items (set_id, id);
create index items_tags on items using gin (tags) where state = 'published';
create index items_metadata on items using gin (metadata jsonb_path_ops);

create table renditions (
    item_id uuid not null,
    kind text not null,
    preset text not null,
    preset_sha256 bytea not null,
    format text not null constraint renditions_format_known check (format in ('png', 'webp')),
    width integer not null,
    height integer not null,
    size_bytes bigint not null,
    sha256 bytea not null,
    primary key (item_id, preset),
    foreign key (item_id, kind) references items (id, kind) on delete cascade
);
create index renditions_sha256 on renditions (sha256);

-- Contact sheets; the newest of a format is the family's preview.
create table family_previews (
    id uuid primary key,
    family_id uuid not null references families (id),
    -- The set whose completion made it.
    set_id uuid not null references sets (id),
    format text not null constraint family_previews_format_known check (format in ('png', 'webp')),
    width integer not null,
    height integer not null,
    size_bytes bigint not null,
    sha256 bytea not null,
    seed bigint not null,
    item_ids uuid[] not null,
    published boolean not null default false,
    created_at timestamptz not null default now(),
    constraint family_previews_once unique (set_id, format)
);
create index family_previews_family on family_previews (family_id, id desc);
create index family_previews_sha256 on family_previews (sha256);

-- Review ----------------------------------------------------------------------------------------------------------------

create table cases (
    id uuid primary key,
    upload_id uuid not null constraint cases_upload_unique unique references uploads (id),
    severity text not null constraint cases_severity_known check (severity in ('info', 'warning', 'blocking')),
    severity_rank smallint not null generated always as (
        case severity when 'blocking' then 0 when 'warning' then 1 else 2 end) stored,
    reason text not null,
    opened_at timestamptz not null default now(),
    claimed_by text,
    claim_until timestamptz,
    outcome text constraint cases_outcome_known check (outcome in ('approved', 'rejected')),
    decided_by text,
    decided_at timestamptz,
    decision_reason text,
    items_published bigint not null default 0,
    items_rejected bigint not null default 0,
    constraint cases_decision_whole check ((outcome is null) = (decided_by is null) and (outcome is null) = (decided_at is null)),
    constraint cases_claim_whole check ((claimed_by is null) = (claim_until is null))
);
create index cases_open on cases (severity_rank, id) where outcome is null;
create index cases_decided on cases (id desc) where outcome is not null;

-- The audit log: append-only -------------------------------------------------------------------------------------------

create table audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    actor text not null,
    uid bigint not null,
    act text not null,
    subject text not null,
    detail jsonb not null default '{}'
);

create function audit_log_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is append-only';
end
$$;
create trigger audit_log_append_only before update or delete on audit_log
    for each row execute function audit_log_is_append_only();
create trigger audit_log_no_truncate before truncate on audit_log
    for each statement execute function audit_log_is_append_only();
