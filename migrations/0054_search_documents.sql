-- The catalogue for search servers outside: a view of documents, and a feed of their changes that any number of readers follow by a cursor.

create function facet_values(facets text[], name text) returns text[] language sql immutable parallel safe as $$
    select coalesce(array_agg(substr(facet, length(name) + 2)), '{}') from unnest(facets) facet where starts_with(facet, name || ':')
$$;

create view search_documents as
select entry.id, item.title, family.name as family, set_.name as "set", account.name as contributor, item.kind, set_.licence,
    coalesce(item.category, set_.category, family.category) as category,
    facet_values(entry.facets, 'category') as categories,
    facet_values(entry.facets, 'style') as styles,
    facet_values(entry.facets, 'tag') as tags,
    facet_values(entry.facets, 'price_range') as price_ranges,
    set_.price_minor, set_.currency, item.width, item.height, entry.standing, entry.sales, entry.bucket as popularity, item.created_at,
    entry.set_id, entry.family_id
from catalogue entry
join items item on item.id = entry.id
join sets set_ on set_.id = entry.set_id
join families family on family.id = entry.family_id
join accounts account on account.id = family.account_id
where entry.product = 'item';

-- The transaction that wrote a row. Rows of transactions older than all that run are complete: a cursor behind them misses none that
-- commits late.
alter table search_outbox add column xid bigint not null default pg_current_xact_id()::text::bigint;
create index search_outbox_cursor on search_outbox (projection, xid, id);
-- The first transaction whose rows are all still there.
alter table search_projections add column complete_since bigint not null default pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
