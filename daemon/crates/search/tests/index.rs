//! An index as its callers use it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use tradepost_search::{Document, Facet, Filter, Index, Ranking};

fn document(id: &str, title: &str, tags: &[&str]) -> Document {
    Document {
        id: id.to_owned(),
        kind: "icon".to_owned(),
        title: title.to_owned(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..Document::default()
    }
}

fn ids(index: &Index, text: &str) -> Vec<String> {
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

#[test]
fn documents_are_found_replaced_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path(), Ranking::default()).unwrap();
    index.apply(&catalogue(), &[]).unwrap();
    assert_eq!(ids(&index, "cart"), ["2"]);
    assert_eq!(ids(&index, "garbage back").len(), 2, "one of the words is enough");
    let delete = Filter {
        facet: Facet::Tag,
        value: "delete".to_owned(),
    };
    let page = index.search("", &[delete], 0, 10).unwrap();
    assert_eq!((page.total, page.hits[0].id.as_str()), (1, "1"));
    assert_eq!(page.facets[0], (Facet::Kind, vec![("icon".to_owned(), 1)]));
    index.apply(&[document("3", "bell", &[])], &["2".to_owned()]).unwrap();
    assert_eq!(
        (ids(&index, "cart"), ids(&index, "arrow"), ids(&index, "bell")),
        (vec![], vec![], vec!["3".to_owned()])
    );
    assert!(index.explain("bell", "3").unwrap().is_some());
}

#[test]
fn pinned_document_comes_first_and_a_buried_one_last() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path(), Ranking::default()).unwrap();
    let standing = |id: &str, standing: i64| Document {
        standing,
        categories: vec!["animals".to_owned(), "nature".to_owned()],
        prices: vec!["free".to_owned()],
        ..document(id, "bell", &[])
    };
    let documents = [standing("1", -1), standing("2", 0), standing("3", 1)];
    index.apply(&documents, &[]).unwrap();
    assert_eq!(ids(&index, "bell"), ["3", "2", "1"]);
    assert_eq!(ids(&index, ""), ["3", "2", "1"]);
    for (facet, value) in [(Facet::Category, "nature"), (Facet::Price, "free")] {
        let filter = Filter {
            facet,
            value: value.to_owned(),
        };
        assert_eq!(index.search("bell", &[filter], 0, 10).unwrap().total, 3, "{value}");
    }
}

#[test]
fn rebuilt_index_knows_synonyms_languages_and_typing_errors_and_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path(), Ranking::default()).unwrap();
    index.rebuild(catalogue().into_iter().map(Ok)).unwrap();
    let failed = index.rebuild([Err(anyhow::anyhow!("cut off"))].into_iter());
    assert!(failed.is_err());
    drop(index);
    let index = Index::open(folder.path(), Ranking::default()).unwrap();
    assert_eq!(
        index.ids().unwrap(),
        ["1", "2", "3"],
        "a rebuild that failed leaves the old index in use"
    );
    assert_eq!(ids(&index, "einkaufswagen")[0], "2");
    assert_eq!(ids(&index, "shoping")[0], "2");
    assert_eq!(index.suggest("garb", 5), ["garbage"]);
    assert!(index.stats().unwrap().synonyms > 1_000);
}

#[test]
fn best_of_many_come_first_on_all_pages_and_their_facets_are_estimated() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path(), Ranking::default()).unwrap();
    let documents = (0..24_000).map(|number| {
        let kind = if number % 4 == 0 { "icon" } else { "model" };
        Ok(Document {
            kind: kind.to_owned(),
            popularity: if number % 1_000 == 999 { 1_000 } else { 0 },
            ..document(&format!("{number:05}"), "bell", &[])
        })
    });
    index.rebuild(documents).unwrap();
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
    assert_eq!((many.total, many.is_sampled), (24_000, true));
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
