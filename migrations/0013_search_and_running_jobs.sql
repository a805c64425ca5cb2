-- The texts that operators search the lists of uploads and the audit log for.
create index uploads_text on uploads using gin ((id::text || ' ' || file_name || ' ' || coalesce(title, '')) gin_trgm_ops);
create index audit_log_text on audit_log using gin ((actor || ' ' || act || ' ' || subject || ' ' || detail::text) gin_trgm_ops);

-- The jobs that run for a second or more, as each process reports them. Worth nothing after a crash.
create unlogged table running_jobs (
    worker text primary key,
    jobs jsonb not null,
    reported_at timestamptz not null default now()
);
