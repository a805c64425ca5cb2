-- What is published of an item is not always its own file: of an SVG it is a copy, written anew without anything active.

-- The bytes that a buyer may get, by their SHA-256; null until the item was judged, and when there are none.
alter table items
    add column file_sha256 bytea constraint items_file_sha256_length check (length(file_sha256) = 32),
    add column file_size_bytes bigint constraint items_file_size_positive check (file_size_bytes > 0),
    add constraint items_file_whole check ((file_sha256 is null) = (file_size_bytes is null)),
    -- Items that were published before have none until they are rendered again; of those that are published from now on there is one.
    add constraint items_published_has_file check (state <> 'published' or file_sha256 is not null) not valid;
create index items_file_sha256 on items (file_sha256) where file_sha256 is not null;

-- The verdict must be for what is published, not only for what it was made of.
create or replace function item_has_clean_verdict() returns trigger language plpgsql as $$
declare
    bytes bytea;
begin
    foreach bytes in array array[new.sha256, coalesce(new.file_sha256, new.sha256)] loop
        if is_infected(bytes) or not exists (
            select 1 from verdicts where upload_id = (select upload_id from sets where id = new.set_id)
                and coalesce(file_path, '') = new.path and sha256 = bytes and verdict = 'clean'
        ) then
            raise exception 'the item % has no clean verdict for its exact bytes', new.id
                using errcode = 'check_violation', constraint = 'items_published_are_clean', table = 'items';
        end if;
    end loop;
    return new;
end
$$;
