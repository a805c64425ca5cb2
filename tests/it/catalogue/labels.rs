//! Categories, tags, styles and prices by which things are found; places that operators give; withdrawals.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::{PackBuilder, TestApp};

/// A marketplace with two sets of ann's and the ids of its family, sets and items, oldest first.
struct Shop {
    app: TestApp,
    ann: String,
    family: String,
    sets: Vec<String>,
    items: Vec<String>,
}

impl Shop {
    async fn open() -> Self {
        let app = TestApp::start();
        let ann = app.trusted("ann");
        for set in ["One", "Two"] {
            let trace = app.upload_and_settle(&ann, &PackBuilder::ticks(set, 2).build()).await;
            assert_eq!(trace["upload"]["state"], "published", "{trace}");
        }
        let ids = async |list: &str| {
            let rows = app.rows(list).await;
            let ids = rows.iter().rev().map(|row| row["id"].as_str().unwrap().to_owned());
            ids.collect::<Vec<_>>()
        };
        let (family, sets, items) = (
            ids("/v1/families").await.remove(0),
            ids("/v1/sets").await,
            ids("/v1/items").await,
        );
        Self {
            app,
            ann,
            family,
            sets,
            items,
        }
    }

    async fn label(&self, path: &str, labels: Value) -> (StatusCode, Value) {
        let path = format!("/v1/labels/{path}");
        self.app.call(Method::PUT, &path, Some(&self.ann), Some(labels)).await
    }

    async fn category(&self, slug: &str, parent: Option<&str>) -> (StatusCode, Value) {
        let body = json!({ "slug": slug, "name": slug, "parent": parent });
        self.app.act("/v1/categories", body).await
    }

    /// Families, sets and items that fit.
    async fn found(&self, query: &str) -> [usize; 3] {
        let mut found = [0; 3];
        for (list, found) in ["families", "sets", "items"].iter().zip(&mut found) {
            *found = self.app.rows(&format!("/v1/{list}?{query}")).await.len();
        }
        found
    }

    /// Items that the search finds, once it has seen everything.
    async fn searched(&self, query: &str) -> Value {
        self.app
            .until("/v1/search", |status| {
                status["waiting"] == 0 && status["documents"] != 0
            })
            .await;
        self.app.get(&format!("/v1/search?{query}"), None).await.1
    }
}

fn labels(category: Option<&str>, tags: &[&str], styles: &[&str]) -> Value {
    json!({ "category": category, "tags": tags, "styles": styles })
}

#[tokio::test]
async fn labels_of_a_family_hold_for_its_sets_and_items() {
    let shop = Shop::open().await;
    for (slug, parent) in [("nature", None), ("animals", Some("nature")), ("tools", None)] {
        assert_eq!(shop.category(slug, parent).await.0, StatusCode::OK);
    }
    let family = format!("family/{}", shop.family);
    let (status, set) = shop
        .label(&family, labels(Some("animals"), &["Wild"], &["Outline", "outline"]))
        .await;
    assert_eq!(
        (status, set),
        (StatusCode::OK, labels(Some("animals"), &["wild"], &["outline"]))
    );
    let item = format!("item/{}", shop.items[0]);
    assert_eq!(
        shop.label(&item, labels(Some("tools"), &["hammer"], &["filled"]))
            .await
            .0,
        StatusCode::OK
    );

    let expected = [
        ("category=nature", [1, 2, 3]),
        ("category=animals", [1, 2, 3]),
        ("category=tools", [0, 0, 1]),
        ("category=nothing", [0, 0, 0]),
        ("style=outline", [1, 2, 4]),
        ("style=filled&tag=hammer", [0, 0, 1]),
        (
            "tag=wild&category=animals&kind=icon&licence=ISC&contributor=ann",
            [1, 2, 3],
        ),
        ("tag=wild&licence=MIT", [0, 0, 0]),
    ];
    for (query, found) in expected {
        assert_eq!(shop.found(query).await, found, "{query}");
    }
    let (_, page) = shop.app.get(&format!("/v1/items/{}", shop.items[0]), None).await;
    assert_eq!(
        (&page["category"], &page["styles"]),
        (&json!("tools"), &json!(["filled", "outline"]))
    );

    let found = shop.searched("category=nature&style=outline").await;
    assert_eq!(found["total"], 3, "{found}");
    let facets = found["facets"].as_array().unwrap();
    let of = |name: &str| {
        facets
            .iter()
            .find(|facet| facet["name"] == name)
            .map(|facet| facet["values"].clone())
    };
    let categories = json!([{ "value": "animals", "items": 3 }, { "value": "nature", "items": 3 }]);
    assert_eq!(
        (of("category"), of("style")),
        (Some(categories), Some(json!([{ "value": "outline", "items": 3 }])))
    );
    assert_eq!(
        of("price_range"),
        Some(json!([{ "value": "5-to-20", "items": 3 }])),
        "{found}"
    );

    // The tree changes: what is in it follows.
    assert_eq!(shop.category("animals", None).await.0, StatusCode::OK);
    assert_eq!(shop.found("category=nature").await, [0, 0, 0]);
    assert_eq!(shop.searched("category=animals").await["total"], 3);
    assert_eq!(shop.searched("category=nature").await["total"], 0);
}

#[tokio::test]
async fn only_its_contributor_and_operators_label_a_product() {
    let shop = Shop::open().await;
    let path = format!("/v1/labels/set/{}", shop.sets[0]);
    let bob = shop.app.trusted("bob");
    let (status, problem) = shop
        .app
        .call(Method::PUT, &path, Some(&bob), Some(labels(None, &["mine"], &[])))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{problem}");
    let (status, problem) = shop
        .label(&format!("set/{}", shop.sets[0]), labels(Some("nothing"), &[], &[]))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("no-such-category"))
    );

    let operated = format!("/v1/catalogue/set/{}", shop.sets[0]);
    let (status, set) = shop
        .app
        .act(&format!("{operated}/labels"), labels(None, &["ours"], &[]))
        .await;
    assert_eq!((status, &set["tags"]), (StatusCode::OK, &json!(["ours"])), "{set}");
    assert_eq!(shop.app.get(&path, Some(&shop.ann)).await.1["tags"], json!(["ours"]));
    let audit = shop.app.look("/v1/audit?limit=1").await;
    let row = &audit["rows"][0];
    assert_eq!(
        (&row["act"], &row["detail"]["before"]["tags"]),
        (&json!("catalogue.label"), &json!(["signs"])),
        "{row}"
    );
}

#[tokio::test]
async fn categories_stay_a_tree() {
    let shop = Shop::open().await;
    for (slug, parent) in [("one", None), ("two", Some("one")), ("three", Some("two"))] {
        assert_eq!(shop.category(slug, parent).await.0, StatusCode::OK);
    }
    let code = |(status, problem): (StatusCode, Value)| (status.as_u16(), problem["code"].as_str().unwrap().to_owned());
    assert_eq!(
        code(shop.category("one", Some("three")).await),
        (422, "no-tree".to_owned())
    );
    assert_eq!(
        code(shop.category("x", Some("nothing")).await),
        (422, "bad-slug".to_owned())
    );
    assert_eq!(
        code(shop.category("four", Some("nothing")).await),
        (422, "no-such-category".to_owned())
    );
    let delete = async |slug: &str| shop.app.act(&format!("/v1/categories/{slug}/delete"), json!({})).await;
    assert_eq!(code(delete("two").await), (409, "category-in-use".to_owned()));
    assert_eq!(delete("three").await.0, StatusCode::OK);
    let (_, tree) = shop.app.get("/v1/categories", None).await;
    let slugs: Vec<_> = tree["categories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["slug"].clone(), one["depth"].clone()))
        .collect();
    assert_eq!(slugs, [(json!("one"), json!(0)), (json!("two"), json!(1))]);
}

#[tokio::test]
async fn price_ranges_follow_the_prices() {
    let shop = Shop::open().await;
    assert_eq!(shop.found("price_range=5-to-20").await, [1, 2, 4]);
    let price = |licence: &str, amount: i64| json!({ "licence": licence, "currency": "EUR", "amount_minor": amount });
    let put = async |path: String, prices: Value| {
        let body = json!({ "prices": prices });
        let (status, answer) = shop.app.call(Method::PUT, &path, Some(&shop.ann), Some(body)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    };
    let prices = json!([price("personal", 0), price("commercial", 3_000)]);
    put(format!("/v1/prices/set/{}", shop.sets[0]), prices).await;
    assert_eq!(shop.found("price_range=free").await, [1, 1, 2]);
    assert_eq!(shop.found("price_range=5-to-20").await, [1, 1, 2]);
    assert_eq!(
        shop.found("price_range=over-20").await,
        [0, 0, 0],
        "the lowest price counts"
    );
    put(
        format!("/v1/prices/item/{}", shop.items[0]),
        json!([price("personal", 200)]),
    )
    .await;
    assert_eq!(shop.found("price_range=free").await, [1, 1, 1]);
    assert_eq!(shop.found("price_range=under-5").await, [0, 0, 1]);
    assert_eq!(
        shop.searched("price_range=under-5").await["rows"][0]["id"],
        shop.items[0].as_str()
    );
}

#[tokio::test]
async fn pinned_comes_first_buried_last_and_withdrawn_not_at_all() {
    let shop = Shop::open().await;
    let stand = async |item: &str, standing: &str| {
        let body = json!({ "standing": standing, "reason": "the season" });
        let (status, entry) = shop.app.act(&format!("/v1/catalogue/item/{item}/standing"), body).await;
        assert_eq!(
            (status, &entry["standing"]),
            (StatusCode::OK, &json!(standing)),
            "{entry}"
        );
    };
    let order = async || {
        let rows = shop.app.rows("/v1/items?order=popular").await;
        rows.iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    stand(&shop.items[0], "pinned").await;
    stand(&shop.items[3], "buried").await;
    let popular = order().await;
    assert_eq!(
        (popular.first(), popular.last()),
        (Some(&shop.items[0]), Some(&shop.items[3]))
    );
    let found = shop.searched("q=tick").await;
    let rows = found["rows"].as_array().unwrap();
    assert_eq!(
        (&rows[0]["id"], &rows[3]["id"]),
        (&json!(shop.items[0]), &json!(shop.items[3])),
        "{found}"
    );
    stand(&shop.items[0], "normal").await;
    assert_ne!(order().await.first(), Some(&shop.items[0]));

    let withdraw = async |path: String| {
        let body = json!({ "reason": "a complaint" });
        shop.app.act(&format!("/v1/catalogue/{path}/withdraw"), body).await
    };
    let (status, gone) = withdraw(format!("item/{}", shop.items[0])).await;
    assert_eq!((status, &gone["items"]), (StatusCode::OK, &json!(1)), "{gone}");
    assert_eq!(shop.found("").await, [1, 2, 3]);
    assert_eq!(withdraw(format!("set/{}", shop.sets[0])).await.1["items"], 1);
    assert_eq!(shop.found("").await, [1, 1, 2], "a set without items is gone");
    assert_eq!(withdraw(format!("set/{}", shop.sets[0])).await.0, StatusCode::NOT_FOUND);
    assert_eq!(withdraw(format!("family/{}", shop.family)).await.1["items"], 2);
    assert_eq!(shop.found("").await, [0, 0, 0]);
    assert_eq!(
        shop.app.get("/v1/search?q=tick", None).await.1["rows"],
        json!([]),
        "at once"
    );
}
