-- Orders: what a buyer bought, at the price and licence of that moment.

create table orders (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    -- The key and the content of the request, so that the same request places one order.
    idempotency_key text not null constraint orders_idempotency_key_length check (length(idempotency_key) between 1 and 255),
    request_sha256 bytea not null constraint orders_request_sha256_length check (length(request_sha256) = 32),
    state text not null default 'placed' constraint orders_state_known check (state in ('placed', 'paid', 'failed', 'refunded')),
    currency text not null constraint orders_currency_shape check (currency ~ '^[A-Z]{3}$'),
    total_minor bigint not null constraint orders_total_not_negative check (total_minor >= 0),
    -- The hold on the buyer's store credit; null: the order costs nothing.
    hold_id uuid references ledger_holds (id),
    -- The transaction that paid it, and the one that paid it back.
    payment_id uuid references ledger_transactions (id),
    refund_id uuid references ledger_transactions (id),
    -- The reason that the buyer is told.
    note text,
    placed_at timestamptz not null default now(),
    settled_at timestamptz,
    refunded_at timestamptz,
    constraint orders_idempotency_key_unique unique (account_id, idempotency_key),
    constraint orders_free_or_held check ((total_minor = 0) = (hold_id is null)),
    constraint orders_settled_with_a_time check ((state = 'placed') = (settled_at is null)),
    constraint orders_paid_with_a_payment check (state not in ('paid', 'refunded') or total_minor = 0 or payment_id is not null),
    constraint orders_refunded_with_a_refund check (
        (state = 'refunded') = (refunded_at is not null) and (state <> 'refunded' or total_minor = 0 or refund_id is not null)),
    constraint orders_failed_with_a_reason check (state <> 'failed' or note is not null)
);
create index orders_account on orders (account_id, id desc);
create index orders_placed on orders (placed_at) where state = 'placed';

create table order_lines (
    order_id uuid not null references orders (id),
    position smallint not null,
    set_id uuid not null references sets (id),
    seller_id uuid not null references accounts (id),
    licence text not null,
    price_minor bigint not null constraint order_lines_price_not_negative check (price_minor >= 0),
    -- The part of the price that the seller gets.
    royalty_minor bigint not null,
    constraint order_lines_pkey primary key (order_id, position),
    constraint order_lines_set_once unique (order_id, set_id),
    constraint order_lines_royalty_within_price check (royalty_minor between 0 and price_minor)
);
create index order_lines_set on order_lines (set_id);

-- The right to download a set.
create table entitlements (
    order_id uuid not null references orders (id),
    account_id uuid not null references accounts (id),
    set_id uuid not null references sets (id),
    licence text not null,
    granted_at timestamptz not null default now(),
    revoked_at timestamptz,
    constraint entitlements_pkey primary key (order_id, set_id)
);
create unique index entitlements_owned_once on entitlements (account_id, set_id) where revoked_at is null;
