-- Contributors take what they sell out of the catalogue, and put it back. Who bought it keeps it.

alter table sets
    -- Null: it is listed.
    add column delisted_at timestamptz,
    drop constraint sets_state_known,
    add constraint sets_state_known check (state in ('draft', 'published', 'delisted', 'rejected')),
    add constraint sets_delisted_with_a_time check (state <> 'delisted' or delisted_at is not null);
alter table items
    -- That of its set: it was delisted with it, and comes back with it.
    add column delisted_at timestamptz,
    drop constraint items_state_known,
    add constraint items_state_known check (state in ('pending', 'ready', 'blocked', 'published', 'delisted', 'rejected')),
    add constraint items_delisted_with_a_time check (state <> 'delisted' or delisted_at is not null);
