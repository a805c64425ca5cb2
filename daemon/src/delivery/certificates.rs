//! Licence certificates: a text for each order, signed so that `minisign` checks it; and the list of what was revoked.

use std::fmt::Write as _;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tradepost_common::ids::{AccountId, OrderId};

use super::queries::{self, CertifiedLine};
use crate::app::App;
use crate::error::{ApiError, ApiResult};

/// Entries of the list of what was revoked: the last ones.
const MAX_REVOKED: i64 = 100_000;

/// A text and its signature.
pub struct Signed {
    pub text: String,
    pub minisig: String,
}

impl Signed {
    fn new(app: &App, text: String, comment: &str) -> Self {
        let minisig = app.certificates.sign(text.as_bytes(), comment);
        Self { text, minisig }
    }
}

/// The certificate of an order of a buyer.
///
/// # Errors
/// Not found; a conflict while it is not paid, or when all of it was revoked.
pub async fn for_buyer(app: &App, buyer: AccountId, order: OrderId) -> ApiResult<Signed> {
    if queries::buyer_of(&app.db, order).await? != Some(buyer) {
        return Err(ApiError::NotFound("order"));
    }
    let signed = for_order(app, order).await?;
    signed.ok_or_else(|| {
        let detail = "The order gives no right: it is not paid, or all of it was paid back or revoked.";
        ApiError::conflict("no-certificate", detail)
    })
}

/// The certificate of an order. `None`: it gives no right.
pub async fn for_order(app: &App, order: OrderId) -> ApiResult<Option<Signed>> {
    let lines = queries::certified_lines(&app.db, order, None).await?;
    Ok(certify(app, order, &lines))
}

/// The certificate of an order as it was before something revoked it at this time.
pub async fn for_order_at(app: &App, order: OrderId, at: OffsetDateTime) -> ApiResult<Option<Signed>> {
    let lines = queries::certified_lines(&app.db, order, Some(at)).await?;
    Ok(certify(app, order, &lines))
}

fn certify(app: &App, order: OrderId, lines: &[CertifiedLine]) -> Option<Signed> {
    let first = lines.first()?;
    let comment = format!("timestamp:{}\tfile:{order}.txt", first.granted_at.unix_timestamp());
    let text = text(order, first, lines);
    Some(Signed::new(app, text, &comment))
}

fn text(order: OrderId, first: &CertifiedLine, lines: &[CertifiedLine]) -> String {
    let mut text = format!(
        "Licence certificate {order}\n\nLicensee: {}\nIssued: {}\n",
        first.account,
        stamp(first.granted_at)
    );
    for line in lines {
        write!(
            text,
            "\nLine {}: {} \"{}\" by {}\n  Id: {}\n  Licence: {} ({}), version {}\n  SHA-256 of its terms: {}\n",
            line.position,
            line.kind,
            line.name,
            line.contributor,
            line.product_id,
            line.title,
            line.licence,
            line.terms_version,
            line.terms_sha256
        )
        .expect("writing to memory");
    }
    text.push_str("\nA line is void when the marketplace lists it at /v1/certificates/revoked.\n");
    text
}

/// The list of lines of certificates that are void, the last ones first.
pub async fn revoked(app: &App) -> ApiResult<Signed> {
    let rows = queries::revoked(&app.db, MAX_REVOKED).await?;
    let newest = rows.first().map_or(0, |(_, _, at)| at.unix_timestamp());
    let mut text = "# certificate line revoked\n".to_owned();
    for (order, position, at) in rows {
        writeln!(text, "{order} {position} {}", stamp(at)).expect("writing to memory");
    }
    Ok(Signed::new(app, text, &format!("timestamp:{newest}\tfile:revoked")))
}

fn stamp(at: OffsetDateTime) -> String {
    at.replace_nanosecond(0)
        .unwrap_or(at)
        .format(&Rfc3339)
        .expect("a time of the database has a text")
}
