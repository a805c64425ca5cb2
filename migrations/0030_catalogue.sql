-- The catalogue as it is browsed: categories, labels, and a row for everything that is published, with all that lists filter and sort by.

create table categories (
    slug text primary key constraint categories_slug_shape check (slug ~ '^[a-z0-9][a-z0-9-]{1,39}$'),
    name text not null constraint categories_name_length check (length(name) between 1 and 60),
    -- Null: at the top.
    parent text constraint categories_parent_known references categories (slug),
    -- Place among its siblings.
    position integer not null default 0,
    -- The category and those above it, from below.
    path text[] not null,
    constraint categories_tree check (cardinality(path) between 1 and 6 and not slug = any(path[2:]))
);
create index categories_parent on categories (parent);

create function category_is_in_the_tree() returns trigger language plpgsql as $$
begin
    new.path := new.slug || coalesce((select path from categories where slug = new.parent), '{}');
    return new;
end $$;
create trigger categories_have_a_path before insert or update of parent on categories
    for each row execute function category_is_in_the_tree();
create function category_moves_those_below() returns trigger language plpgsql as $$
begin
    update categories set parent = parent where parent = new.slug;
    return null;
end $$;
create trigger categories_move_those_below after update of parent on categories
    for each row when (new.path <> old.path) execute function category_moves_those_below();

-- Labels: what a set says holds for its items, what a family says for its sets.
alter table families
    add column tags text[] not null default '{}',
    add column category text references categories (slug),
    add column styles text[] not null default '{}';
alter table sets
    add column category text references categories (slug),
    add column styles text[] not null default '{}';
alter table items
    add column category text references categories (slug),
    add column styles text[] not null default '{}';

-- Places that operators gave: 1 is pinned, before all others; -1 is buried, behind them.
create table standings (
    product text not null constraint standings_product_known check (product in ('family', 'set', 'item')),
    id uuid not null,
    standing smallint not null constraint standings_known check (standing in (-1, 1)),
    reason text not null,
    primary key (product, id)
);

-- Counts of a product, kept when it is withdrawn.
create table product_counts (
    product text not null constraint product_counts_product_known check (product in ('family', 'set', 'item')),
    id uuid not null,
    views bigint not null default 0,
    downloads bigint not null default 0,
    favourites bigint not null default 0,
    sales bigint not null default 0,
    -- The logarithm to base 2 of a sum that halves in 30 days, as of 2026-01-01: the order of two products never changes by itself.
    popularity double precision not null,
    primary key (product, id)
) with (fillfactor = 80);

-- Counts that were not added up yet.
create table count_deltas (
    product text not null,
    id uuid not null,
    views integer not null default 0,
    downloads integer not null default 0,
    favourites integer not null default 0,
    sales integer not null default 0,
    at timestamptz not null default now()
);

-- Half-lives since 2026-01-01.
create function half_lives(at timestamptz) returns double precision language sql stable parallel safe as $$
    select (extract(epoch from at) - 1767225600)::double precision / 2592000
$$;

-- The popularity after events of a weight in a moment. Both are logarithms: the larger one is taken out, so that neither overflows.
create function popularity_with(popularity double precision, weight double precision, at timestamptz) returns double precision
language sql stable parallel safe as $$
    select case when weight <= 0 then popularity
        else greatest(popularity, event) + ln(1 + power(2.0, -least(abs(popularity - event), 60))) / ln(2.0) end
    from (select half_lives(at) + case when weight > 0 then ln(weight) / ln(2.0) else 0 end as event) events
$$;

-- Everything that is published. Triggers keep it; lists read it, and the feed of the search index begins here.
create table catalogue (
    product text not null constraint catalogue_product_known check (product in ('family', 'set', 'item')),
    id uuid not null,
    family_id uuid not null,
    set_id uuid,
    -- name:value, sorted: kind, contributor, licence, category (with those above it), style, tag, price_range.
    facets text[] not null,
    standing smallint not null default 0,
    sales bigint not null default 0,
    popularity double precision not null,
    -- The place in the order by popularity.
    popular double precision not null generated always as (popularity + standing * 1000000) stored,
    -- Doublings of the popularity, as the search index knows it.
    bucket smallint not null default 0,
    primary key (product, id)
) with (fillfactor = 80);
create index catalogue_popular on catalogue (product, popular desc, id desc);
create index catalogue_best_selling on catalogue (product, sales desc, id desc);
create index catalogue_family on catalogue (family_id, product, id desc);
create index catalogue_set on catalogue (set_id, product, id desc);
create index catalogue_facets on catalogue using gin (facets);
create index catalogue_buckets on catalogue (id) where bucket > 0;
-- A value may be rare: the planner knows more of them than usual.
alter table catalogue alter column facets set statistics 1000;

-- One statement: it becomes part of the plan of its caller.
create function facets_of(
    kinds text[], contributor text, licences text[], categories text[], styles text[], tags text[], prices text[]
) returns setof text language sql stable as $$
    select 'kind:' || unnest(kinds) union select 'contributor:' || contributor union select 'licence:' || unnest(licences)
    union select 'category:' || unnest(categories) union select 'style:' || unnest(styles) union select 'tag:' || unnest(tags)
    union select unnest(prices) order by 1
$$;

-- The ranges of the prices of a product: of the lowest one in each currency, in its minor units.
create function price_ranges(of_kind text, of_product uuid) returns text[] language sql stable as $$
    select coalesce(array_agg(distinct 'price_range:' || case
        when lowest = 0 then 'free' when lowest < 500 then 'under-5' when lowest < 2000 then '5-to-20' else 'over-20' end), '{}')
    from (select min(amount_minor) as lowest from product_prices where kind = of_kind and product_id = of_product group by currency) prices
$$;

create function refresh_items(ids uuid[]) returns void language sql as $$
    delete from catalogue entry where product = 'item' and id = any(ids)
        and not exists (select from items where items.id = entry.id and state = 'published');
    insert into catalogue (product, id, family_id, set_id, facets, standing, sales, popularity)
    select 'item', item.id, set_.family_id, item.set_id,
        array(select * from facets_of(array[item.kind], account.name, array[set_.licence], category.path,
            item.styles || set_.styles || family.styles, item.tags || set_.tags || family.tags,
            coalesce(own.ranges, sold.ranges))),
        coalesce(standing.standing, 0), coalesce(counts.sales, 0), coalesce(counts.popularity, half_lives(coalesce(item.released_at, item.created_at)))
    from items item
    join sets set_ on set_.id = item.set_id
    join families family on family.id = set_.family_id
    join accounts account on account.id = family.account_id
    join (select id, price_ranges('set', id) as ranges from (select distinct set_id as id from items where id = any(ids)) asked)
        sold on sold.id = item.set_id
    left join (select id, price_ranges('item', id) as ranges from (select distinct product_id as id from prices
        where kind = 'item' and product_id = any(ids)) asked) own on own.id = item.id
    left join categories category on category.slug = coalesce(item.category, set_.category, family.category)
    left join standings standing on standing.product = 'item' and standing.id = item.id
    left join product_counts counts on counts.product = 'item' and counts.id = item.id
    where item.id = any(ids) and item.state = 'published'
    on conflict (product, id) do update set facets = excluded.facets, standing = excluded.standing
        where (catalogue.facets, catalogue.standing) is distinct from (excluded.facets, excluded.standing);
$$;

create function refresh_sets(ids uuid[]) returns void language sql as $$
    delete from catalogue entry where product = 'set' and id = any(ids)
        and not exists (select from sets where sets.id = entry.id and state = 'published');
    insert into catalogue (product, id, family_id, set_id, facets, standing, sales, popularity)
    select 'set', set_.id, set_.family_id, set_.id,
        array(select * from facets_of(array[set_.kind], account.name, array[set_.licence], category.path,
            set_.styles || family.styles, set_.tags || family.tags, price_ranges('set', set_.id))),
        coalesce(standing.standing, 0), coalesce(counts.sales, 0), coalesce(counts.popularity, half_lives(coalesce(set_.published_at, set_.created_at)))
    from sets set_
    join families family on family.id = set_.family_id
    join accounts account on account.id = family.account_id
    left join categories category on category.slug = coalesce(set_.category, family.category)
    left join standings standing on standing.product = 'set' and standing.id = set_.id
    left join product_counts counts on counts.product = 'set' and counts.id = set_.id
    where set_.id = any(ids) and set_.state = 'published'
    on conflict (product, id) do update set facets = excluded.facets, standing = excluded.standing
        where (catalogue.facets, catalogue.standing) is distinct from (excluded.facets, excluded.standing);
$$;

-- A family is found by what its published sets are.
create function refresh_families(ids uuid[]) returns void language sql as $$
    delete from catalogue entry where product = 'family' and id = any(ids)
        and not exists (select from families where families.id = entry.id and published_at is not null);
    insert into catalogue (product, id, family_id, facets, standing, sales, popularity)
    select 'family', family.id, family.id,
        array(
            select * from facets_of('{}', account.name, '{}', category.path, family.styles, family.tags, price_ranges('family', family.id))
            union
            select unnest(entry.facets) from catalogue entry where entry.product = 'set' and entry.family_id = family.id
            order by 1),
        coalesce(standing.standing, 0), coalesce(counts.sales, 0), coalesce(counts.popularity, half_lives(family.published_at))
    from families family
    join accounts account on account.id = family.account_id
    left join categories category on category.slug = family.category
    left join standings standing on standing.product = 'family' and standing.id = family.id
    left join product_counts counts on counts.product = 'family' and counts.id = family.id
    where family.id = any(ids) and family.published_at is not null
    on conflict (product, id) do update set facets = excluded.facets, standing = excluded.standing
        where (catalogue.facets, catalogue.standing) is distinct from (excluded.facets, excluded.standing);
$$;

create function items_are_listed() returns trigger language plpgsql as $$
declare
    changed uuid[];
begin
    if tg_op = 'INSERT' then
        changed := array(select id from new_rows where state = 'published');
    elsif tg_op = 'DELETE' then
        changed := array(select id from old_rows where state = 'published');
    else
        changed := array(
            select new_row.id from new_rows new_row join old_rows old_row using (id)
            where 'published' in (new_row.state, old_row.state)
                and (new_row.state, new_row.tags, new_row.category, new_row.styles)
                    is distinct from (old_row.state, old_row.tags, old_row.category, old_row.styles));
    end if;
    if cardinality(changed) > 0 then
        perform refresh_items(changed);
    end if;
    return null;
end $$;
create trigger items_are_listed_new after insert on items
    referencing new table as new_rows for each statement execute function items_are_listed();
create trigger items_are_listed_changed after update on items
    referencing old table as old_rows new table as new_rows for each statement execute function items_are_listed();
create trigger items_are_listed_gone after delete on items
    referencing old table as old_rows for each statement execute function items_are_listed();

create function sets_are_listed() returns trigger language plpgsql as $$
begin
    if 'published' in (new.state, old.state) then
        perform refresh_sets(array[new.id]);
        perform refresh_families(array[new.family_id]);
    end if;
    if (new.tags, new.category, new.styles, new.licence, new.price_minor, new.currency)
        is distinct from (old.tags, old.category, old.styles, old.licence, old.price_minor, old.currency) then
        perform refresh_items(array(select id from catalogue where product = 'item' and set_id = new.id));
    end if;
    return null;
end $$;
create trigger sets_are_listed after update of state, tags, category, styles, licence, price_minor, currency on sets
    for each row execute function sets_are_listed();

create function families_are_listed() returns trigger language plpgsql as $$
begin
    if (new.tags, new.category, new.styles) is distinct from (old.tags, old.category, old.styles) then
        perform refresh_items(array(select id from catalogue where product = 'item' and family_id = new.id));
        perform refresh_sets(array(select id from catalogue where product = 'set' and family_id = new.id));
    end if;
    perform refresh_families(array[new.id]);
    return null;
end $$;
create trigger families_are_listed after update of published_at, tags, category, styles on families
    for each row execute function families_are_listed();

create function prices_are_listed() returns trigger language plpgsql as $$
begin
    perform refresh_items(array(
        select id from catalogue where product = 'item' and id in (select product_id from changed where kind = 'item')
        union
        select id from catalogue where product = 'item' and set_id in (select product_id from changed where kind = 'set')));
    perform refresh_sets(array(select distinct product_id from changed where kind = 'set'));
    perform refresh_families(array(
        select product_id from changed where kind = 'family'
        union
        select family_id from sets where id in (select product_id from changed where kind = 'set')));
    return null;
end $$;
create trigger prices_are_listed_new after insert on prices
    referencing new table as changed for each statement execute function prices_are_listed();
create trigger prices_are_listed_gone after delete on prices
    referencing old table as changed for each statement execute function prices_are_listed();

create function categories_are_listed() returns trigger language plpgsql as $$
begin
    perform refresh_items(array(select id from catalogue where product = 'item' and facets @> array['category:' || new.slug]));
    perform refresh_sets(array(select id from catalogue where product = 'set' and facets @> array['category:' || new.slug]));
    perform refresh_families(array(select id from catalogue where product = 'family' and facets @> array['category:' || new.slug]));
    return null;
end $$;
create trigger categories_are_listed after update of parent on categories for each row
    when (new.path <> old.path) execute function categories_are_listed();

create function standings_are_listed() returns trigger language plpgsql as $$
declare
    changed standings := case tg_op when 'DELETE' then old else new end;
begin
    case changed.product
        when 'item' then perform refresh_items(array[changed.id]);
        when 'set' then perform refresh_sets(array[changed.id]);
        else perform refresh_families(array[changed.id]);
    end case;
    return null;
end $$;
create trigger standings_are_listed after insert or update or delete on standings for each row execute function standings_are_listed();

-- Rows of the catalogue that fit, for a statement that puts them in order: a function of one statement becomes part of its plan.
create function catalogue_with(of_product text, wanted text[], of_family uuid, of_set uuid) returns setof catalogue language sql stable as $$
    select * from catalogue where product = of_product and facets @> wanted
        and (of_family is null or family_id = of_family) and (of_set is null or set_id = of_set)
$$;

-- Their number: exact up to 1,000, else as the planner estimates it.
create function catalogue_total(of_product text, wanted text[], of_family uuid, of_set uuid) returns bigint language plpgsql as $$
declare
    total bigint;
    plan json;
begin
    execute format('select count(*) from (select from catalogue_with(%L, %L, %L, %L) limit 1001) few', of_product, wanted, of_family, of_set)
        into total;
    if total > 1000 then
        execute format('explain (format json) select from catalogue_with(%L, %L, %L, %L)', of_product, wanted, of_family, of_set) into plan;
        total := greatest(total, (plan -> 0 -> 'Plan' ->> 'Plan Rows')::bigint);
    end if;
    return total;
end $$;

-- What was sold counts; what was taken back does not.
create function sales_are_counted() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into count_deltas (product, id, sales) values (new.kind, new.product_id, 1);
    elsif old.revoked_at is null and new.revoked_at is not null then
        insert into count_deltas (product, id, sales) values (new.kind, new.product_id, -1);
    end if;
    return null;
end $$;
create trigger sales_are_counted after insert or update of revoked_at on entitlements
    for each row execute function sales_are_counted();
insert into count_deltas (product, id, sales, at)
    select kind, product_id, count(*), max(granted_at) from entitlements where revoked_at is null group by kind, product_id;

do $$ begin
    perform refresh_items(array(select id from items where state = 'published'));
    perform refresh_sets(array(select id from sets where state = 'published'));
    perform refresh_families(array(select id from families where published_at is not null));
end $$;

-- The doublings that the search ranks by.
create function bucket_of(popularity double precision) returns smallint language sql stable parallel safe as $$
    select greatest(0, least(62, floor(popularity - half_lives(now())) + 1))::smallint
$$;

-- Adds up deltas, and answers with how many. A view weighs 1, a download 5, a favourite 8, a sale 20.
create function add_up_counts(most integer) returns integer language plpgsql as $$
declare
    added integer;
begin
    if not pg_try_advisory_xact_lock(hashtext('count_deltas')) then
        return 0;
    end if;
    with taken as (
        delete from count_deltas where ctid = any(array(select ctid from count_deltas limit most)) returning *
    ), sums as (
        select product, id, sum(views) as views, sum(downloads) as downloads, sum(favourites) as favourites, sum(sales) as sales,
            max(at) as at from taken group by product, id
    ), counted as (
        insert into product_counts as known (product, id, views, downloads, favourites, sales, popularity)
        select sums.product, sums.id, sums.views, sums.downloads, greatest(0, sums.favourites), greatest(0, sums.sales),
            popularity_with(coalesce(counts.popularity, entry.popularity, half_lives(sums.at)),
                (sums.views + 5 * sums.downloads + 8 * greatest(0, sums.favourites) + 20 * greatest(0, sums.sales))::double precision, sums.at)
        from sums
        left join product_counts counts on counts.product = sums.product and counts.id = sums.id
        left join catalogue entry on entry.product = sums.product and entry.id = sums.id
        on conflict (product, id) do update set views = known.views + excluded.views, downloads = known.downloads + excluded.downloads,
            favourites = greatest(0, known.favourites + (select favourites from sums where sums.product = known.product and sums.id = known.id)),
            sales = greatest(0, known.sales + (select sales from sums where sums.product = known.product and sums.id = known.id)),
            popularity = excluded.popularity
        returning product, id, sales, popularity
    ), listed as (
        update catalogue entry set sales = counted.sales, popularity = counted.popularity, bucket = bucket_of(counted.popularity)
        from counted where entry.product = counted.product and entry.id = counted.id
    )
    select count(*) into added from taken;
    return added;
end $$;

-- Lowers the doublings of what nobody looked at for a while, and answers with how many.
create function age_buckets(most integer) returns integer language plpgsql as $$
declare
    aged integer;
begin
    update catalogue set bucket = bucket_of(popularity)
    where (product, id) in (
        select product, id from catalogue where bucket > 0 and bucket <> bucket_of(popularity) limit most for update skip locked);
    get diagnostics aged = row_count;
    return aged;
end $$;
