//! The catalogue as operators see it, and what they do there.

use crossterm::event::KeyCode;
use tradepost_common::catalog::{Counts, Labels, Standing};
use tradepost_common::search::{RebuildProgress, SearchMachine, SearchQueries, SearchedText};

use super::acts::{SetLabels, Stand, WithdrawItem, parse_labels};
use super::*;
use crate::screen::testing::{assert_sizes, screen};
use crate::shell::App;
use crate::testdata::{self, ago};

fn item(n: u128, title: &str, score: f32) -> FoundItem {
    FoundItem {
        id: Uuid::from_u128(9000 + n),
        score,
        title: title.to_owned(),
        family: "Signs".to_owned(),
        set: "Animals".to_owned(),
        contributor: "ann".to_owned(),
        kind: "icon".to_owned(),
        category: (n != 2).then(|| "animals".to_owned()),
        tags: vec!["wild".to_owned(), "pet".to_owned()],
        styles: vec!["outline".to_owned()],
    }
}

fn entry(item: &FoundItem, standing: Standing) -> CatalogueEntry {
    let facets = [
        "category:animals",
        "contributor:ann",
        "kind:icon",
        "price_range:free",
        "tag:pet",
    ];
    CatalogueEntry {
        kind: ProductKind::Item,
        id: item.id,
        title: item.title.clone(),
        contributor: item.contributor.clone(),
        facets: facets.map(str::to_owned).into(),
        labels: Labels {
            category: Some("animals".to_owned()),
            tags: parse_labels("wild, pet", 5).unwrap(),
            styles: parse_labels("outline", 5).unwrap(),
        },
        standing,
        reason: (standing != Standing::Normal).then(|| "the season".to_owned()),
        counts: Counts {
            views: 1_200,
            downloads: 31,
            favourites: 1,
            sales: 4,
        },
        popularity: 312.4,
    }
}

fn status(waiting: u64, rebuild: Option<RebuildProgress>) -> SearchStatus {
    let machine = |name: &str, waiting| SearchMachine {
        machine: name.to_owned(),
        waiting,
        seen_at: ago(3),
        built_at: Some(ago(3_600)),
    };
    SearchStatus {
        documents: 12_345,
        segments: 4,
        size_bytes: 7_654_321,
        synonyms: 4_321,
        waiting,
        lag_seconds: if waiting > 0 { 14.2 } else { 0.0 },
        rebuild,
        machines: vec![machine("shop1:42", waiting as i64), machine("shop2:7", 0)],
    }
}

fn texts() -> SearchQueries {
    let text = |text: &str, times, slowest_ms| SearchedText {
        text: text.to_owned(),
        times,
        slowest_ms,
    };
    SearchQueries {
        found_nothing: vec![text("unicorn", 41, 3), text("tyre swing", 2, 4)],
        slow: vec![text("the quick brown fox", 1, 180)],
    }
}

fn opened() -> App {
    let mut app = testdata::app();
    app.press('\'');
    app.press('c');
    assert_eq!(app.shell.page.name, "catalogue");
    assert_eq!(app.sent::<Find>(), [Find(String::new())]);
    app.answer(ReadSearch, Ok((status(0, None), texts())));
    let items = vec![item(1, "cat", 12.5), item(2, "dog", 7.25), item(3, "horse", 0.5)];
    app.answer(Find(String::new()), Ok(items));
    let asked = app.sent::<ReadEntry>().remove(0);
    app.answer(asked, Ok(entry(&item(1, "cat", 12.5), Standing::Pinned)));
    app.shell.effects.clear();
    app
}

fn typed(app: &mut App, text: &str) {
    for key in text.chars() {
        app.press(key);
    }
}

#[test]
fn items_are_shown_with_scores_counts_and_places() {
    assert_sizes!("items", opened());
}

#[test]
fn index_says_how_fresh_it_is_and_what_was_not_found() {
    let mut app = opened();
    app.code(KeyCode::Tab);
    assert_sizes!("index", app);
    let rebuild = RebuildProgress {
        done: 4_000,
        of: 12_345,
    };
    app.answer(ReadSearch, Ok((status(17, Some(rebuild)), texts())));
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn search_is_the_daemons_and_its_ranks_are_explained() {
    let mut app = opened();
    app.press('/');
    typed(&mut app, "cat");
    app.code(KeyCode::Enter);
    assert_eq!(
        app.sent::<Find>(),
        [Find("c".to_owned())],
        "it searches while it is typed"
    );
    app.answer(Find("c".to_owned()), Ok(vec![item(3, "horse", 1.0)]));
    assert_eq!(app.sent::<Find>().last(), Some(&Find("cat".to_owned())));
    app.answer(Find("cat".to_owned()), Ok(vec![item(1, "cat", 3.0)]));
    app.press('E');
    let asked = app.sent::<Explain>().remove(0);
    assert_eq!(asked, Explain(item(1, "cat", 3.0).id, "cat".to_owned()));
    let lines = [
        "3.000 sum of:",
        "  2.500 weight of \"cat\"",
        "  0.500 weight of \"pet\"",
    ];
    let lines = lines.map(str::to_owned).into();
    app.answer(asked, Ok(tradepost_common::search::Explanation { lines }));
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn another_search_selects_its_best_item_and_the_same_one_keeps_the_selection() {
    let mut app = opened();
    app.press('j');
    let items = || vec![item(1, "cat", 3.0), item(2, "dog", 2.0)];
    app.answer(Find(String::new()), Ok(items()));
    assert!(screen(&mut app).contains("›dog"), "the same search again");
    app.press('/');
    typed(&mut app, "g");
    app.answer(Find("g".to_owned()), Ok(items()));
    assert!(screen(&mut app).contains("›cat"), "another search");
}

#[test]
fn item_is_labelled_placed_and_withdrawn_only_when_armed_and_with_a_reason() {
    let mut app = opened();
    for key in ['L', 'B', 'X'] {
        app.press(key);
        assert!(app.status().starts_with("Read-only"), "{key}: {}", app.status());
        app.code(KeyCode::Esc);
    }
    app.press('W');
    app.press('L');
    insta::assert_snapshot!(screen(&mut app));
    app.code(KeyCode::Enter);
    let product = ProductKind::Item.with(item(1, "cat", 0.0).id);
    let labels = entry(&item(1, "cat", 0.0), Standing::Normal).labels;
    assert_eq!(app.sent::<SetLabels>(), [SetLabels(product, labels.clone())]);
    app.shell.effects.clear();
    app.answer(SetLabels(product, labels.clone()), Ok(labels));
    assert_eq!(app.status(), "The labels are replaced");
    let asked = app.sent::<ReadEntry>().remove(0);
    app.answer(asked, Ok(entry(&item(1, "cat", 12.5), Standing::Normal)));

    app.press('X');
    app.code(KeyCode::Enter);
    assert_eq!(app.sent::<WithdrawItem>(), [], "without a reason");
    typed(&mut app, "a complaint");
    app.code(KeyCode::Enter);
    insta::assert_snapshot!(screen(&mut app));
    app.code(KeyCode::Enter);
    assert_eq!(app.sent::<WithdrawItem>(), [], "Enter confirms nothing");
    assert_eq!(app.sent::<Stand>(), []);
}

#[test]
fn index_is_rebuilt_by_operators_and_compared_by_everybody() {
    let mut app = opened();
    app.code(KeyCode::Tab);
    app.press('R');
    assert_eq!(app.status(), "Read-only: press W to arm writing");
    app.press('P');
    assert_eq!(app.sent::<Verify>(), [Verify]);
    let wrong = SearchDifferences {
        published: 10,
        indexed: 9,
        missing: 1,
        withdrawn: 0,
    };
    app.answer(Verify, Ok(wrong));
    assert_eq!(app.status(), "The index is WRONG: 1 missing, 0 withdrawn, of 9");
    app.press('W');
    app.press('R');
    assert_eq!(app.sent::<Rebuild>(), [Rebuild]);
    app.answer(Rebuild, Ok(()));
    assert_eq!(app.status(), "The index is being built again; searches go on");
}
