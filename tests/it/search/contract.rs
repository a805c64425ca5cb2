//! The contract of an index. The same tests run on the embedded one and on a server that speaks the protocol of OpenSearch.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::task::spawn_blocking;
use tradepost_search::{Document, Embedded, Facet, Filter, Index, OpenSearch, Ranking};
use tradepost_tests::opensearch::OpenSearch as Server;

/// An index that can be opened again.
struct Bench {
    folder: TempDir,
    server: Option<Server>,
    runtime: tokio::runtime::Handle,
}

impl Bench {
    fn open(&self) -> Box<dyn Index> {
        let folder: &Path = self.folder.path();
        let Some(server) = &self.server else {
            return Box::new(Embedded::open(folder, Ranking::default()).unwrap());
        };
        self.on_server(server, folder.to_owned())
    }

    fn on_server(&self, server: &Server, folder: PathBuf) -> Box<dyn Index> {
        // An error: another test has installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let place = (format!("{}/", server.url).parse().unwrap(), "catalogue");
        let opened = OpenSearch::new(
            reqwest::Client::new(),
            self.runtime.clone(),
            place,
            &folder,
            Ranking::default(),
        );
        Box::new(opened.unwrap())
    }

    /// A new index: on a server there is none before it is built.
    fn new_index(&self) -> Box<dyn Index> {
        let index = self.open();
        index.rebuild(&mut std::iter::empty(), 1).unwrap();
        index
    }
}

async fn on(server: Option<Server>, test: fn(&Bench)) {
    let bench = Bench {
        folder: tempfile::tempdir().unwrap(),
        server,
        runtime: tokio::runtime::Handle::current(),
    };
    spawn_blocking(move || test(&bench)).await.unwrap();
}

/// Runs every named test on both.
macro_rules! on_both {
    ($($test:ident)*) => {
        mod embedded {
            $(#[tokio::test]
            async fn $test() {
                super::on(None, super::$test).await;
            })*
        }
        mod opensearch {
            $(#[tokio::test]
            async fn $test() {
                let Some(server) = super::Server::start() else { return };
                super::on(Some(server), super::$test).await;
            })*
        }
    };
}

on_both! {
    documents_are_found_replaced_and_deleted
    pinned_document_comes_first_and_a_buried_one_last
    rebuilt_index_knows_synonyms_languages_and_typing_errors_and_is_opened_again
    best_of_many_come_first_on_all_pages
    rarer_words_shorter_texts_and_popularity_come_first
}

fn document(id: &str, title: &str, tags: &[&str]) -> Document {
    Document {
        id: id.to_owned(),
        kind: "icon".to_owned(),
        title: title.to_owned(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..Document::default()
    }
}

fn ids(index: &dyn Index, text: &str) -> Vec<String> {
    index
        .search(text, &[], 0, 10)
        .unwrap()
        .hits
        .into_iter()
        .map(|hit| hit.id)
        .collect()
}

fn catalogue() -> Vec<Document> {
    vec![
        document("1", "trash-2", &["garbage", "delete"]),
        document("2", "shoppingCart", &["buy", "shop"]),
        document("3", "arrow_left", &["back"]),
    ]
}

fn documents_are_found_replaced_and_deleted(bench: &Bench) {
    let index = bench.new_index();
    index.apply(&catalogue(), &[], 2).unwrap();
    assert_eq!(ids(&*index, "cart"), ["2"]);
    assert_eq!(ids(&*index, "garbage back").len(), 2, "one of the words is enough");
    let delete = Filter {
        facet: Facet::Tag,
        value: "delete".to_owned(),
    };
    let page = index.search("", &[delete], 0, 10).unwrap();
    assert_eq!((page.total, page.hits[0].id.as_str()), (1, "1"));
    assert_eq!(page.facets[0], (Facet::Kind, vec![("icon".to_owned(), 1)]));
    index
        .apply(&[document("3", "bell", &[])], &["2".to_owned(), "3".to_owned()], 3)
        .unwrap();
    assert_eq!(
        (ids(&*index, "cart"), ids(&*index, "arrow"), ids(&*index, "bell")),
        (vec![], vec![], vec!["3".to_owned()])
    );
    assert!(index.explain("bell", "3").unwrap().is_some());
    assert!(index.explain("bell", "2").unwrap().is_none());
}

fn pinned_document_comes_first_and_a_buried_one_last(bench: &Bench) {
    let index = bench.new_index();
    let standing = |id: &str, standing: i64| Document {
        standing,
        categories: vec!["animals".to_owned(), "nature".to_owned()],
        prices: vec!["free".to_owned()],
        ..document(id, "bell", &[])
    };
    let documents = [standing("1", -1), standing("2", 0), standing("3", 1)];
    index.apply(&documents, &[], 2).unwrap();
    assert_eq!(ids(&*index, "bell"), ["3", "2", "1"]);
    assert_eq!(ids(&*index, ""), ["3", "2", "1"]);
    for (facet, value) in [(Facet::Category, "nature"), (Facet::Price, "free")] {
        let filter = Filter {
            facet,
            value: value.to_owned(),
        };
        assert_eq!(index.search("bell", &[filter], 0, 10).unwrap().total, 3, "{value}");
    }
}

fn rebuilt_index_knows_synonyms_languages_and_typing_errors_and_is_opened_again(bench: &Bench) {
    let index = bench.new_index();
    index.rebuild(&mut catalogue().into_iter().map(Ok), 2).unwrap();
    let failed = index.rebuild(&mut [Err(anyhow::anyhow!("cut off"))].into_iter(), 3);
    assert!(failed.is_err());
    drop(index);
    let index = bench.open();
    assert_eq!(
        index.ids().unwrap(),
        ["1", "2", "3"],
        "a rebuild that failed leaves the old index in use"
    );
    assert_eq!(ids(&*index, "einkaufswagen")[0], "2");
    assert_eq!(ids(&*index, "shoping")[0], "2");
    assert_eq!(index.suggest("garb", 5), ["garbage"]);
    assert!(index.stats().unwrap().synonyms > 1_000);
}

fn best_of_many_come_first_on_all_pages(bench: &Bench) {
    let index = bench.new_index();
    let mut documents = (0..24_000).map(|number| {
        let kind = if number % 4 == 0 { "icon" } else { "model" };
        Ok(Document {
            kind: kind.to_owned(),
            popularity: if number % 1_000 == 999 { 1_000 } else { 0 },
            ..document(&format!("{number:05}"), "bell", &[])
        })
    });
    index.rebuild(&mut documents, 2).unwrap();
    let page = |offset| index.search("bell", &[], offset, 10).unwrap();
    let first: Vec<String> = [page(0), page(10)]
        .into_iter()
        .flat_map(|page| page.hits)
        .map(|hit| hit.id)
        .collect();
    let popular: Vec<String> = (0..20).map(|thousand| format!("{thousand:02}999")).collect();
    assert_eq!(first, popular);
    assert_eq!(page(9_990).hits.len(), 10);
    let many = page(0);
    assert_eq!(many.total, 24_000);
    assert_eq!(many.is_sampled, bench.server.is_none(), "the embedded index estimates");
    let (_, kinds) = &many.facets[0];
    let close = |(kind, count): &(String, u64), wanted: u64| {
        assert!(count.abs_diff(wanted) < wanted / 20, "{kind}: {count}, not {wanted}");
    };
    close(&kinds[0], 18_000);
    close(&kinds[1], 6_000);
    let icons = Filter {
        facet: Facet::Kind,
        value: "icon".to_owned(),
    };
    let few = index.search("bell", &[icons], 0, 10).unwrap();
    assert_eq!(
        (few.is_sampled, &few.facets[0].1[0].1),
        (false, &6_000),
        "exact where there are few"
    );
}

fn rarer_words_shorter_texts_and_popularity_come_first(bench: &Bench) {
    let index = bench.new_index();
    let popular = |id: &str, popularity: u64| Document {
        popularity,
        ..document(id, "blorp", &[])
    };
    // Words that nothing else has.
    let letter = |number: u8| char::from(b'a' + number % 26);
    let tags = |number: u8, count: u8| {
        let tag = |n: u8| format!("wq{}{}{}", letter(number), letter(number / 26), letter(n));
        (0..count).map(tag).collect()
    };
    let many = (0..40).map(|number| Document {
        tags: tags(number, 3),
        ..document(&format!("many-{number}"), "blorp", &[])
    });
    let few = [
        document("rare", "quaxle", &["wozz", "vond"]),
        Document {
            tags: tags(99, 8),
            ..document("long", "blorp", &[])
        },
        popular("popular", 5_000),
        popular("short", 0),
    ];
    index.rebuild(&mut many.chain(few).map(Ok), 2).unwrap();
    assert_eq!(ids(&*index, "blorp")[0], "popular");
    assert_eq!(ids(&*index, "quaxle blorp")[0], "rare", "a rare word says more");
    let icons = Filter {
        facet: Facet::Kind,
        value: "icon".to_owned(),
    };
    let all = index.search("", &[icons], 0, 50).unwrap();
    assert_eq!(all.hits[0].id, "popular", "also among those that a filter lets through");
    let last = index.search("blorp", &[], 42, 10).unwrap();
    assert_eq!(last.hits.last().unwrap().id, "long");
}

#[tokio::test]
async fn earlier_reading_of_the_truth_does_not_replace_a_later_one() {
    let Some(server) = Server::start() else { return };
    on(Some(server), |bench| {
        let index = bench.new_index();
        index
            .apply(&[document("1", "bell", &[])], &["2".to_owned()], 9)
            .unwrap();
        index
            .apply(&[document("1", "horn", &[]), document("2", "horn", &[])], &[], 8)
            .unwrap();
        assert_eq!(index.ids().unwrap(), ["1"]);
        assert_eq!((ids(&*index, "bell").len(), ids(&*index, "horn").len()), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn another_process_mines_the_synonyms_of_an_index_that_it_has_not_built() {
    let Some(server) = Server::start() else { return };
    on(Some(server), |bench| {
        let built = bench.open();
        built.rebuild(&mut catalogue().into_iter().map(Ok), 2).unwrap();
        assert!(!built.lacks_synonyms().unwrap());
        let other = bench.on_server(bench.server.as_ref().unwrap(), bench.folder.path().join("other"));
        assert!(other.lacks_synonyms().unwrap());
        other.mine_synonyms(&mut catalogue().into_iter().map(Ok)).unwrap();
        assert!(!other.lacks_synonyms().unwrap());
        assert_eq!(ids(&*other, "einkaufswagen")[0], "2");
        other.rebuild(&mut catalogue().into_iter().map(Ok), 3).unwrap();
        assert!(built.lacks_synonyms().unwrap(), "the other one has built it since");
        assert_eq!(ids(&*built, "cart"), ["2"], "and is found by its alias");
    })
    .await;
}
