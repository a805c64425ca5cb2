"""Answers the queries of judge.py with Xapian, as `examples/relevance.rs` answers them with ours: English stems, BM25, any of the words, and
its spelling correction. Needs Debian's python3-xapian."""

import json, sys, tempfile, time

import xapian


def fill(folder, documents):
    database = xapian.WritableDatabase(folder, xapian.DB_CREATE_OR_OPEN)
    generator = xapian.TermGenerator()
    generator.set_stemmer(xapian.Stem("en"))
    generator.set_database(database)
    generator.set_flags(xapian.TermGenerator.FLAG_SPELLING)
    for document in documents:
        row = xapian.Document()
        generator.set_document(row)
        generator.index_text(document["title"])
        for tag in document["tags"]:
            generator.index_text(tag)
        row.set_data(document["id"])
        database.add_document(row)
    database.commit()
    database.close()


def search(database, parser, text):
    flags = xapian.QueryParser.FLAG_SPELLING_CORRECTION
    query = parser.parse_query(text, flags)
    corrected = parser.get_corrected_query_string()
    enquire = xapian.Enquire(database)
    enquire.set_query(parser.parse_query(corrected, flags) if corrected else query)
    return [(match.document.get_data().decode(), match.weight) for match in enquire.get_mset(0, 10)]


for line in sys.stdin:
    task = json.loads(line)
    with tempfile.TemporaryDirectory() as folder:
        fill(folder, task["documents"])
        database = xapian.Database(folder)
        parser = xapian.QueryParser()
        parser.set_stemmer(xapian.Stem("en"))
        parser.set_stemming_strategy(xapian.QueryParser.STEM_SOME)
        parser.set_default_op(xapian.Query.OP_OR)
        parser.set_database(database)
        for text in task["queries"]:
            started = time.perf_counter()
            hits = search(database, parser, text)
            print(json.dumps({"hits": hits, "micros": int(1e6 * (time.perf_counter() - started))}))
        sys.stdout.flush()
