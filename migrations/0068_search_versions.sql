-- An index that several machines share refuses what was read before what it has.
create sequence search_versions;
