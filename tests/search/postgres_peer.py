"""Answers the queries of judge.py with PostgreSQL's full text, as `examples/relevance.rs` answers them with ours: English stems, any of the
words, ts_rank over a GIN index. The database is that of DATABASE_URL; the table is temporary."""

import json, os, re, sys, time

import psycopg

connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
for line in sys.stdin:
    task = json.loads(line)
    connection.execute("drop table if exists judged")
    connection.execute("create temporary table judged (id text, words tsvector)")
    rows = [(document["id"], document["title"].replace("-", " "), ". ".join(document["tags"])) for document in task["documents"]]
    with connection.cursor() as cursor:
        cursor.executemany("insert into judged values (%s, setweight(to_tsvector('english', %s), 'A') || setweight(to_tsvector('english', %s), 'B'))", rows)
    connection.execute("create index on judged using gin (words)")
    connection.execute("analyze judged")
    for text in task["queries"]:
        query = " | ".join(re.findall(r"\w+", text))
        started = time.perf_counter()
        hits = connection.execute(
            "select id, ts_rank(words, query) from judged, to_tsquery('english', %s) query where words @@ query order by 2 desc, id limit 10", (query,), prepare=True
        ).fetchall()
        print(json.dumps({"hits": hits, "micros": int(1e6 * (time.perf_counter() - started))}))
    sys.stdout.flush()
