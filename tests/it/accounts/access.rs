//! Every route of the OpenAPI document, as five roles, on objects of their own, of others and absent ones.

use std::collections::BTreeMap;

use super::*;

/// The callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Nobody,
    /// Another buyer.
    Other,
    /// The buyer whose order, token and webhook it is.
    Owner,
    /// The contributor whose pack it is.
    Contributor,
    /// Suspended after buying.
    Suspended,
}

const ROLES: [Role; 5] = [
    Role::Nobody,
    Role::Other,
    Role::Owner,
    Role::Contributor,
    Role::Suspended,
];
const ABSENT: &str = "00000000-0000-7000-8000-000000000000";

/// The marketplace with one object of each kind.
struct World {
    app: TestApp,
    tokens: BTreeMap<Role, String>,
    /// The objects of the owner and of the contributor by the start of their path.
    objects: BTreeMap<&'static str, String>,
}

impl World {
    async fn open() -> Self {
        let app = TestApp::start();
        let contributor = app.trusted("ann");
        let upload = app.upload(&contributor, &PackBuilder::ticks("Ticks", 1).build()).await;
        app.settled(&upload).await;
        app.sql("update sets set price_minor = 0").await;
        let buyer = |name: &str| app.token(&["--account", name, "--role", "buyer"]);
        let tokens = BTreeMap::from([
            (Role::Nobody, String::new()),
            (Role::Other, buyer("olga")),
            (Role::Owner, buyer("bob")),
            (Role::Contributor, contributor),
            (Role::Suspended, buyer("sid")),
        ]);
        let set = app.rows("/v1/sets").await[0]["id"].as_str().unwrap().to_owned();
        let mut objects = BTreeMap::new();
        for role in [Role::Owner, Role::Suspended] {
            let request = app.request(Method::POST, "/v1/orders").bearer_auth(&tokens[&role]);
            let placed = request
                .header("idempotency-key", "one")
                .json(&json!({ "lines": [{ "set": set }] }))
                .send()
                .await
                .unwrap();
            let order: Value = placed.json().await.unwrap();
            let id = order["id"].as_str().unwrap().to_owned();
            app.until(&format!("/v1/orders/{id}"), |order| order["state"] == "paid")
                .await;
            if role == Role::Owner {
                objects.insert("/v1/orders/", id);
            }
        }
        app.sql("update accounts set banned_at = now(), banned_by = 'test' where name = 'sid'")
            .await;
        let owner = &tokens[&Role::Owner];
        let body = json!({ "label": "", "scopes": ["read"], "expires_days": 1 });
        let token = app.call(Method::POST, "/v1/tokens", Some(owner), Some(body)).await.1;
        let body = json!({ "url": "https://example.org/", "events": ["order.paid"] });
        let webhook = app.call(Method::POST, "/v1/webhooks", Some(owner), Some(body)).await.1;
        objects.insert("/v1/tokens/", token["id"].as_str().unwrap().to_owned());
        objects.insert("/v1/webhooks/", webhook["id"].as_str().unwrap().to_owned());
        objects.insert("/v1/uploads/", upload);
        objects.insert(
            "/v1/items/",
            app.rows("/v1/items").await[0]["id"].as_str().unwrap().to_owned(),
        );
        Self { app, tokens, objects }
    }

    async fn status(&self, role: Role, method: &str, path: &str) -> u16 {
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let mut request = self.app.request(method.clone(), path);
        if role != Role::Nobody {
            request = request.bearer_auth(&self.tokens[&role]);
        }
        if method == Method::POST || method == Method::PUT {
            request = request.header("idempotency-key", "probe").json(&json!({}));
        }
        request.send().await.unwrap().status().as_u16()
    }
}

/// The routes that everybody may call; what they answer depends on the request only.
const PUBLIC: [(&str, &str); 35] = [
    ("get", "/livez"),
    ("get", "/readyz"),
    ("get", "/r/{name}"),
    ("get", "/objects/sources/{item}/{name}"),
    ("put", "/objects/uploads/{id}"),
    ("get", "/v1/families"),
    ("get", "/v1/families/{id}"),
    ("get", "/v1/sets"),
    ("get", "/v1/sets/{id}"),
    ("get", "/v1/items"),
    ("get", "/v1/items/{id}"),
    ("get", "/v1/items/{id}/file"),
    ("get", "/v1/items/{id}/picture"),
    ("get", "/v1/items/{id}/similar"),
    ("get", "/v1/categories"),
    ("get", "/v1/collections/{id}"),
    ("get", "/v1/collections/{id}/items"),
    ("get", "/v1/search"),
    ("post", "/v1/search/picture"),
    ("get", "/v1/suggest"),
    ("get", "/v1/presets"),
    ("get", "/v1/library"),
    ("post", "/v1/accounts"),
    ("post", "/v1/accounts/confirm"),
    ("post", "/v1/password-links"),
    ("post", "/v1/password"),
    ("post", "/v1/library-links"),
    ("post", "/v1/sessions"),
    ("get", "/objects/downloads/{purchase}/{file}/{form}/{name}"),
    ("get", "/v1/prices/{kind}/{id}"),
    ("get", "/v1/licences"),
    ("get", "/v1/licences/{licence}/{version}"),
    ("get", "/v1/certificates/key"),
    ("get", "/v1/certificates/revoked"),
    ("get", "/v1/certificates/revoked.minisig"),
];
/// Routes of trade that buyers call, by their beginning.
const BUYING: [&str; 5] = [
    "/v1/orders",
    "/v1/wallet/top-ups",
    "/v1/carts",
    "/v1/favourites",
    "/v1/collections",
];
/// Routes that a suspended account may not call: it neither buys nor sells.
const TRADE: [(&str, &str); 33] = [
    ("post", "/v1/orders"),
    ("post", "/v1/wallet/top-ups"),
    ("get", "/v1/uploads"),
    ("get", "/v1/uploads/{id}"),
    ("get", "/v1/uploads/{id}/findings"),
    ("get", "/v1/items/{id}/source"),
    ("post", "/v1/uploads"),
    ("post", "/v1/uploads/{id}/complete"),
    ("post", "/v1/uploads/{id}/parts"),
    ("delete", "/v1/uploads/{id}/parts"),
    ("post", "/v1/uploads/{id}/answer"),
    ("post", "/v1/uploads/{id}/appeal"),
    ("put", "/v1/prices/{kind}/{id}"),
    ("put", "/v1/listings/{kind}/{id}"),
    ("put", "/v1/bank-account"),
    ("get", "/v1/labels/{kind}/{id}"),
    ("put", "/v1/labels/{kind}/{id}"),
    ("get", "/v1/families/{id}/shares"),
    ("put", "/v1/families/{id}/shares"),
    ("get", "/v1/coupons"),
    ("post", "/v1/coupons"),
    ("delete", "/v1/coupons/{id}"),
    ("put", "/v1/favourites/{item}"),
    ("delete", "/v1/favourites/{item}"),
    ("post", "/v1/collections"),
    ("put", "/v1/collections/{id}"),
    ("delete", "/v1/collections/{id}"),
    ("put", "/v1/collections/{id}/items/{item}"),
    ("delete", "/v1/collections/{id}/items/{item}"),
    ("post", "/v1/carts"),
    ("get", "/v1/carts/{id}"),
    ("put", "/v1/carts/{id}"),
    ("delete", "/v1/carts/{id}"),
];

#[tokio::test]
async fn no_role_reaches_what_is_not_its_own() {
    let world = World::open().await;
    let (_, document) = world.app.get("/openapi.json", None).await;
    let mut leaks = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let route = (method.as_str(), path.as_str());
            // Signing out is tried elsewhere: no token would be left for the other routes.
            if PUBLIC.contains(&route) || route == ("delete", "/v1/sessions/current") {
                continue;
            }
            for role in ROLES {
                probe(&world, role, route, &mut leaks).await;
            }
        }
    }
    assert!(leaks.is_empty(), "{leaks:#?}");
}

/// Calls a route on an absent object, and on that of its owner.
async fn probe(world: &World, role: Role, (method, path): (&str, &str), leaks: &mut Vec<String>) {
    let mut objects = world.objects.iter();
    // The id of a delivery is another one than that of its webhook.
    let object = objects.find(|(start, _)| path.starts_with(*start) && !path.contains("/deliveries/{id}"));
    // Only others try to change an object.
    let is_mine = |start: &str| match role {
        Role::Owner => ["/v1/orders/", "/v1/tokens/", "/v1/webhooks/"].contains(&start),
        Role::Contributor => ["/v1/uploads/", "/v1/items/"].contains(&start),
        _ => false,
    };
    let mut ids = vec![(ABSENT.to_owned(), false)];
    if let Some((start, id)) = object {
        ids.push((id.clone(), is_mine(start)));
    }
    for (id, is_own) in ids {
        if !path.contains('{') && id != ABSENT {
            continue;
        }
        let mut called = path.to_owned();
        while let (Some(from), Some(to)) = (called.find('{'), called.find('}')) {
            called.replace_range(from..=to, &id);
        }
        if is_own && method == "delete" {
            continue;
        }
        let status = world.status(role, method, &called).await;
        let is_object = path.contains('{');
        let is_trade = TRADE.contains(&(method, path));
        let allowed: &[u16] = match role {
            Role::Nobody if (method, path) == ("post", "/v1/orders") => &[400, 401],
            Role::Nobody => &[401],
            Role::Suspended if is_trade => &[403],
            // A buyer does nothing with packs.
            Role::Other | Role::Owner
                if is_trade && method != "get" && !BUYING.iter().any(|start| path.starts_with(start)) =>
            {
                &[403]
            }
            _ if is_object && !is_own => &[404, 400],
            _ => &[200, 201, 202, 204, 400, 409, 422],
        };
        if !allowed.contains(&status) {
            leaks.push(format!(
                "{role:?} {method} {path} ({called}): {status}, expected {allowed:?}"
            ));
        }
    }
}

#[tokio::test]
async fn suspended_account_keeps_what_it_bought() {
    let world = World::open().await;
    let token = &world.tokens[&Role::Suspended];
    let item = &world.objects["/v1/items/"];
    let file = world
        .app
        .request(Method::GET, &format!("/v1/items/{item}/file"))
        .bearer_auth(token);
    assert_eq!(file.send().await.unwrap().status(), StatusCode::OK);
    let (status, library) = world.app.get("/v1/library", Some(token)).await;
    assert_eq!(
        (status, library["rows"].as_array().unwrap().len()),
        (StatusCode::OK, 1),
        "{library}"
    );
    let request = world.app.request(Method::POST, "/v1/orders").bearer_auth(token);
    let refused = request
        .header("idempotency-key", "two")
        .json(&json!({ "lines": [{ "set": ABSENT }] }))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let (_, account) = world.app.get("/v1/account", Some(token)).await;
    assert_eq!(account["suspended"], json!(true));
}
