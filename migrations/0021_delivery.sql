-- Delivery: what was bought can be downloaded, some times, whatever became of it in the catalogue.

-- Published once, so somebody may have bought it.
alter table items add column released_at timestamptz;
update items set released_at = created_at where state = 'published';

alter table entitlements add column downloads integer not null default 0 constraint entitlements_downloads_not_negative check (downloads >= 0);

-- Every download that a signed URL was made for.
create table downloads (
    id uuid primary key,
    entitlement_id uuid not null references entitlements (id),
    -- An item or a set.
    file_id uuid not null,
    -- original, zip, png-512, webp-512
    variant text not null,
    client_address text not null,
    at timestamptz not null default now()
);
create index downloads_entitlement on downloads (entitlement_id, id desc);

-- The CRC-32 of files that were in a ZIP.
create table file_crcs (
    sha256 bytea primary key constraint file_crcs_sha256_length check (length(sha256) = 32),
    crc32 bigint not null constraint file_crcs_range check (crc32 between 0 and 4294967295)
);
