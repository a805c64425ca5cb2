-- A yielding message is visible at a later time, so that others of its lane go first, and is received before that time where there are none.
alter table queue_messages add column yielding boolean not null default false;

-- Packs of a contributor that are on their way.
create index uploads_unfinished on uploads (account_id, id) where state in ('scanning', 'unpacking', 'rendering', 'previewing');
