//! The rows of `access.rs`: every route of the public API.

use tradepost_common::tokens::{AccountRole, Scope};

use super::access::{Access, Permission, Rule, Suspended};

const fn public(method: &'static str, path: &'static str) -> Rule {
    Rule {
        method,
        path,
        who: Access::Public,
    }
}

/// Things of the caller, to read: a suspended account may.
const fn yours(path: &'static str) -> Rule {
    holders("GET", path, Scope::Read, None, Suspended::LetIn)
}

/// The sign-ins of an account: a suspended one may.
const fn manage(method: &'static str, path: &'static str) -> Rule {
    holders(method, path, Scope::Manage, None, Suspended::LetIn)
}

/// Packs of yours, to read.
const fn packs(path: &'static str) -> Rule {
    holders("GET", path, Scope::Read, None, Suspended::Refused)
}

/// Changes of packs, by contributors.
const fn sell(path: &'static str) -> Rule {
    offer("POST", path)
}

/// Changes of what is sold and of its prices, by contributors.
const fn offer(method: &'static str, path: &'static str) -> Rule {
    holders(
        method,
        path,
        Scope::Upload,
        Some(AccountRole::Contributor),
        Suspended::Refused,
    )
}

const fn holders(
    method: &'static str,
    path: &'static str,
    scope: Scope,
    role: Option<AccountRole>,
    suspended: Suspended,
) -> Rule {
    Rule {
        method,
        path,
        who: Access::Holders(Permission { scope, role, suspended }),
    }
}

/// Purchases, which guests make too.
const fn buy(method: &'static str, path: &'static str) -> Rule {
    Rule {
        method,
        path,
        who: Access::HoldersAndGuests(Permission {
            scope: Scope::Buy,
            role: None,
            suspended: Suspended::Refused,
        }),
    }
}

/// Favourites and collections of the caller, which a suspended account keeps as they are.
const fn shelve(method: &'static str, path: &'static str) -> Rule {
    holders(method, path, Scope::Buy, None, Suspended::Refused)
}

/// Carts of the caller.
const fn cart(method: &'static str, path: &'static str) -> Rule {
    holders(method, path, Scope::Buy, None, Suspended::Refused)
}

/// All routes.
pub static RULES: &[Rule] = &[
    public("GET", "/livez"),
    public("GET", "/readyz"),
    public("GET", "/v1/families"),
    public("GET", "/v1/families/{id}"),
    public("GET", "/v1/sets"),
    public("GET", "/v1/sets/{id}"),
    public("GET", "/v1/items"),
    public("GET", "/v1/categories"),
    packs("/v1/labels/{kind}/{id}"),
    offer("PUT", "/v1/labels/{kind}/{id}"),
    public("GET", "/v1/search"),
    public("POST", "/v1/search/picture"),
    public("GET", "/v1/suggest"),
    public("GET", "/v1/items/{id}"),
    public("GET", "/v1/items/{id}/similar"),
    public("GET", "/v1/items/{id}/picture"),
    public("GET", "/v1/items/{id}/file"),
    public("GET", "/v1/presets"),
    public("GET", "/r/{name}"),
    // By the signature of the URL.
    public("GET", "/objects/sources/{item}/{name}"),
    public("GET", "/objects/downloads/{purchase}/{file}/{form}/{name}"),
    public("PUT", "/objects/uploads/{id}"),
    // By a mailed link, or a password.
    public("POST", "/v1/accounts"),
    public("POST", "/v1/accounts/confirm"),
    public("POST", "/v1/password-links"),
    public("POST", "/v1/password"),
    public("POST", "/v1/library-links"),
    public("GET", "/v1/library"),
    public("POST", "/v1/sessions"),
    yours("/v1/account"),
    manage("DELETE", "/v1/sessions"),
    manage("DELETE", "/v1/sessions/current"),
    manage("GET", "/v1/tokens"),
    manage("POST", "/v1/tokens"),
    manage("DELETE", "/v1/tokens/{id}"),
    manage("GET", "/v1/webhooks"),
    manage("POST", "/v1/webhooks"),
    manage("DELETE", "/v1/webhooks/{id}"),
    manage("GET", "/v1/webhooks/{id}/deliveries"),
    manage("POST", "/v1/webhooks/deliveries/{id}/replay"),
    packs("/v1/uploads"),
    packs("/v1/uploads/{id}"),
    packs("/v1/uploads/{id}/findings"),
    packs("/v1/items/{id}/source"),
    sell("/v1/uploads"),
    sell("/v1/uploads/{id}/complete"),
    sell("/v1/uploads/{id}/parts"),
    offer("DELETE", "/v1/uploads/{id}/parts"),
    sell("/v1/uploads/{id}/answer"),
    sell("/v1/uploads/{id}/appeal"),
    buy("POST", "/v1/orders"),
    yours("/v1/orders"),
    yours("/v1/orders/{id}"),
    yours("/v1/orders/{id}/certificate"),
    yours("/v1/orders/{id}/certificate.minisig"),
    yours("/v1/balance"),
    holders("POST", "/v1/orders/{id}/cancel", Scope::Buy, None, Suspended::LetIn),
    holders("POST", "/v1/wallet/top-ups", Scope::Buy, None, Suspended::Refused),
    yours("/v1/wallet/top-ups/{id}"),
    yours("/v1/favourites"),
    shelve("PUT", "/v1/favourites/{item}"),
    shelve("DELETE", "/v1/favourites/{item}"),
    yours("/v1/collections"),
    shelve("POST", "/v1/collections"),
    // By the handler: everybody for a public one.
    public("GET", "/v1/collections/{id}"),
    public("GET", "/v1/collections/{id}/items"),
    shelve("PUT", "/v1/collections/{id}"),
    shelve("DELETE", "/v1/collections/{id}"),
    shelve("PUT", "/v1/collections/{id}/items/{item}"),
    shelve("DELETE", "/v1/collections/{id}/items/{item}"),
    cart("POST", "/v1/carts"),
    cart("GET", "/v1/carts/{id}"),
    cart("PUT", "/v1/carts/{id}"),
    cart("DELETE", "/v1/carts/{id}"),
    yours("/v1/library/{id}"),
    yours("/v1/library/{id}/files"),
    holders(
        "POST",
        "/v1/library/{id}/downloads",
        Scope::Read,
        None,
        Suspended::LetIn,
    ),
    public("GET", "/v1/prices/{kind}/{id}"),
    offer("PUT", "/v1/prices/{kind}/{id}"),
    offer("PUT", "/v1/listings/{kind}/{id}"),
    packs("/v1/families/{id}/shares"),
    offer("PUT", "/v1/families/{id}/shares"),
    yours("/v1/payouts"),
    offer("PUT", "/v1/bank-account"),
    packs("/v1/coupons"),
    sell("/v1/coupons"),
    offer("DELETE", "/v1/coupons/{id}"),
    public("GET", "/v1/licences"),
    public("GET", "/v1/licences/{licence}/{version}"),
    public("GET", "/v1/certificates/key"),
    public("GET", "/v1/certificates/revoked"),
    public("GET", "/v1/certificates/revoked.minisig"),
];
