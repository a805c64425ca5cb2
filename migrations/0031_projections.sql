-- The feed of the search indexes: each of them, on whatever machine, has its own rows, so that none takes those of another one.

create table search_projections (
    id uuid primary key,
    machine text not null,
    -- Its daemon was there; one that is away for a day is forgotten, and builds its index again when it comes back.
    seen_at timestamptz not null default now(),
    -- Null: it was never built in whole.
    built_at timestamptz
);

-- What was written for nobody in particular is found again: the indexes that come up build themselves first.
delete from search_outbox;
alter table search_outbox
    add column projection uuid not null constraint search_outbox_projection_known references search_projections (id) on delete cascade;
create index search_outbox_feed on search_outbox (projection, id);

-- The feed begins at the catalogue: titles and names never change.
drop trigger items_are_searched on items;
drop trigger sets_are_searched on sets;
drop function search_set_changed;
create or replace function search_item_changed() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into search_outbox (projection, item_id)
            select projection.id, row.id from new_rows row cross join search_projections projection where row.product = 'item';
    elsif tg_op = 'DELETE' then
        insert into search_outbox (projection, item_id)
            select projection.id, row.id from old_rows row cross join search_projections projection where row.product = 'item';
    else
        insert into search_outbox (projection, item_id)
            select projection.id, new_row.id from new_rows new_row join old_rows old_row using (product, id)
            cross join search_projections projection
            where product = 'item' and (new_row.facets, new_row.standing, new_row.bucket)
                is distinct from (old_row.facets, old_row.standing, old_row.bucket);
    end if;
    return null;
end
$$;
create trigger entries_are_searched_new after insert on catalogue
    referencing new table as new_rows for each statement execute function search_item_changed();
create trigger entries_are_searched_changed after update on catalogue
    referencing old table as old_rows new table as new_rows for each statement execute function search_item_changed();
create trigger entries_are_searched_gone after delete on catalogue
    referencing old table as old_rows for each statement execute function search_item_changed();
