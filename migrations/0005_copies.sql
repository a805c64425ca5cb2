-- Copies and thefts: what every file looks like, and which files are like which.

-- The 17 values that differ from one of 16 bits in at most one bit.
create function near_bands(band smallint) returns smallint[] language sql immutable strict parallel safe as $$
    select array_agg(((((band::integer + 32768) # mask) - 32768)::smallint))
    from unnest(array[0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768]) as mask
$$;

create table item_prints (
    item_id uuid primary key,
    kind text not null,
    upload_id uuid not null references uploads (id) on delete cascade,
    account_id uuid not null references accounts (id),
    sha256 bytea not null constraint item_prints_sha256_length check (length(sha256) = 32),
    -- Of the outlines, whatever their colours, size and order; null where there are none.
    geometry bytea constraint item_prints_geometry_length check (length(geometry) = 16),
    -- The perceptual hash of the picture; null where there is none.
    look bigint,
    -- Too simple to say anything: a square is not stolen. Only the same bytes count.
    plain boolean not null default false,
    -- Of two hashes that differ in at most 7 bits, one of four bands of 16 differs in at most one.
    band_0 smallint generated always as ((((look >> 48) & 65535) - 32768)::smallint) stored,
    band_1 smallint generated always as ((((look >> 32) & 65535) - 32768)::smallint) stored,
    band_2 smallint generated always as ((((look >> 16) & 65535) - 32768)::smallint) stored,
    band_3 smallint generated always as (((look & 65535) - 32768)::smallint) stored,
    created_at timestamptz not null default now(),
    constraint item_prints_item foreign key (item_id, kind) references items (id, kind) on delete cascade
);
create index item_prints_upload on item_prints (upload_id);
create index item_prints_sha256 on item_prints (sha256);
create index item_prints_geometry on item_prints (geometry) where geometry is not null and not plain;
create index item_prints_band_0 on item_prints (band_0, look) include (item_id) where not plain;
create index item_prints_band_1 on item_prints (band_1, look) include (item_id) where not plain;
create index item_prints_band_2 on item_prints (band_2, look) include (item_id) where not plain;
create index item_prints_band_3 on item_prints (band_3, look) include (item_id) where not plain;

-- The files whose hash differs from `wanted` in at most `radius` bits (at most 7), the closest first.
create function prints_like(wanted bigint, radius integer, at_most integer)
    returns table (item_id uuid, distance integer) language plpgsql stable parallel safe rows 20 as $$
declare
    bands smallint[] := array[
        (((wanted >> 48) & 65535) - 32768), (((wanted >> 32) & 65535) - 32768), (((wanted >> 16) & 65535) - 32768),
        ((wanted & 65535) - 32768)]::smallint[];
    near_0 smallint[] := near_bands(bands[1]);
    near_1 smallint[] := near_bands(bands[2]);
    near_2 smallint[] := near_bands(bands[3]);
    near_3 smallint[] := near_bands(bands[4]);
begin
    return query
    select found.item_id, found.bits from (
        select print.item_id, bit_count((print.look # wanted)::bit(64))::integer as bits from item_prints print
        where print.band_0 = any(near_0) and not print.plain and bit_count((print.look # wanted)::bit(64)) <= radius
        union
        select print.item_id, bit_count((print.look # wanted)::bit(64))::integer as bits from item_prints print
        where print.band_1 = any(near_1) and not print.plain and bit_count((print.look # wanted)::bit(64)) <= radius
        union
        select print.item_id, bit_count((print.look # wanted)::bit(64))::integer as bits from item_prints print
        where print.band_2 = any(near_2) and not print.plain and bit_count((print.look # wanted)::bit(64)) <= radius
        union
        select print.item_id, bit_count((print.look # wanted)::bit(64))::integer as bits from item_prints print
        where print.band_3 = any(near_3) and not print.plain and bit_count((print.look # wanted)::bit(64)) <= radius
    ) found
    order by 2, 1 limit at_most;
end
$$;

-- What was found when a pack was settled; the other one is the older, or came at the same time.
create table item_matches (
    item_id uuid not null references item_prints (item_id) on delete cascade,
    other_id uuid not null references item_prints (item_id) on delete cascade,
    upload_id uuid not null references uploads (id) on delete cascade,
    other_upload_id uuid not null references uploads (id) on delete cascade,
    relation text not null constraint item_matches_relation_known check (relation in ('exact', 'geometry', 'look')),
    distance smallint not null default 0 constraint item_matches_distance_in_range check (distance between 0 and 64),
    found_at timestamptz not null default now(),
    primary key (item_id, other_id)
);
create index item_matches_upload on item_matches (upload_id);
create index item_matches_other on item_matches (other_upload_id);

-- Puts the open case of an upload into one group with the open cases of what its files are like; groups that it joins become one.
create function cluster_cases(of_upload uuid) returns uuid language plpgsql as $$
declare
    alike uuid[];
    groups uuid[];
    chosen uuid;
begin
    if not exists (
        select from pg_attribute where attrelid = 'cases'::regclass and attname = 'cluster_id' and not attisdropped
    ) then
        return null;
    end if;
    -- Two groups must not be joined by two at once.
    perform pg_advisory_xact_lock(hashtext('cluster_cases'));
    select array_agg(distinct cases.upload_id) into alike from cases where cases.outcome is null and cases.upload_id in (
        select other_upload_id from item_matches where upload_id = of_upload
        union select upload_id from item_matches where other_upload_id = of_upload);
    if alike is null or not exists (select 1 from cases where upload_id = of_upload and outcome is null) then
        return null;
    end if;
    alike := alike || of_upload;
    select array_agg(distinct cluster_id order by cluster_id) into groups
    from cases where upload_id = any(alike) and outcome is null and cluster_id is not null;
    chosen := coalesce(groups[1], gen_random_uuid());
    update cases set cluster_id = chosen
    where outcome is null and cluster_id is distinct from chosen and (upload_id = any(alike) or cluster_id = any(groups));
    return chosen;
end
$$;
