"""Relevance of the search: queries are made of hidden tags of icon libraries; ranx judges. See docs/BENCHMARKS.md, "Search".

usage: judge.py MODULES PROGRAM [--queries N] [--only LIBRARY,...]; DATABASE_URL names the database of PostgreSQL's full text
"""

import argparse, collections, json, pathlib, random, re, subprocess, sys

from ranx import Qrels, Run, evaluate

LANGUAGES = ["en", "de", "fr", "es", "ja"]
GOALS = ["lucide", "tabler", "fontawesome", "phosphor"]  # The libraries of the mean.
VALIDATION = ["carbon", "octicons"]  # Synonyms are never mined from these.


def words(text):
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    return [word for word in re.split(r"[^0-9a-z]+", text.lower()) if word]


def libraries(modules):
    """Names and tags of the icons of each library, by its name."""
    load = lambda path: json.load(open(f"{modules}/{path}"))
    found = {
        "lucide": load("lucide-static/tags.json").items(),
        "tabler": [(name, icon["tags"]) for name, icon in load("@tabler/icons/icons.json").items()],
        "fontawesome": [(name, icon["search"]["terms"]) for name, icon in load("@fortawesome/fontawesome-free/metadata/icon-families.json").items()],
        "mdi": [(icon["name"], icon["aliases"]) for icon in load("@mdi/svg/meta.json") if not icon["deprecated"]],
    }
    found["carbon"] = [(icon["name"], icon.get("aliases") or []) for icon in load("@carbon/icons/metadata.json")["icons"]]
    found["octicons"] = [(name, icon["keywords"]) for name, icon in load("@primer/octicons/build/data.json").items()]
    source = open(f"{modules}/@phosphor-icons/core/dist/index.mjs").read()
    icon = r'name: "([a-z0-9-]+)",\s*pascal_name: "[^"]*",(?:\s*alias: \{[^}]*\},)?\s*categories: \[[^\]]*\],\s*figma_category: [^,]*,\s*tags: \[([^\]]*)\]'
    found["phosphor"] = [(name, [tag for tag in json.loads(f"[{tags.strip().rstrip(',')}]") if tag[0] != "*"]) for name, tags in re.findall(icon, source)]
    found = {library: dict(reversed(list(icons))).items() for library, icons in found.items()}
    return {library: [(name, list(dict.fromkeys(str(tag) for tag in tags if words(str(tag))))) for name, tags in icons] for library, icons in found.items()}


def documents(library, icons):
    return [{"id": f"{library}/{name}", "title": name, "tags": tags} for name, tags in icons]


def hidden_tags(library, icons, share, count):
    """Hides a share of each icon's tags. A query is a hidden tag; every icon that had the tag is relevant, hidden there or not."""
    rng = random.Random(f"{library} {share}")
    visible, hidden, relevant = [], [], collections.defaultdict(set)
    for name, tags in icons:
        shuffled = rng.sample(tags, len(tags))
        gone = shuffled[: round(len(tags) * share + 0.25)]
        visible.append((name, [tag for tag in tags if tag not in gone]))
        hidden += [" ".join(words(tag)) for tag in gone]
        for tag in tags:
            relevant[" ".join(words(tag))].add(f"{library}/{name}")
    rng.shuffle(hidden)
    queries = list(dict.fromkeys(hidden))[:count]
    return documents(library, visible), {query: relevant[query] for query in queries}


def with_typing_error(query, rng):
    """One character of the longest word added, left out, replaced or exchanged with its neighbour; None if all words are short."""
    word = max(query.split(), key=len)
    if len(word) < 4:
        return None
    at = rng.randrange(1, len(word) - 1)
    other = rng.choice("abcdefghijklmnopqrstuvwxyz")
    exchanged = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    typed = rng.choice([word[:at] + word[at + 1 :], word[:at] + other + word[at:], word[:at] + other + word[at + 1 :], exchanged])
    return query.replace(word, typed, 1) if typed != word else None


def map_icons(modules, language):
    """Names of map features with a Font Awesome icon: query to icons. The map knows icons by names that later versions keep as aliases."""
    icons = json.load(open(f"{modules}/@fortawesome/fontawesome-free/metadata/icon-families.json"))
    current = {alias: name for name, icon in icons.items() for alias in icon.get("aliases", {}).get("names", [])} | {name: name for name in icons}
    base = f"{modules}/@openstreetmap/id-tagging-schema/dist"
    presets = json.load(open(f"{base}/presets.json"))
    names = json.load(open(f"{base}/translations/{language}.json"))[language]["presets"]["presets"]
    relevant = collections.defaultdict(set)
    for key, preset in presets.items():
        match = re.match(r"fa[srb]-(.+)", preset.get("icon", ""))
        name = names.get(key, {}).get("name")
        if match and match[1] in current and name and not name.startswith("{"):
            relevant[name.lower()].add(f"fontawesome/{current[match[1]]}")
    return relevant


class Program:
    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.micros = []

    def run(self, train, docs, queries, ranking):
        """The hits of each query as pairs of id and score; `micros` has how long each took."""
        task = {"train": train, "documents": docs, "queries": queries, "ranking": ranking}
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        answers = [json.loads(self.process.stdout.readline()) for _ in queries]
        self.micros = sorted(answer["micros"] for answer in answers)
        return [answer["hits"] for answer in answers]


def names_with_substring(docs, queries):
    """A name matches that has all words of the query; the shortest first."""
    found = []
    for query in queries:
        hits = [doc["id"] for doc in docs if all(word in doc["title"] for word in query.split())]
        found.append([(name, 1 / (rank + 1)) for rank, name in enumerate(sorted(hits, key=len)[:10])])
    return found


def judge(relevant, queries, found, metric="ndcg@10"):
    qrels = Qrels({query: {name: 1 for name in names} for query, names in relevant.items()})
    hits = {query: {name: score for name, score in rows} or {"none": 0} for query, rows in zip(queries, found)}
    return float(evaluate(qrels, Run(hits), metric))


def judge_library(library, icons, program, peers, share, count):
    """Figures of a library: queries, nDCG@10 of names, BM25, peers and ours, share that a typing error leaves."""
    train = [doc for other in icons if other != library and other not in VALIDATION for doc in documents(other, icons[other])]
    docs, relevant = hidden_tags(library, icons[library], share, count)
    queries = list(relevant)
    rng = random.Random(library)
    typed = {query: with_typing_error(query, rng) for query in queries}
    erring = [query for query in queries if typed[query]]
    found = program.run(train, docs, queries + [typed[query] for query in erring], "full")
    exact = dict(zip(queries, found))
    of_erring = {query: relevant[query] for query in erring}
    wrong = judge(of_erring, erring, found[len(queries) :]) / judge(of_erring, erring, [exact[query] for query in erring])
    plain = judge(relevant, queries, program.run([], docs, queries, "plain"))
    names = judge(relevant, queries, names_with_substring(docs, queries))
    others = [judge(relevant, queries, peer.run([], docs, queries, "full")) for peer in peers]
    return len(queries), names, plain, *others, judge(relevant, queries, found[: len(queries)]), wrong


def judge_languages(icons, program, modules):
    """Recall@10 of BM25 and ours with the names of map features, by language."""
    train = [doc for other in icons if other != "fontawesome" and other not in VALIDATION for doc in documents(other, icons[other])]
    docs = documents("fontawesome", icons["fontawesome"])
    relevant = {language: map_icons(modules, language) for language in LANGUAGES}
    queries = [query for language in LANGUAGES for query in sorted(relevant[language])]
    runs = [program.run(train, docs, queries, ranking) for ranking in ("plain", "full")]
    at = 0
    for language in LANGUAGES:
        own = queries[at : at + len(relevant[language])]
        plain, ours = (judge(relevant[language], own, found[at : at + len(own)], "recall@10") for found in runs)
        at += len(own)
        yield language, len(own), plain, ours


def judge_cost(icons, programs, count):
    """Milliseconds of a query over the union of all libraries, half of the queries with a typing error: median and 95th percentile of each."""
    docs = [doc for library in icons for doc in documents(library, icons[library])]
    rng = random.Random(1)
    tags = sorted({" ".join(words(tag)) for doc in docs for tag in doc["tags"]})
    queries = [query if n % 2 else with_typing_error(query, rng) or query for n, query in enumerate(rng.sample(tags, count))]
    for program in programs:
        program.run(docs, docs, queries, "full")
    return len(docs), [(program.micros[count // 2] / 1000, program.micros[count * 95 // 100] / 1000) for program in programs]


def figures_of(row):
    """The nDCG of each, and the share that a typing error leaves, as cells."""
    return " | ".join([*(f"{figure:.3f}" for figure in row[:-1]), f"{row[-1]:.0%}"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("modules"), parser.add_argument("program")
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--only", default="")
    parser.add_argument("--without-languages", action="store_true")
    parser.add_argument("--alone", action="store_true", help="without Xapian and PostgreSQL")
    options = parser.parse_args()
    icons, program, here = libraries(options.modules), Program(options.program), pathlib.Path(__file__).parent
    peers = [] if options.alone else [Program("/usr/bin/python3", here / "xapian_peer.py"), Program(sys.executable, here / "postgres_peer.py")]
    titles = ["names", "BM25", *["Xapian", "PostgreSQL"][: len(peers)], "ours", "with a typing error"]
    print(f"| hidden tags, nDCG@10 | queries | {' | '.join(titles)} |\n|---|---{'|---' * len(titles)}|", flush=True)
    for share, label in [(0.5, "half"), (1.0, "all")]:
        figures = []
        for library in [name for name in icons if not options.only or name in options.only.split(",")]:
            queries, *row = judge_library(library, icons, program, peers, share, options.queries)
            if library in GOALS:
                figures.append(row)
            print(f"| {label}, {library} | {queries} | {figures_of(row)} |", flush=True)
        if len(figures) > 1:
            mean = [sum(column) / len(figures) for column in zip(*figures)]
            print(f"| **{label}, mean of the four** | | {figures_of(mean)} |", flush=True)
    if options.without_languages:
        return
    print("\n| names of map features, recall@10 | queries | BM25 | ours |\n|---|---|---|---|", flush=True)
    for language, queries, plain, ours in judge_languages(icons, program, options.modules):
        print(f"| {language} | {queries} | {plain:.2f} | {ours:.2f} |", flush=True)
    documents_, times = judge_cost(icons, [program, *peers], min(1000, 2 * options.queries))
    print(f"\n| a query over all {documents_} documents | median ms | p95 ms |\n|---|---|---|")
    for name, (median, p95) in zip(["ours, with facets", "Xapian", "PostgreSQL"], times):
        print(f"| {name} | {median:.1f} | {p95:.1f} |", flush=True)


main()
