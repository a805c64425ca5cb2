-- When a token was last used, to the hour: at most one write an hour for each token.
alter table tokens add column last_used_at timestamptz;
