-- Colours of files that were drawn before 0051 are taken by and by.

-- When the colours of a file without any are looked for; null: it has none, or it had its own when it was drawn.
alter table item_prints add column colours_due_at timestamptz default now();
alter table item_prints alter column colours_due_at drop default;
create index item_prints_colours_due on item_prints (colours_due_at)
    where colours_due_at is not null and facets = '{}' and look is not null;
