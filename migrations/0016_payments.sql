-- Payments by card through a provider: intents, refunds, disputes, and what the provider told.

-- Money that the provider is asked to collect. The row is committed before the provider is called; its id is the provider's
-- idempotency key.
create table payments (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    purpose text not null constraint payments_purpose_known check (purpose in ('order', 'top_up')),
    order_id uuid references orders (id) constraint payments_order_once unique,
    -- The key of the request for a top-up, so that it happens once.
    idempotency_key text,
    amount_minor bigint not null constraint payments_amount_positive check (amount_minor > 0),
    currency text not null constraint payments_currency_shape check (currency ~ '^[A-Z]{3}$'),
    state text not null default 'new' constraint payments_state_known
        check (state in ('new', 'requires_method', 'requires_action', 'processing', 'succeeded', 'canceled')),
    -- The provider's name of the buyer's card; null: the client confirms the payment with the client secret.
    method text,
    provider_id text constraint payments_provider_id_unique unique,
    -- Lets the buyer's client confirm the payment; only the buyer sees it.
    client_secret text,
    -- The provider's digest of the card, and the network of the client: both count declines.
    fingerprint text,
    network text not null,
    -- The sets that are paid.
    products uuid[] not null default '{}',
    note text,
    declined_at timestamptz,
    -- Nobody waits for the payment any more: it is canceled at the provider unless it has succeeded.
    cancel_asked_at timestamptz,
    -- The transaction of the ledger that took the money in.
    transaction_id uuid references ledger_transactions (id),
    created_at timestamptz not null default now(),
    -- The last look at the provider.
    checked_at timestamptz not null default now(),
    settled_at timestamptz,
    constraint payments_order_or_top_up check ((purpose = 'order') = (order_id is not null)),
    constraint payments_top_up_with_key check ((purpose = 'top_up') = (idempotency_key is not null)),
    constraint payments_known_to_provider check (state in ('new', 'canceled') or provider_id is not null),
    constraint payments_settled_with_a_time check ((state in ('succeeded', 'canceled')) = (settled_at is not null)),
    constraint payments_posted_when_succeeded check ((state = 'succeeded') = (transaction_id is not null)),
    constraint payments_canceled_with_a_reason check (state <> 'canceled' or note is not null),
    constraint payments_key_unique unique (account_id, idempotency_key)
);
create index payments_open on payments (checked_at) where state not in ('succeeded', 'canceled');
create index payments_created on payments (created_at);

-- Events of the provider, each once: a hint to look at the object.
create table payment_events (
    id text primary key constraint payment_events_id_length check (length(id) between 1 and 255),
    kind text not null,
    object_id text not null,
    payment_id uuid references payments (id),
    -- Deliveries of the same event.
    deliveries integer not null default 1,
    received_at timestamptz not null default now(),
    handled_at timestamptz
);
create index payment_events_payment on payment_events (payment_id, received_at);
create index payment_events_received on payment_events (received_at);

create table refunds (
    id uuid primary key,
    order_id uuid not null references orders (id),
    -- The payment that the provider pays back; null: the buyer gets store credit.
    payment_id uuid references payments (id),
    amount_minor bigint not null constraint refunds_amount_positive check (amount_minor > 0),
    currency text not null constraint refunds_currency_shape check (currency ~ '^[A-Z]{3}$'),
    state text not null default 'pending' constraint refunds_state_known check (state in ('pending', 'succeeded', 'failed')),
    reason text not null,
    -- The Unix user who asked for it; null: the daemon did.
    asked_by text,
    provider_id text constraint refunds_provider_id_unique unique,
    -- The money waits on the buyer's account until the provider has paid it back.
    hold_id uuid references ledger_holds (id),
    -- The transaction that paid the buyer.
    transaction_id uuid references ledger_transactions (id),
    note text,
    created_at timestamptz not null default now(),
    checked_at timestamptz not null default now(),
    settled_at timestamptz,
    constraint refunds_held_for_the_provider check ((payment_id is null) = (hold_id is null)),
    constraint refunds_settled_with_a_time check ((state = 'pending') = (settled_at is null)),
    constraint refunds_paid_with_a_transaction check (state <> 'succeeded' or transaction_id is not null),
    constraint refunds_failed_with_a_reason check (state <> 'failed' or note is not null)
);
create index refunds_order on refunds (order_id);
create index refunds_pending on refunds (checked_at) where state = 'pending';

create table disputes (
    id uuid primary key,
    provider_id text not null constraint disputes_provider_id_unique unique,
    payment_id uuid not null references payments (id),
    order_id uuid references orders (id),
    amount_minor bigint not null constraint disputes_amount_positive check (amount_minor > 0),
    currency text not null constraint disputes_currency_shape check (currency ~ '^[A-Z]{3}$'),
    reason text not null,
    state text not null default 'open' constraint disputes_state_known check (state in ('open', 'won', 'lost')),
    -- Everything that speaks for the sale, as it was when the dispute was opened.
    evidence jsonb not null,
    -- Frozen money of the sellers, or of the buyer's wallet.
    hold_ids uuid[] not null default '{}',
    opened_at timestamptz not null default now(),
    checked_at timestamptz not null default now(),
    closed_at timestamptz,
    constraint disputes_closed_with_a_time check ((state = 'open') = (closed_at is null))
);
create index disputes_order on disputes (order_id);
create index disputes_open on disputes (checked_at) where state = 'open';

-- Declined cards, counted by what they have in common.
create table payment_declines (
    kind text not null constraint payment_declines_kind_known check (kind in ('account', 'network', 'card', 'product')),
    key text not null,
    at timestamptz not null default now()
);
create index payment_declines_key on payment_declines (kind, key, at);
create index payment_declines_at on payment_declines (at);

-- What the provider has and our books do not, or otherwise.
create table payment_differences (
    rule text not null,
    subject text not null,
    expected text not null,
    found text not null,
    seen_at timestamptz not null default now(),
    constraint payment_differences_pkey primary key (rule, subject)
);

-- An order that is paid by card waits for its payment before its funds are held.
alter table orders
    add column refunded_minor bigint not null default 0,
    drop constraint orders_state_known,
    drop constraint orders_free_or_held,
    drop constraint orders_settled_with_a_time,
    drop constraint orders_paid_with_a_payment,
    drop constraint orders_refunded_with_a_refund;
update orders set refunded_minor = total_minor where state = 'refunded';
alter table orders
    add constraint orders_state_known
        check (state in ('awaiting_payment', 'placed', 'paid', 'failed', 'refunded', 'disputed', 'charged_back')),
    add constraint orders_held_unless_free check (state in ('awaiting_payment', 'failed') or (total_minor = 0) = (hold_id is null)),
    add constraint orders_awaiting_a_payment check (state <> 'awaiting_payment' or (total_minor > 0 and hold_id is null)),
    add constraint orders_settled_with_a_time check ((state in ('awaiting_payment', 'placed')) = (settled_at is null)),
    add constraint orders_paid_with_a_payment check (
        state not in ('paid', 'refunded', 'disputed', 'charged_back') or total_minor = 0 or payment_id is not null),
    add constraint orders_refunded_with_a_time check ((state = 'refunded') = (refunded_at is not null)),
    add constraint orders_refunded_in_full check (state <> 'refunded' or refunded_minor = total_minor),
    add constraint orders_refunded_within_total check (refunded_minor between 0 and total_minor);
create index orders_unpaid on orders (placed_at) where state = 'awaiting_payment';
