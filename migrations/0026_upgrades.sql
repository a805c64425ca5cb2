-- Upgrades: who owns a product under a licence gets the next one for the difference to what was paid.

alter table order_lines
    -- The right under the lesser licence, and what was paid for it; the price is what is left after it.
    add column upgrades uuid references entitlements (id),
    add column credit_minor bigint not null default 0 constraint order_lines_credit_not_negative check (credit_minor >= 0),
    add constraint order_lines_credit_of_an_upgrade check (credit_minor = 0 or upgrades is not null);
create index order_lines_upgrades on order_lines (upgrades) where upgrades is not null;

-- A right and those that are upgrades of it.
create function rights_on(order_ uuid) returns setof uuid language sql stable as $$
    with recursive rights as (
        select id from entitlements where order_id = order_
        union
        select upgrade.id from rights join order_lines line on line.upgrades = rights.id
            join entitlements upgrade on upgrade.order_id = line.order_id and upgrade.position = line.position)
    select id from rights
$$;
