-- Payouts: contributors get what they earned, by files for the bank.

-- The bank account of a contributor.
create table payout_accounts (
    account_id uuid constraint payout_accounts_pkey primary key references accounts (id),
    holder text not null constraint payout_accounts_holder_length check (length(holder) between 1 and 70),
    iban text not null constraint payout_accounts_iban_shape check (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'),
    set_at timestamptz not null default now()
);

create table payout_batches (
    id uuid constraint payout_batches_pkey primary key,
    -- The same request makes one batch.
    key text not null constraint payout_batches_key_unique unique constraint payout_batches_key_length check (length(key) between 1 and 100),
    currency text not null constraint payout_batches_currency_shape check (currency ~ '^[A-Z]{3}$'),
    minimum_minor bigint not null constraint payout_batches_minimum_positive check (minimum_minor > 0),
    -- The Unix user, or `daemon`.
    requested_by text not null,
    requested_at timestamptz not null default now(),
    sent_at timestamptz
);

-- requested: the money is held. sent: the bank has the file. paid: the bank has paid, and the money has left. failed: it is free again.
create table payouts (
    id uuid constraint payouts_pkey primary key,
    batch_id uuid not null references payout_batches (id),
    account_id uuid not null references accounts (id),
    -- As they were when it was requested.
    holder text not null,
    iban text not null,
    amount_minor bigint not null constraint payouts_amount_positive check (amount_minor > 0),
    state text not null default 'requested' constraint payouts_state_known check (state in ('requested', 'sent', 'paid', 'failed')),
    hold_id uuid not null references ledger_holds (id),
    transaction_id uuid references ledger_transactions (id),
    note text,
    settled_at timestamptz,
    constraint payouts_once_a_batch unique (batch_id, account_id),
    constraint payouts_settled_with_a_time check ((state in ('paid', 'failed')) = (settled_at is not null)),
    constraint payouts_paid_with_a_transaction check ((state = 'paid') = (transaction_id is not null)),
    constraint payouts_failed_with_a_reason check (state <> 'failed' or note is not null)
);
create index payouts_account on payouts (account_id, id desc);
