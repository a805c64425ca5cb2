-- Bytes that went past the daemon are looked for at most twice, when nobody says that they are there.
alter table uploads add column looked_for_at timestamptz;
create index uploads_awaiting_bytes on uploads (id) where state = 'awaiting_bytes';
