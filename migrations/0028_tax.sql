-- Tax by the country of the buyer. A country without a rate has that of the configuration.

create table tax_rates (
    country text not null constraint tax_rates_country_shape check (country ~ '^[A-Z]{2}$'),
    -- From this day on (UTC), until the next row of the country.
    valid_from date not null,
    basis_points integer not null constraint tax_rates_range check (basis_points between 0 and 10000),
    set_by text not null,
    set_at timestamptz not null default now(),
    constraint tax_rates_pkey primary key (country, valid_from)
);

-- As they were when the order was placed; null in orders from before.
alter table orders
    add column tax_country text constraint orders_tax_country_shape check (tax_country ~ '^[A-Z]{2}$'),
    add column tax_basis_points integer constraint orders_tax_rate_range check (tax_basis_points between 0 and 10000),
    add column tax_number text constraint orders_tax_number_shape check (tax_number ~ '^[A-Z0-9]{4,20}$'),
    -- The buyer is a business of another country and owes the tax itself.
    add column is_reverse_charge boolean not null default false,
    add constraint orders_reverse_charge_whole check (
        not is_reverse_charge or (tax_minor = 0 and tax_basis_points = 0 and tax_number is not null and tax_country is not null));
