-- Favourites and collections of accounts.

create table favourites (
    account_id uuid not null references accounts (id),
    item_id uuid not null,
    added_at timestamptz not null default now(),
    primary key (account_id, item_id)
);
create index favourites_added on favourites (account_id, added_at desc, item_id desc);

create table collections (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    name text not null constraint collections_name_length check (length(name) between 1 and 80),
    description text constraint collections_description_length check (length(description) between 1 and 2000),
    is_public boolean not null default false,
    made_at timestamptz not null default now()
);
create index collections_account on collections (account_id, id desc);

create table collection_items (
    collection_id uuid not null references collections (id) on delete cascade,
    item_id uuid not null,
    added_at timestamptz not null default now(),
    primary key (collection_id, item_id)
);
create index collection_items_added on collection_items (collection_id, added_at desc, item_id desc);

create function favourites_are_counted() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into count_deltas (product, id, favourites) values ('item', new.item_id, 1);
    else
        insert into count_deltas (product, id, favourites) values ('item', old.item_id, -1);
    end if;
    return null;
end $$;
create trigger favourites_are_counted after insert or delete on favourites for each row execute function favourites_are_counted();
