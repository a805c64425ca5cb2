-- The ledger: double-entry bookkeeping. Amounts are minor units of one currency (cents); positive is credit, negative is debit.

create table ledger_accounts (
    id bigint generated always as identity primary key,
    -- A path as hledger writes it: `liabilities:wallet:ann`.
    name text not null constraint ledger_accounts_name_shape check (name ~ '^[a-z0-9][a-z0-9:_-]{0,199}$'),
    currency text not null constraint ledger_accounts_currency_shape check (currency ~ '^[A-Z]{3}$'),
    -- An account that everybody pays into has several rows, so that payments do not wait for each other.
    shard smallint not null default 0,
    -- The available balance is never below it. Null: no limit.
    floor bigint,
    balance bigint not null default 0,
    -- The part of the balance that open holds reserve.
    held bigint not null default 0 constraint ledger_accounts_held_not_negative check (held >= 0),
    -- The last entry of the account, and the end of its hash chain.
    seq bigint not null default 0,
    head bytea not null default '\x' constraint ledger_accounts_head_length check (length(head) in (0, 32)),
    opened_at timestamptz not null default now(),
    constraint ledger_accounts_unique unique (name, currency, shard),
    constraint ledger_accounts_id_currency unique (id, currency),
    constraint ledger_accounts_above_floor check (floor is null or balance - held >= floor)
) with (fillfactor = 70);

create table ledger_transactions (
    id uuid primary key,
    -- A transaction is posted once for each key.
    key text not null constraint ledger_transactions_key_unique unique,
    kind text not null,
    -- SHA-256 of key, kind and entries.
    fingerprint bytea not null constraint ledger_transactions_fingerprint_length check (length(fingerprint) = 32),
    reverses uuid references ledger_transactions (id) constraint ledger_transactions_reversed_once unique,
    posted_at timestamptz not null default now()
);

create table ledger_entries (
    account_id bigint not null,
    -- Counts the entries of the account from 1.
    seq bigint not null constraint ledger_entries_seq_positive check (seq > 0),
    transaction_id uuid not null references ledger_transactions (id),
    amount bigint not null constraint ledger_entries_amount_not_zero check (amount <> 0),
    currency text not null,
    -- SHA-256 over the hash of the entry before, the fingerprint of the transaction, the number and the amount.
    hash bytea not null constraint ledger_entries_hash_length check (length(hash) = 32),
    constraint ledger_entries_pkey primary key (account_id, seq),
    constraint ledger_entries_once unique (transaction_id, account_id),
    constraint ledger_entries_account foreign key (account_id, currency) references ledger_accounts (id, currency)
);

create table ledger_holds (
    id uuid primary key,
    key text not null constraint ledger_holds_key_unique unique,
    account_id bigint not null references ledger_accounts (id),
    amount bigint not null constraint ledger_holds_amount_positive check (amount > 0),
    state text not null default 'open' constraint ledger_holds_state_known check (state in ('open', 'captured', 'released')),
    placed_at timestamptz not null default now(),
    ended_at timestamptz,
    constraint ledger_holds_ended_when_closed check ((state = 'open') = (ended_at is null))
);
create index ledger_holds_open on ledger_holds (account_id) where state = 'open';

-- The bytes that identify what a transaction does.
create function ledger_fingerprint(key text, kind text, accounts bigint[], amounts bigint[]) returns bytea
    language sql immutable parallel safe
    return (
        select sha256(convert_to(jsonb_build_array(key, kind, jsonb_agg(jsonb_build_array(account, amount) order by account))::text, 'UTF8'))
        from unnest(accounts, amounts) entry(account, amount)
    );

create function ledger_hash(previous bytea, fingerprint bytea, seq bigint, amount bigint) returns bytea
    language sql immutable parallel safe
    return sha256(previous || fingerprint || int8send(seq) || int8send(amount));

-- All entries of a transaction are inserted by one statement.
create function ledger_balanced() returns trigger language plpgsql as $$
begin
    if exists (
        select from ledger_entries entry where entry.transaction_id in (select transaction_id from inserted)
        group by entry.transaction_id, entry.currency having sum(entry.amount) <> 0
    ) then
        raise exception 'the entries of a transaction do not sum to zero in each currency'
            using errcode = 'check_violation', constraint = 'ledger_entries_balanced';
    end if;
    return null;
end $$;
create trigger ledger_entries_balanced after insert on ledger_entries
    referencing new table as inserted for each statement execute function ledger_balanced();

create function ledger_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the journal is append-only: post a reversal' using errcode = 'check_violation', constraint = 'ledger_append_only';
end $$;
create trigger ledger_entries_append_only before update or delete or truncate on ledger_entries
    for each statement execute function ledger_append_only();
create trigger ledger_transactions_append_only before update or delete or truncate on ledger_transactions
    for each statement execute function ledger_append_only();
