-- What the search index has to look at again. Rows, not the largest id: what commits late is not missed. A row goes when the index has it.
create table search_outbox (
    id bigint generated always as identity primary key,
    item_id uuid not null,
    created_at timestamptz not null default now()
);

create function search_item_changed() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.state = 'published' then
        insert into search_outbox (item_id) values (old.id);
    elsif tg_op <> 'DELETE' and new.state = 'published' then
        insert into search_outbox (item_id) values (new.id);
    end if;
    return null;
end
$$;
create trigger items_are_searched after insert or delete or update of state, title, tags on items
    for each row execute function search_item_changed();

create function search_set_changed() returns trigger language plpgsql as $$
begin
    insert into search_outbox (item_id) select id from items where set_id = new.id and state = 'published';
    return null;
end
$$;
create trigger sets_are_searched after update of name, tags, licence, price_minor on sets
    for each row execute function search_set_changed();

create function search_outbox_notify() returns trigger language plpgsql as $$
begin
    perform pg_notify('tradepost_queue', 'search');
    return null;
end
$$;
create trigger search_outbox_wakes after insert on search_outbox for each statement execute function search_outbox_notify();

insert into search_outbox (item_id) select id from items where state = 'published';
