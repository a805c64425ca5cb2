-- Pages by id, as functions with plans that are kept: planning them anew costs several times what they do. Sessions of the daemon make plans
-- for the values of each statement otherwise, which lists need.

create function item_state(wanted uuid) returns table (set_id uuid, family_id uuid, stamp text)
language plpgsql stable parallel safe set plan_cache_mode = force_generic_plan as $$
begin
    return query
    select set_.id, set_.family_id, concat_ws('.', entry.xmin, set_.xmin, family.xmin,
        (select string_agg(position::text, '.' order by position) from active_generations))
    from catalogue entry
    join sets set_ on set_.id = entry.set_id
    join families family on family.id = entry.family_id
    where entry.product = 'item' and entry.id = wanted;
end $$;

create function published_items(wanted uuid[]) returns table (
    id uuid, kind text, set_id uuid, "set" text, family_id uuid, family text, contributor text, title text, path text, tags text[],
    category text, styles text[], licence text, width integer, height integer, created_at timestamptz)
language plpgsql stable parallel safe set plan_cache_mode = force_generic_plan as $$
begin
    return query
    select item.id, item.kind, item.set_id, set_.name, family.id, family.name, account.name, item.title, item.path, item.tags,
        coalesce(item.category, set_.category, family.category),
        array(select distinct unnest(item.styles || set_.styles || family.styles) order by 1), set_.licence, item.width, item.height,
        item.created_at
    from items item
    join sets set_ on set_.id = item.set_id
    join families family on family.id = set_.family_id
    join accounts account on account.id = family.account_id
    where item.state = 'published' and item.id = any(wanted)
    order by array_position(wanted, item.id);
end $$;

create function item_renditions(wanted uuid) returns table (
    preset text, preset_sha256 bytea, format text, width integer, height integer, size_bytes bigint, sha256 bytea)
language plpgsql stable parallel safe set plan_cache_mode = force_generic_plan as $$
begin
    return query
    select rendition.preset, rendition.preset_sha256, rendition.format, rendition.width, rendition.height, rendition.size_bytes,
        rendition.sha256
    from current_renditions rendition join items item on item.id = rendition.item_id and item.kind = rendition.kind
    where item.id = wanted and rendition.item_id = wanted and item.state = 'published'
    order by rendition.width, rendition.preset;
end $$;

create function published_sets(wanted uuid[]) returns table (
    id uuid, family_id uuid, family text, slug text, name text, description text, kind text, contributor text, licence text,
    attribution text, source text, price_minor bigint, currency text, tags text[], category text, styles text[], published_at timestamptz,
    items bigint)
language plpgsql stable parallel safe set plan_cache_mode = force_generic_plan as $$
begin
    return query
    select set_.id, set_.family_id, family.name, set_.slug, set_.name, set_.description, set_.kind, account.name, set_.licence,
        set_.attribution, set_.source, set_.price_minor, set_.currency, set_.tags, coalesce(set_.category, family.category),
        array(select distinct unnest(set_.styles || family.styles) order by 1), set_.published_at,
        (select count(*) from items where items.set_id = set_.id and items.state = 'published')
    from sets set_
    join families family on family.id = set_.family_id
    join accounts account on account.id = family.account_id
    where set_.state = 'published' and set_.id = any(wanted)
    order by array_position(wanted, set_.id);
end $$;
