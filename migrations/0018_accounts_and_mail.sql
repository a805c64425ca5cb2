-- Accounts that people make themselves: addresses, passwords, sessions, mailed links; and the mails.

alter table accounts
    -- In lower case. Accounts that an operator made have none.
    add column email text constraint accounts_email_shape check (length(email) <= 254 and email ~ '^[!-?A-~]+@[!-?A-~]+$' and email = lower(email)),
    -- The time at which a link that was mailed to the address was opened.
    add column email_proven_at timestamptz,
    -- In PHC format, argon2id. A guest has none.
    add column password_hash text constraint accounts_password_hashed check (password_hash like '$argon2id$%'),
    add constraint accounts_email_of_a_proof check (email is not null or email_proven_at is null),
    add constraint accounts_password_of_a_proven_address check (password_hash is null or email_proven_at is not null);
-- Guests may share an address: each checkout is an account of its own until the address is proven.
create unique index accounts_email_registered on accounts (email) where password_hash is not null;
create index accounts_email on accounts (email) where email is not null;

alter table tokens
    add column kind text not null default 'token' constraint tokens_kind_known check (kind in ('token', 'session')),
    add column label text not null default '' constraint tokens_label_length check (length(label) <= 80),
    add column scopes text[] not null default '{read,upload,buy,manage}'
        constraint tokens_scopes_known check (cardinality(scopes) > 0 and scopes <@ '{read,upload,buy,manage}'::text[]),
    -- Seconds without use after which a session ends.
    add column idle_seconds integer constraint tokens_idle_positive check (idle_seconds > 0),
    add constraint tokens_session_that_ends check (kind = 'token' or (idle_seconds is not null and expires_at is not null));

-- Links that are mailed. The secret is only in the mail.
create table account_links (
    id uuid primary key,
    purpose text not null constraint account_links_purpose_known check (purpose in ('sign_up', 'password', 'library')),
    email text not null,
    -- The role and the password that a sign-up asks for.
    role text constraint account_links_role_known check (role in ('contributor', 'buyer')),
    password_hash text,
    -- Null until the mail is written.
    token_sha256 bytea constraint account_links_token_unique unique constraint account_links_token_length check (length(token_sha256) = 32),
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint account_links_sign_up_whole check ((purpose = 'sign_up') = (role is not null and password_hash is not null))
);
create index account_links_expiry on account_links (expires_at);

create table mails (
    id uuid primary key,
    -- The event it is about.
    event_id uuid not null,
    kind text not null constraint mails_kind_length check (length(kind) between 1 and 40),
    recipient text not null,
    subject text not null constraint mails_subject_one_line check (length(subject) <= 200 and subject !~ '[[:cntrl:]]'),
    -- Null once it is sent: it may hold a secret link.
    text_body text,
    html_body text,
    state text not null default 'queued' constraint mails_state_known check (state in ('queued', 'sent', 'kept', 'discarded')),
    created_at timestamptz not null default now(),
    sent_at timestamptz,
    constraint mails_once unique (event_id, kind, recipient),
    constraint mails_sent_with_a_time check ((state = 'sent') = (sent_at is not null)),
    constraint mails_sent_without_a_body check (state = 'sent' or (text_body is not null and html_body is not null))
);
create index mails_created on mails (created_at);

-- Mails of a window of time that were counted against a cap.
create table mail_caps (
    scope text not null,
    starts_at timestamptz not null,
    used integer not null default 0,
    held_back integer not null default 0,
    constraint mail_caps_pkey primary key (scope, starts_at)
);
