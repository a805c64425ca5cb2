-- The newest migration that a program must know to use this schema. Migrations that only add leave it alone, so that an older program runs beside a
-- newer one and can be rolled back to; one that takes something away raises it to the migration that made it superfluous.
create table schema_floor (
    only_row boolean primary key default true,
    migration bigint not null,
    constraint schema_floor_one_row check (only_row)
);
insert into schema_floor (migration) values (43);
