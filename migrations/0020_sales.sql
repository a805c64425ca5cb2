-- What is sold: items, sets and families, each under licences with a price in each currency.

create function text_sha256(body text) returns bytea language sql immutable parallel safe return sha256(convert_to(body, 'UTF8'));

-- The terms of a licence never change: an operator adds a version.
create table licence_terms (
    licence text not null constraint licence_terms_known check (licence in ('personal', 'commercial', 'extended')),
    version integer not null constraint licence_terms_version_positive check (version > 0),
    title text not null,
    body text not null constraint licence_terms_body_length check (length(body) between 1 and 20000),
    sha256 bytea not null generated always as (text_sha256(body)) stored,
    -- The contributors' part of a price under this licence. Null: what money.fee_basis_points leaves.
    royalty_basis_points integer constraint licence_terms_royalty_range check (royalty_basis_points between 0 and 10000),
    added_at timestamptz not null default now(),
    constraint licence_terms_pkey primary key (licence, version)
);
create function licence_terms_never_change() returns trigger language plpgsql as $$
begin
    raise exception 'the terms of a licence never change: add a version'
        using errcode = 'check_violation', constraint = 'licence_terms_append_only';
end $$;
create trigger licence_terms_append_only before update or delete or truncate on licence_terms
    for each statement execute function licence_terms_never_change();

insert into licence_terms (licence, version, title, body) values
    ('personal', 1, 'Personal licence', 'You may use the files in your own projects from which you earn nothing: on your devices, on your website, in print.
You may change them. You may not pass the files on, and you may not sell anything that contains them.
The licence has no end. It ends when the purchase is refunded.'),
    ('commercial', 1, 'Commercial licence', 'You may use the files in projects from which you or one client earns: websites, applications, advertisements, and up to 10,000 copies of a product.
You may change them. You may not pass the files on, and you may not sell anything whose main value they are.
The licence has no end. It ends when the purchase is refunded.'),
    ('extended', 1, 'Extended licence', 'You may use the files in any number of projects and of copies of a product, for yourself and for clients, also where they are the main value of a product.
You may change them. You may not pass the files on as files.
The licence has no end. It ends when the purchase is refunded.');

-- Prices beside the one of a set's manifest, which is that of its personal licence (sets.price_minor).
create table prices (
    kind text not null constraint prices_kind_known check (kind in ('item', 'set', 'family')),
    product_id uuid not null,
    licence text not null constraint prices_licence_known check (licence in ('personal', 'commercial', 'extended')),
    currency text not null constraint prices_currency_shape check (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint not null constraint prices_amount_range check (amount_minor between 0 and 100000000),
    constraint prices_pkey primary key (kind, product_id, licence, currency)
);
create view product_prices as
    select kind, product_id, licence, currency, amount_minor from prices
    union all
    select 'set', id, 'personal', currency, price_minor from sets;

-- The people who share the royalties of a family. Without a row all of them are its owner's.
create table family_shares (
    family_id uuid not null references families (id),
    account_id uuid not null references accounts (id),
    basis_points integer not null constraint family_shares_range check (basis_points between 1 and 10000),
    constraint family_shares_pkey primary key (family_id, account_id)
);
create function family_shares_are_whole() returns trigger language plpgsql as $$
begin
    if exists (
        select from family_shares where family_id in (select family_id from changed) group by family_id having sum(basis_points) <> 10000
    ) then
        raise exception 'the shares of a family are not 10000 basis points'
            using errcode = 'check_violation', constraint = 'family_shares_whole';
    end if;
    return null;
end $$;
create trigger family_shares_whole after insert on family_shares
    referencing new table as changed for each statement execute function family_shares_are_whole();

alter table orders
    add column discount_minor bigint not null default 0 constraint orders_discount_not_negative check (discount_minor >= 0),
    add column tax_minor bigint not null default 0 constraint orders_tax_within_total check (tax_minor between 0 and total_minor),
    add column coupon text;

-- A line of an order: what was bought, with the price, the terms and the split of that moment.
alter table order_lines
    add column kind text not null default 'set' constraint order_lines_kind_known check (kind in ('item', 'set', 'family')),
    add column product_id uuid,
    add column family_id uuid references families (id),
    add column name text,
    add column terms_version integer not null default 1,
    add column discount_minor bigint not null default 0,
    add column tax_minor bigint not null default 0,
    add column fee_minor bigint,
    -- The part of the discount that the marketplace pays.
    add column subsidy_minor bigint not null default 0;
update order_lines line set product_id = line.set_id, family_id = set_.family_id, name = set_.name, licence = 'personal',
    fee_minor = line.price_minor - line.royalty_minor from sets set_ where set_.id = line.set_id;
alter table order_lines
    drop constraint order_lines_set_once,
    drop constraint order_lines_royalty_within_price,
    drop column set_id,
    alter column kind drop default,
    alter column product_id set not null,
    alter column family_id set not null,
    alter column name set not null,
    alter column fee_minor set not null,
    add constraint order_lines_product_once unique (order_id, kind, product_id),
    add constraint order_lines_terms foreign key (licence, terms_version) references licence_terms (licence, version),
    add constraint order_lines_parts_not_negative check (royalty_minor >= 0 and fee_minor >= 0 and tax_minor >= 0 and subsidy_minor >= 0),
    add constraint order_lines_discount_within_price check (discount_minor between 0 and price_minor),
    add constraint order_lines_parts_are_the_whole check (
        price_minor - discount_minor = tax_minor + royalty_minor + fee_minor - subsidy_minor);
create index order_lines_product on order_lines (product_id);

-- The royalties of a line, one for each contributor of its family.
create table order_line_shares (
    order_id uuid not null,
    position smallint not null,
    account_id uuid not null references accounts (id),
    royalty_minor bigint not null constraint order_line_shares_not_negative check (royalty_minor >= 0),
    constraint order_line_shares_pkey primary key (order_id, position, account_id),
    constraint order_line_shares_line foreign key (order_id, position) references order_lines (order_id, position)
);
insert into order_line_shares (order_id, position, account_id, royalty_minor)
    select order_id, position, seller_id, royalty_minor from order_lines;

-- The right to use and download a product.
alter table entitlements
    add column id uuid not null default gen_random_uuid(),
    add column position smallint not null default 0,
    add column kind text not null default 'set' constraint entitlements_kind_known check (kind in ('item', 'set', 'family')),
    add column product_id uuid;
update entitlements right_ set product_id = right_.set_id, licence = 'personal',
    position = (select position from order_lines line where line.order_id = right_.order_id and line.product_id = right_.set_id);
alter table entitlements
    drop constraint entitlements_pkey,
    drop column set_id, -- drops the index entitlements_owned_once, too
    alter column position drop default,
    alter column kind drop default,
    alter column product_id set not null,
    add constraint entitlements_pkey primary key (id),
    add constraint entitlements_line_once unique (order_id, position),
    add constraint entitlements_licence_known check (licence in ('personal', 'commercial', 'extended'));
create unique index entitlements_owned_once on entitlements (account_id, product_id, kind, licence) where revoked_at is null;
create index entitlements_account on entitlements (account_id, id);

-- Coupons take something off the price.
create table coupons (
    id uuid primary key,
    code text not null constraint coupons_code_unique unique constraint coupons_code_shape check (code ~ '^[A-Z0-9][A-Z0-9_-]{2,39}$'),
    -- The contributor who made it and gives the discount. Null: the marketplace does.
    account_id uuid references accounts (id),
    basis_points integer constraint coupons_percent_range check (basis_points between 1 and 10000),
    amount_minor bigint constraint coupons_amount_positive check (amount_minor > 0),
    currency text constraint coupons_currency_shape check (currency ~ '^[A-Z]{3}$'),
    -- Only for this product, or for products of this contributor.
    kind text constraint coupons_kind_known check (kind in ('item', 'set', 'family')),
    product_id uuid,
    only_account_id uuid references accounts (id),
    once_per_buyer boolean not null,
    starts_at timestamptz not null default now(),
    ends_at timestamptz,
    max_uses integer constraint coupons_max_uses_positive check (max_uses > 0),
    uses integer not null default 0,
    ended_at timestamptz,
    made_at timestamptz not null default now(),
    constraint coupons_percent_or_amount check ((basis_points is null) <> (amount_minor is null)),
    constraint coupons_amount_with_currency check ((amount_minor is null) = (currency is null)),
    constraint coupons_product_whole check ((kind is null) = (product_id is null)),
    constraint coupons_within_limit check (uses >= 0 and (max_uses is null or uses <= max_uses)),
    constraint coupons_window check (ends_at is null or ends_at > starts_at)
);
create index coupons_account on coupons (account_id, id) where account_id is not null;
create table coupon_uses (
    coupon_id uuid not null references coupons (id),
    order_id uuid not null references orders (id),
    -- The buyer of a coupon that is good once a buyer.
    once_account_id uuid,
    constraint coupon_uses_pkey primary key (coupon_id, order_id),
    constraint coupon_uses_once_a_buyer unique (coupon_id, once_account_id)
);
create index coupon_uses_order on coupon_uses (order_id);

-- Carts are forgotten after 7 days.
create table carts (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    currency text not null constraint carts_currency_shape check (currency ~ '^[A-Z]{3}$'),
    coupon text,
    expires_at timestamptz not null
);
create index carts_account on carts (account_id, id);
create index carts_expiry on carts (expires_at);
create table cart_lines (
    cart_id uuid not null references carts (id) on delete cascade,
    position smallint not null,
    kind text not null constraint cart_lines_kind_known check (kind in ('item', 'set', 'family')),
    product_id uuid not null,
    licence text not null constraint cart_lines_licence_known check (licence in ('personal', 'commercial', 'extended')),
    -- The price when it was put in; null: it was not for sale.
    price_minor bigint,
    constraint cart_lines_pkey primary key (cart_id, position),
    constraint cart_lines_product_once unique (cart_id, kind, product_id)
);
