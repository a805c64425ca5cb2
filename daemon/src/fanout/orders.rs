//! Mails and webhook deliveries about orders: to the buyer, and to the sellers.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sqlx::PgConnection;
use tradepost_common::ids::OrderId;
use tradepost_common::money::money;
use tradepost_common::orders::{OrderLine, OrderRow, OrderView};
use uuid::Uuid;

use crate::accounts::links;
use crate::accounts::service::{self as accounts, Contact};
use crate::app::App;
use crate::mail::{self, Cause, Letter, Link};
use crate::orders;
use crate::webhooks::WebhookEvent;
use crate::webhooks::service as webhooks;

/// The news about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Paid,
    Failed,
    Refunded,
    Disputed(WebhookEvent),
}

impl Told {
    fn webhook_event(self) -> WebhookEvent {
        match self {
            Self::Paid => WebhookEvent::OrderPaid,
            Self::Failed => WebhookEvent::OrderFailed,
            Self::Refunded => WebhookEvent::OrderRefunded,
            Self::Disputed(event) => event,
        }
    }
}

pub async fn paid(app: &App, tx: &mut PgConnection, event: Uuid, id: OrderId) -> anyhow::Result<()> {
    let order = orders::view(&mut *tx, id).await?;
    tell_buyer_of(app, &mut *tx, event, &order, Told::Paid).await?;
    tell_sellers(app, tx, event, &order, WebhookEvent::SaleCreated).await
}

pub async fn refunded(app: &App, tx: &mut PgConnection, event: Uuid, id: OrderId) -> anyhow::Result<()> {
    let order = orders::view(&mut *tx, id).await?;
    tell_buyer_of(app, &mut *tx, event, &order, Told::Refunded).await?;
    tell_sellers(app, tx, event, &order, WebhookEvent::SaleRefunded).await
}

pub async fn disputed(
    app: &App,
    tx: &mut PgConnection,
    event: Uuid,
    id: OrderId,
    what: WebhookEvent,
) -> anyhow::Result<()> {
    let order = orders::view(&mut *tx, id).await?;
    tell_buyer_of(app, &mut *tx, event, &order, Told::Disputed(what)).await?;
    tell_sellers(app, tx, event, &order, what).await
}

/// Tells the buyer of an order. A guest's receipt has a link to the library.
pub async fn tell_buyer(app: &App, tx: &mut PgConnection, event: Uuid, id: OrderId, told: Told) -> anyhow::Result<()> {
    let order = orders::view(&mut *tx, id).await?;
    tell_buyer_of(app, tx, event, &order, told).await
}

async fn tell_buyer_of(
    app: &App,
    tx: &mut PgConnection,
    event: Uuid,
    order: &OrderView,
    told: Told,
) -> anyhow::Result<()> {
    let Some(buyer) = accounts::contact(&mut *tx, &order.order.account).await? else {
        return Ok(());
    };
    let data = json!({ "order_id": order.order.id, "state": order.order.state, "total_minor": order.order.total_minor,
        "currency": order.order.currency, "note": order.order.note, "lines": order.lines });
    webhooks::queue(app, &mut *tx, buyer.id, (event, told.webhook_event()), &data).await?;
    mail_buyer(app, tx, event, (order, &buyer), told).await
}

/// Mails the receipt again; webhooks heard of the order before.
pub async fn receipt(app: &App, tx: &mut PgConnection, event: Uuid, id: OrderId) -> anyhow::Result<()> {
    let order = orders::view(&mut *tx, id).await?;
    match accounts::contact(&mut *tx, &order.order.account).await? {
        Some(buyer) => mail_buyer(app, tx, event, (&order, &buyer), Told::Paid).await,
        None => Ok(()),
    }
}

async fn mail_buyer(
    app: &App,
    tx: &mut PgConnection,
    event: Uuid,
    (order, buyer): (&OrderView, &Contact),
    told: Told,
) -> anyhow::Result<()> {
    let Some(email) = &buyer.email else { return Ok(()) };
    let mut letter = letter(order, told);
    let reserved = mail::reserve(app, &mut *tx, event, (letter.kind, email), cause(order, buyer)).await?;
    let Some(reserved) = reserved else { return Ok(()) };
    if told == Told::Paid && buyer.is_guest {
        let url = links::library_url(app, &mut *tx, email).await?;
        letter.links.push(Link {
            label: "Open your library",
            url,
        });
    }
    if told == Told::Paid {
        letter.links.push(Link {
            label: "Your licence certificate, once you have signed in or opened your library",
            url: format!("{}/v1/orders/{}/certificate", app.public_url(), order.order.id),
        });
    }
    reserved.write(app, tx, &letter).await
}

/// Money moved: the mail is owed. Else anybody could have typed the address.
fn cause(order: &OrderView, buyer: &Contact) -> Cause {
    match order.lines.first() {
        _ if order.order.total_minor > 0 => Cause::Owed,
        Some(line) if !buyer.is_proven => Cause::FreeOrder(line.product.id),
        _ => Cause::Asked,
    }
}

fn letter(order: &OrderView, told: Told) -> Letter {
    let id = order.order.id;
    let note = order.order.note.clone().unwrap_or_default();
    let (kind, subject, text) = match told {
        Told::Paid => (
            "receipt",
            "Your receipt",
            "Thank you. Your order is paid, and yours to download.".to_owned(),
        ),
        Told::Failed => ("order_failed", "Your order failed", format!("Nothing was paid. {note}")),
        Told::Refunded => ("refund", "Your refund", format!("Your money goes back. {note}")),
        Told::Disputed(WebhookEvent::DisputeOpened) => (
            "dispute",
            "A payment is disputed",
            "Your bank asks the payment of this order back. Downloads wait for its decision.".to_owned(),
        ),
        Told::Disputed(_) => (
            "dispute",
            "A dispute is decided",
            "The dispute about the payment of this order is decided.".to_owned(),
        ),
    };
    let mut lines: Vec<_> = order
        .lines
        .iter()
        .map(|line| priced(line, &order.order.currency))
        .collect();
    lines.push((
        "Total".to_owned(),
        money(order.order.total_minor, &order.order.currency),
    ));
    lines.extend(tax(&order.order));
    lines.push(("Order".to_owned(), id.to_string()));
    Letter {
        kind,
        subject: format!("{subject} ({id})"),
        paragraphs: vec![text],
        lines,
        links: Vec::new(),
    }
}

/// Tells each seller of an order that cost something; free orders only go to webhooks.
async fn tell_sellers(
    app: &App,
    tx: &mut PgConnection,
    event: Uuid,
    order: &OrderView,
    what: WebhookEvent,
) -> anyhow::Result<()> {
    let sellers: BTreeSet<_> = order.lines.iter().map(|line| line.contributor.as_str()).collect();
    for name in sellers {
        let Some(seller) = accounts::contact(&mut *tx, name).await? else {
            continue;
        };
        let lines: Vec<_> = order.lines.iter().filter(|line| line.contributor == name).collect();
        let data: Value = json!({ "order_id": order.order.id, "currency": order.order.currency, "lines": lines });
        webhooks::queue(app, &mut *tx, seller.id, (event, what), &data).await?;
        let has_price = lines.iter().any(|line| line.price_minor > 0);
        if let Some(email) = seller.email.filter(|_| has_price) {
            let letter = sale(what, &lines, order);
            mail::write(app, &mut *tx, event, &email, &letter, Cause::Owed).await?;
        }
    }
    Ok(())
}

fn sale(what: WebhookEvent, lines: &[&OrderLine], order: &OrderView) -> Letter {
    let (kind, subject) = match what {
        WebhookEvent::SaleCreated => ("sale", "You sold something"),
        WebhookEvent::SaleRefunded => ("sale_refunded", "A sale was refunded"),
        WebhookEvent::DisputeOpened => ("sale_disputed", "A sale is disputed"),
        _ => ("sale_disputed", "The dispute about a sale is decided"),
    };
    let mut rows: Vec<_> = lines.iter().map(|line| priced(line, &order.order.currency)).collect();
    rows.push(("Order".to_owned(), order.order.id.to_string()));
    Letter {
        kind,
        subject: format!("{subject} ({})", order.order.id),
        paragraphs: vec![format!("{subject}.")],
        lines: rows,
        links: Vec::new(),
    }
}

/// The tax in the total, or who owes it.
fn tax(order: &OrderRow) -> Option<(String, String)> {
    let country = order.tax_country.as_deref().unwrap_or_default();
    if order.is_reverse_charge {
        let number = order.tax_number.as_deref().unwrap_or_default();
        let words = format!("reverse charge: the buyer owes the tax (tax number {number}, {country})");
        return Some(("Tax".to_owned(), words));
    }
    let rate = order.tax_basis_points.filter(|_| order.tax_minor > 0)?;
    let name = format!("Of which tax, {}.{:02} % {country}", rate / 100, rate % 100);
    Some((name.trim_end().to_owned(), money(order.tax_minor, &order.currency)))
}

fn priced(line: &OrderLine, currency: &str) -> (String, String) {
    (
        format!("{} ({})", line.name, line.licence),
        money(line.price_minor, currency),
    )
}
