-- What a verdict was given with, and scanning again when more is known.

-- `engine` was one text; a daemon of the release before still writes and reads it, so it stays until the next one.
alter table verdicts
    -- `ClamAV 1.4.6`
    add column engine_version text,
    -- The daily signatures, by number and age; null where the scanner does not number them.
    add column signature_number integer,
    add column signatures_at timestamptz,
    -- The first verdict, which let the bytes pass, and the latest of those after an update of the signatures.
    add column occasion text not null default 'upload' constraint verdicts_occasion_known check (occasion in ('upload', 'rescan'));
update verdicts set engine_version = split_part(engine, ', ', 1),
    signature_number = substring(engine from ', signatures ([0-9]{1,9})$')::integer;
drop index verdicts_once;
create unique index verdicts_once on verdicts (upload_id, coalesce(file_path, ''), sha256, occasion);
-- What is known of bytes, wherever they came from.
create index verdicts_sha256 on verdicts (sha256);
create index items_sha256 on items (sha256);

-- How far each upload has come with the signatures.
create table scanned_uploads (
    upload_id uuid primary key references uploads (id) on delete cascade,
    -- All of its bytes were scanned with the daily signatures of this number or newer ones; 0: with none that have a number.
    signature_number integer not null,
    -- It is to be scanned again with these; null when nothing is under way.
    asked_number integer,
    asked_at timestamptz,
    -- It was published, and is not any more: the scanner found something in it later.
    withdrawn_at timestamptz,
    constraint scanned_uploads_asked_whole check ((asked_number is null) = (asked_at is null))
);
insert into scanned_uploads (upload_id, signature_number)
select upload_id, coalesce(min(coalesce(signature_number, 0)), 0) from verdicts group by upload_id;
create index scanned_uploads_asked on scanned_uploads (asked_at) where asked_at is not null;
create index scanned_uploads_withdrawn on scanned_uploads (upload_id) where withdrawn_at is not null;
create index uploads_published on uploads (settled_at) where state = 'published';

-- Whether the scanner found something in these bytes that newer signatures did not take back.
create function is_infected(bytes bytea) returns boolean language sql stable as $$
    select exists (
        select 1 from verdicts bad where bad.sha256 = bytes and bad.verdict = 'infected' and not exists (
            select 1 from verdicts good where good.sha256 = bytes and good.verdict = 'clean'
                and coalesce(good.signature_number, 0) > coalesce(bad.signature_number, 0)))
$$;

-- No publication without a positive verdict for the exact bytes, whoever asks for it.
create function item_has_clean_verdict() returns trigger language plpgsql as $$
begin
    if is_infected(new.sha256) or not exists (
        select 1 from verdicts where upload_id = (select upload_id from sets where id = new.set_id)
            and coalesce(file_path, '') = new.path and sha256 = new.sha256 and verdict = 'clean'
    ) then
        raise exception 'the item % has no clean verdict for its exact bytes', new.id
            using errcode = 'check_violation', constraint = 'items_published_are_clean', table = 'items';
    end if;
    return new;
end
$$;
create trigger items_published_are_clean before update of state on items for each row
    when (new.state = 'published' and old.state <> 'published') execute function item_has_clean_verdict();
