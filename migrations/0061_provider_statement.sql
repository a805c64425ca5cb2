-- The provider's own statement: movements of money on its account. What our payments do not explain (fees, transfers to the bank) is booked from here.
create table provider_movements (
    -- The provider's id: txn_...
    id text constraint provider_movements_pkey primary key,
    category text not null,
    currency text not null constraint provider_movements_currency_shape check (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint not null,
    fee_minor bigint not null,
    created_at timestamptz not null,
    -- NULL: there was nothing to book.
    transaction_id uuid references ledger_transactions (id)
);

-- One row: the time up to which the statement was read.
create table provider_statement (
    only_row boolean constraint provider_statement_pkey primary key default true constraint provider_statement_only_row check (only_row),
    read_to timestamptz not null,
    -- NULL: there is more to read at once.
    read_at timestamptz
);

-- A payout that the bank sent back keeps the transaction that paid it.
alter table payouts drop constraint payouts_paid_with_a_transaction;
alter table payouts add constraint payouts_paid_with_a_transaction check (
    case state when 'paid' then transaction_id is not null when 'failed' then true else transaction_id is null end
);
