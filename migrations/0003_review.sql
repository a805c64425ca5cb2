-- The review desk: order by target, questions, appeals, decisions that can be undone, trust that moves, accounts that are closed.

-- Accounts -----------------------------------------------------------------------------------------------------------

alter table accounts
    drop constraint accounts_trust_known,
    add constraint accounts_trust_known check (trust in ('new', 'trusted', 'elite')),
    add column banned_at timestamptz,
    add column banned_by text,
    -- What the contributor is told at every request.
    add column ban_reason text,
    add constraint accounts_ban_whole check ((banned_at is null) = (banned_by is null));
-- A contributor's record is counted from these.
create index uploads_account_state on uploads (account_id, state);

-- Cases ----------------------------------------------------------------------------------------------------------------

-- A daemon of the release before does not know `due_at`: it gets the target of a warning.
alter table cases
    add column due_at timestamptz not null default now() + interval '24 hours',
    -- The decision that holds now; its outcome is repeated in `outcome`.
    add column decision_id uuid,
    -- The contributor disagrees with an earlier decision: this moderator's.
    add column appeal_against text,
    add column question text constraint cases_question_known check (question in ('asked', 'answered')),
    add column asked_at timestamptz,
    -- Set while the case is out of the queue; past it, an unanswered case comes back by itself.
    add column waiting_until timestamptz,
    -- Cases with files that look alike.
    add column cluster_id uuid,
    add constraint cases_asked_whole check ((question is null) = (asked_at is null)),
    add constraint cases_waits_for_an_answer check (waiting_until is null or (question is not null and question = 'asked'));
update cases set due_at = opened_at + case severity when 'blocking' then interval '4 hours' when 'warning' then interval '24 hours'
    else interval '72 hours' end;

-- The queue in its order, what was decided in the order of the decisions, and the group of one that looks like others.
drop index cases_open;
drop index cases_decided;
create index cases_queue on cases (severity_rank, due_at, id) where outcome is null;
create index cases_decided on cases (decided_at desc, id desc) where outcome is not null;
create index cases_waiting_until on cases (waiting_until) where outcome is null and waiting_until is not null;
create index cases_cluster on cases (cluster_id) where outcome is null and cluster_id is not null;
create index items_blocked on items (set_id) where state = 'blocked';

-- What a moderator does not want to see for a while.
create table case_skips (
    case_id uuid not null references cases (id) on delete cascade,
    moderator text not null,
    skipped_until timestamptz not null,
    primary key (case_id, moderator)
);
create index case_skips_moderator on case_skips (moderator, case_id);

-- Who has a case on the screen; a row that is not renewed is of somebody who left. Worth nothing after a crash.
create unlogged table case_viewers (
    case_id uuid not null,
    viewer text not null,
    seen_at timestamptz not null default now(),
    primary key (case_id, viewer)
);

-- Decisions: append-only -----------------------------------------------------------------------------------------------

create table decisions (
    id uuid primary key,
    case_id uuid not null references cases (id),
    act text not null constraint decisions_act_known check (act in ('approve', 'reject', 'ban', 'skip', 'ask', 'undo')),
    actor text not null,
    at timestamptz not null default now(),
    template text,
    -- What the contributor was told.
    reason text,
    items_published bigint not null default 0,
    items_rejected bigint not null default 0,
    -- Of those rejected: files that might have been published, but the moderator left them out.
    items_left_out bigint not null default 0,
    -- It answered an appeal: there is no other.
    final boolean not null default false,
    -- The ban that rejected this case along with its own.
    part_of uuid references decisions (id),
    -- The decision that an `undo` takes back: once.
    undoes uuid constraint decisions_undone_once unique references decisions (id),
    -- Everything as it was before, so that it can be put back exactly.
    before jsonb,
    trust_before text,
    trust_after text,
    constraint decisions_undo_names_one check ((act = 'undo') = (undoes is not null))
);
create index decisions_case on decisions (case_id, at);
create index decisions_part_of on decisions (part_of) where part_of is not null;

-- What was decided before decisions had a table of their own: too long ago to be undone.
insert into decisions (id, case_id, act, actor, at, reason, items_published, items_rejected)
select gen_random_uuid(), id, case outcome when 'approved' then 'approve' else 'reject' end, decided_by, decided_at, decision_reason,
    items_published, items_rejected
from cases where outcome is not null;
update cases set decision_id = decisions.id from decisions where decisions.case_id = cases.id;
alter table cases add constraint cases_decision foreign key (decision_id) references decisions (id);

-- What moderators and the contributor wrote to each other.
create table letters (
    id bigint generated always as identity primary key,
    case_id uuid not null references cases (id),
    kind text not null constraint letters_kind_known check (kind in ('question', 'answer', 'appeal')),
    author text not null,
    body text not null constraint letters_body_length check (length(body) between 1 and 2000),
    -- The decision that an appeal is against: once.
    decision_id uuid constraint letters_appeal_once unique references decisions (id),
    at timestamptz not null default now(),
    constraint letters_appeal_names_one check ((kind = 'appeal') = (decision_id is not null))
);
create index letters_case on letters (case_id, id);

-- Why the trust in a contributor moved.
create table trust_changes (
    id bigint generated always as identity primary key,
    account_id uuid not null references accounts (id),
    before text not null,
    after text not null,
    reason text not null,
    -- The decision that moved it; none when a pack was published, or judged, without a moderator.
    decision_id uuid references decisions (id),
    at timestamptz not null default now()
);
create index trust_changes_account on trust_changes (account_id, id desc);

create function history_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name;
end
$$;
create trigger decisions_append_only before update or delete on decisions for each row execute function history_is_append_only();
create trigger letters_append_only before update or delete on letters for each row execute function history_is_append_only();
create trigger trust_changes_append_only before update or delete on trust_changes
    for each row execute function history_is_append_only();
