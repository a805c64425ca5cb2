-- Texts that were searched for without finding anything, or slowly: counted by the hour, kept for a day, without who typed them.

create table search_queries (
    hour timestamptz not null,
    text text not null constraint search_queries_text_length check (length(text) between 1 and 200),
    found_nothing integer not null default 0,
    slow integer not null default 0,
    slowest_ms integer not null default 0,
    primary key (hour, text)
);
