-- Campaigns become a kind of operation: what they share with every operation moves into `operations`, the rest stays in `campaigns`.
--
-- A daemon of the release before can not run campaigns or operations on these tables: stop its scheduler first.

alter table operations
    -- What is selected, for people.
    add column what text not null default '',
    -- Counts how often it began to act, after a start, a pause or a canary: what an earlier run has sent is void.
    add column run integer not null default 0,
    drop constraint operations_kind_known,
    add constraint operations_kind_known check (kind in ('redrive', 'edit', 'discard', 'purge', 'campaign')),
    drop constraint operations_state_known,
    add constraint operations_state_known check (state in (
        'planning', 'planned', 'running', 'waiting', 'paused', 'stopped', 'cancelled', 'done', 'failed'));

update operations set what = coalesce(nullif(concat_ws(', ',
    jsonb_array_length(selection -> 'ids') || ' marked',
    'queue ' || (selection ->> 'queue'),
    'fingerprint ' || (selection ->> 'fingerprint'),
    'with "' || (selection ->> 'text') || '"',
    'upload ' || (selection ->> 'upload'),
    case selection ->> 'redriven' when 'true' then 'redriven before' when 'false' then 'never redriven' end), ''), 'all dead letters');
alter table operations alter column what drop default;

insert into operations (id, kind, state, phase, run, actor, uid, reason, selection, what, upper_seq, pace, selected, acted, succeeded, refailed,
    forgiven_succeeded, forgiven_refailed, rate, position_seq, note, created_at, phase_at, started_at, finished_at, updated_at)
select id, 'campaign',
    case when state = 'canary' then 'running' when state in ('rendered', 'swapped', 'rolled_back') then 'done' when state = 'aborted' then 'cancelled'
        else state end,
    case when state = 'waiting' or (state = 'canary' and sent_to > 0) then 'watch' when phase = 'running' then 'ramp' else phase end,
    run, actor, uid, reason, scope,
    concat(
        'at most ' || (scope ->> 'limit') || ' ',
        case when scope ->> 'only_stale' = 'true' then 'stale ' else 'all ' end,
        coalesce((select string_agg(case kind when 'audio' then 'sounds' else kind || 's' end, ', ')
            from jsonb_array_elements_text(scope -> 'kinds') kind), 'items'),
        ' of ' || coalesce(scope ->> 'family', scope ->> 'account'),
        ', presets ' || (select string_agg(preset, ', ') from jsonb_array_elements_text(scope -> 'presets') preset)),
    0,
    jsonb_build_object('rate_per_second', rate_per_second, 'canary', canary, 'canary_wait_seconds', 120, 'stop_at_percent', stop_at_percent),
    items, done + failed + skipped, done, failed, forgiven_done, forgiven_failed, rate, sent_to, note, created_at, started_at, started_at,
    case when state in ('rendered', 'swapped', 'rolled_back', 'aborted', 'failed') then coalesce(finished_at, updated_at) end, updated_at
from campaigns;

-- One campaign at a time draws.
drop index campaigns_one_draws;
create unique index operations_one_campaign_runs on operations (kind) where kind = 'campaign' and state = 'running';

alter table campaigns
    alter column state drop not null,
    drop constraint campaigns_state_known,
    add constraint campaigns_operation foreign key (id) references operations (id),
    drop column phase,
    drop column run,
    drop column actor,
    drop column uid,
    drop column reason,
    drop column scope,
    drop column canary,
    drop column rate_per_second,
    drop column stop_at_percent,
    drop column sent_to,
    drop column items,
    drop column done,
    drop column failed,
    drop column skipped,
    drop column forgiven_done,
    drop column forgiven_failed,
    drop column rate,
    drop column note,
    drop column created_at,
    drop column updated_at,
    drop column started_at,
    drop column finished_at;
-- What the public sees of it: nothing before it is swapped in.
update campaigns set state = null where state not in ('swapped', 'rolled_back');
alter table campaigns add constraint campaigns_state_known check (state in ('swapped', 'rolled_back'));
