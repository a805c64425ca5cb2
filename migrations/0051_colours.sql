-- Colours: a file's, taken when it is drawn, are facets of its item.

-- name:value, as in the catalogue: the main colours, and whether there is one or many. Files that were settled before have none.
alter table item_prints add column facets text[] not null default '{}';

create or replace function refresh_items(ids uuid[]) returns void language sql as $$
    delete from catalogue entry where product = 'item' and id = any(ids)
        and not exists (select from items where items.id = entry.id and state = 'published');
    insert into catalogue (product, id, family_id, set_id, facets, standing, sales, popularity)
    select 'item', item.id, set_.family_id, item.set_id,
        array(
            select * from facets_of(array[item.kind], account.name, array[set_.licence], category.path,
                item.styles || set_.styles || family.styles, item.tags || set_.tags || family.tags,
                coalesce(own.ranges, sold.ranges))
            union select unnest(print.facets) order by 1),
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
    left join item_prints print on print.item_id = item.id
    where item.id = any(ids) and item.state = 'published'
    on conflict (product, id) do update set facets = excluded.facets, standing = excluded.standing
        where (catalogue.facets, catalogue.standing) is distinct from (excluded.facets, excluded.standing);
$$;
