-- Budgets of what people do who have not signed in: attempts to sign in, mailed links, guest checkouts. They hold for all machines.
create table stranger_budgets (
    -- SHA-256 of what is done, and of the mail address or the network that does it.
    key bytea constraint stranger_budgets_pkey primary key constraint stranger_budgets_key_length check (length(key) = 32),
    -- The time at which the budget is full again (the theoretical arrival time of GCRA). One that is full has no row after a while.
    full_at timestamptz not null
) with (fillfactor = 70);
create index stranger_budgets_full on stranger_budgets (full_at);
