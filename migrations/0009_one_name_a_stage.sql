-- One name for each stage: its queue, its state, its latency names. `batch` is `unpack`, `image` is `render`, `opening` is `unpacking`.
-- Append-only tables keep the words of their time: an undo restores no stage that was left before its decision.

create function renamed_stage(name text) returns text language sql immutable as $$
    select case name when 'batch' then 'unpack' when 'image' then 'render' else name end
$$;

-- Payloads say which job they are.
create function tagged_job(queue text, payload jsonb) returns jsonb language sql immutable as $$
    select case
        when jsonb_typeof(payload) <> 'object' or payload ? 'job' then payload
        when queue = 'image' and payload ? 'campaign' then payload || '{"job": "campaign"}'
        else payload || jsonb_build_object('job', renamed_stage(queue))
    end
$$;

update queue_messages set queue = renamed_stage(queue), payload = tagged_job(queue, payload);
update outbox set queue = renamed_stage(queue), payload = tagged_job(queue, payload);
update dead_letters set queue = renamed_stage(queue), payload = tagged_job(queue, payload);
update dead_letter_groups set queue = renamed_stage(queue) where queue in ('batch', 'image');
update attempts set queue = renamed_stage(queue) where queue in ('batch', 'image');
update queue_settings set queue = renamed_stage(queue) where queue in ('batch', 'image');
-- Workers register again.
delete from queue_workers;
update operation_items set queue = renamed_stage(queue) where queue in ('batch', 'image');
update operations set selection = selection || jsonb_build_object('queue', renamed_stage(selection ->> 'queue'))
where selection ->> 'queue' in ('batch', 'image');

drop function tagged_job;

alter table upload_stages drop constraint upload_stages_known;
update upload_stages set stage = renamed_stage(stage) where stage in ('batch', 'image');
alter table upload_stages add constraint upload_stages_known check (
    stage in ('receive', 'scan', 'unpack', 'render', 'preview', 'review'));

alter table uploads drop constraint uploads_state_known;
update uploads set state = 'unpacking' where state = 'opening';
alter table uploads add constraint uploads_state_known check (state in (
    'awaiting_bytes', 'scanning', 'unpacking', 'rendering', 'previewing', 'in_review', 'published', 'rejected', 'expired'));

drop function renamed_stage;

-- A queue knows nothing of uploads: messages that belong together share an id.
alter table queue_messages rename column upload_id to correlation_id;
alter index queue_messages_upload rename to queue_messages_correlation;
alter table outbox rename column upload_id to correlation_id;
alter table attempts rename column upload_id to correlation_id;
alter index attempts_upload rename to attempts_correlation;
alter table dead_letters rename column upload_id to correlation_id;
alter index dead_letters_upload rename to dead_letters_correlation;
