//! Licence certificates, the key that checks them, and the list of those that are void.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use tradepost_common::ids::OrderId;
use tradepost_common::problem::Problem;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::certificates;
use crate::accounts::Bearer;
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::Path;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(get_certificate))
        .routes(routes!(get_certificate_signature))
        .routes(routes!(get_certificate_key))
        .routes(routes!(get_revoked))
        .routes(routes!(get_revoked_signature))
}

/// The licence certificate of an order of yours
///
/// `minisign -V -p KEY -m CERTIFICATE` checks it with its signature beside it. `409 no-certificate`.
#[utoipa::path(get, path = "/v1/orders/{id}/certificate", operation_id = "get_certificate", tag = "library",
    params(("id" = Uuid, Path, description = "Of the order")), security(("bearer" = [])),
    responses((status = 200, content_type = "text/plain"), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn get_certificate(
    State(app): State<SharedApp>,
    Bearer(buyer): Bearer,
    Path(id): Path<OrderId>,
) -> ApiResult<Response> {
    Ok(plain(certificates::for_buyer(&app, buyer.id, id).await?.text))
}

/// The signature of a certificate, as minisign writes it
#[utoipa::path(get, path = "/v1/orders/{id}/certificate.minisig", operation_id = "get_certificate_signature", tag = "library",
    params(("id" = Uuid, Path, description = "Of the order")), security(("bearer" = [])),
    responses((status = 200, content_type = "text/plain"), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn get_certificate_signature(
    State(app): State<SharedApp>,
    Bearer(buyer): Bearer,
    Path(id): Path<OrderId>,
) -> ApiResult<Response> {
    Ok(plain(certificates::for_buyer(&app, buyer.id, id).await?.minisig))
}

/// The public key of the certificates, as minisign writes it
#[utoipa::path(get, path = "/v1/certificates/key", operation_id = "get_certificate_key", tag = "library",
    responses((status = 200, content_type = "text/plain")))]
async fn get_certificate_key(State(app): State<SharedApp>) -> Response {
    plain(app.certificates.public_key())
}

/// The lines of certificates that are void
///
/// Each is the number of a certificate, that of a line, and the time. The last 100,000.
#[utoipa::path(get, path = "/v1/certificates/revoked", operation_id = "get_revoked_certificates", tag = "library",
    responses((status = 200, content_type = "text/plain")))]
async fn get_revoked(State(app): State<SharedApp>) -> ApiResult<Response> {
    Ok(plain(certificates::revoked(&app).await?.text))
}

/// The signature of the list of void certificates
#[utoipa::path(get, path = "/v1/certificates/revoked.minisig", operation_id = "get_revoked_signature", tag = "library",
    responses((status = 200, content_type = "text/plain")))]
async fn get_revoked_signature(State(app): State<SharedApp>) -> ApiResult<Response> {
    Ok(plain(certificates::revoked(&app).await?.minisig))
}

fn plain(text: String) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, text).into_response()
}
