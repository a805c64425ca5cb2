-- A picture that is being deleted from the store: nobody may refer to it until it is a tombstone (swept_at).
alter table unused_objects add column claimed_at timestamptz;
alter table unused_objects add constraint unused_objects_claimed_or_swept check (claimed_at is null or swept_at is null);
