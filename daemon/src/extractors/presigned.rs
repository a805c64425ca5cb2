//! The permission that a presigned URL carries.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::error::{ApiError, ApiResult};
use tradepost_store::presigned::{Signature, SignatureError};

/// The query of a presigned URL.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PresignedQuery {
    /// Seconds since 1970.
    expires: i64,
    /// 64 hexadecimal digits.
    #[param(pattern = "^[0-9a-f]{64}$", min_length = 64, max_length = 64)]
    signature: String,
}

impl PresignedQuery {
    /// Refuses a request that the URL was not signed for, or that comes too late.
    ///
    /// # Errors
    /// Forbidden, or gone.
    pub fn verify(self, app: &App, method: &str, path: &str) -> ApiResult<()> {
        let signature = Signature {
            expires: self.expires,
            signature: self.signature,
        };
        match app.signer.check(method, path, &signature) {
            Ok(()) => Ok(()),
            Err(SignatureError::Wrong) => Err(ApiError::Forbidden("The URL's signature is wrong.".to_owned())),
            Err(SignatureError::Expired) => Err(ApiError::Gone {
                code: "url-expired",
                detail: "The presigned URL has expired. Ask for a new one.".to_owned(),
            }),
        }
    }
}
