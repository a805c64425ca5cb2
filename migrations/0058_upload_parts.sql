-- The upload in parts that S3 knows by this id, while it waits for its bytes.
alter table uploads add column parts_id text;
