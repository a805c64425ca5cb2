-- Proofs of the ledger: what each account was when a proof found it right, and the last proofs.

-- The next proof reads only the entries after these. A proof of the whole journal checks the checkpoints, too: who rewrites proven
-- history with all its hashes does not get past them.
create table ledger_checkpoints (
    account_id bigint not null constraint ledger_checkpoints_pkey primary key references ledger_accounts (id),
    seq bigint not null constraint ledger_checkpoints_seq_positive check (seq > 0),
    balance bigint not null,
    head bytea not null constraint ledger_checkpoints_head_length check (length(head) = 32),
    proven_at timestamptz not null default now()
);

create table ledger_proofs (
    -- Of the whole journal, or of what came after the checkpoints.
    scope text not null constraint ledger_proofs_pkey primary key constraint ledger_proofs_scope_known check (scope in ('whole', 'recent')),
    at timestamptz not null default now(),
    -- Entries that were read.
    entries bigint not null,
    took_ms bigint not null,
    differences jsonb not null
);

-- The story of an order has the acts of operators on it.
create index audit_log_subject on audit_log (subject);
