-- The state of the catalogue as one number, which every change of what lists show makes larger. Answers are kept under it.
--
-- A transaction that changes something adds a row with its own id, so that writers never wait for each other; the number is the sum of what is
-- committed. Now and then a writer makes one row of many, which does not change the sum.
create table catalogue_changes (
    amount numeric not null
) with (autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_insert_threshold = -1);

create function catalogue_state() returns text language sql stable parallel safe as $$
    select coalesce(sum(amount), 0)::text from catalogue_changes
$$;

create function catalogue_changes() returns trigger language plpgsql as $$
declare
    transaction text := pg_current_xact_id()::text;
begin
    if current_setting('tradepost.catalogue_changed_by', true) = transaction then
        return null;
    end if;
    perform set_config('tradepost.catalogue_changed_by', transaction, true);
    insert into catalogue_changes values (transaction::numeric);
    if random() < 0.02 then
        with added_up as (
            delete from catalogue_changes where ctid = any(array(select ctid from catalogue_changes limit 1000 for update skip locked))
            returning amount
        )
        insert into catalogue_changes select sum(amount) from added_up having count(*) > 0;
    end if;
    return null;
end $$;

create trigger entries_change_the_catalogue after insert or update or delete on catalogue
    for each statement execute function catalogue_changes();
create trigger sets_change_the_catalogue
    after update of name, slug, description, attribution, source, published_at on sets
    for each statement execute function catalogue_changes();
create trigger families_change_the_catalogue
    after update of name, slug, description, published_at on families
    for each statement execute function catalogue_changes();
create trigger accounts_change_the_catalogue after update of name on accounts
    for each statement execute function catalogue_changes();
create trigger sheets_change_the_catalogue after insert or update or delete on family_previews
    for each statement execute function catalogue_changes();
