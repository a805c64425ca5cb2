//! Passwords: argon2id with the parameters that OWASP recommends (19 MiB, two passes, one lane), a few at once.

use std::sync::LazyLock;
use std::time::Duration;

use anyhow::Context as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use tradepost_common::text::schema;
use utoipa::openapi::{RefOr, Schema};

use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::extractors::described;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
/// A request waits so long for a place to hash.
const PATIENCE: Duration = Duration::from_secs(5);

/// Compared with when there is no such account, so that the answer takes as long.
static NOBODYS: LazyLock<String> =
    LazyLock::new(|| digest("nobody has this password", [0; 16]).expect("it can be hashed"));

/// Hashes a new password.
///
/// # Errors
/// Overloaded.
pub async fn hash(app: &App, password: String) -> ApiResult<String> {
    on_a_thread(app, move || digest(&password, rand::random())).await
}

/// Compares a password with a hash; `None` is no account, which no password opens.
///
/// # Errors
/// Overloaded.
pub async fn is_right(app: &App, password: String, hash: Option<String>) -> ApiResult<bool> {
    on_a_thread(app, move || {
        let hash_or_nobodys = hash.as_deref().unwrap_or(&NOBODYS);
        let parsed = PasswordHash::new(hash_or_nobodys).context("reading a hash")?;
        let is_same = hasher()?.verify_password(password.as_bytes(), &parsed).is_ok();
        Ok(is_same && hash.is_some())
    })
    .await
}

async fn on_a_thread<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> ApiResult<T> {
    let place = tokio::time::timeout(PATIENCE, app.hashing.acquire()).await;
    let _place = place.map_err(|_| ApiError::Overloaded)?.context("nobody closes it")?;
    Ok(tokio::task::spawn_blocking(work)
        .await
        .context("hashing a password")??)
}

fn digest(password: &str, salt: [u8; 16]) -> anyhow::Result<String> {
    let hash = hasher()?.hash_password_with_salt(password.as_bytes(), &salt);
    Ok(hash.context("hashing a password")?.to_string())
}

fn hasher() -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).context("choosing the parameters")?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// A password in the OpenAPI document.
pub fn password_schema() -> RefOr<Schema> {
    let schema = schema::string(128, &schema::line_pattern("", ""));
    described(schema, "The password of the account.", "correct horse battery")
}

/// A new password in the OpenAPI document.
pub fn new_password_schema() -> RefOr<Schema> {
    let schema = schema::string(128, &schema::line_pattern("", ""));
    match described(schema, "10 to 128 characters.", "correct horse battery") {
        RefOr::T(Schema::Object(mut object)) => {
            object.min_length = Some(10);
            object.into()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_has_the_recommended_parameters_and_a_salt_of_its_own() {
        let [one, other] = [(); 2].map(|()| digest("correct horse", rand::random()).unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, other);
        let parsed = PasswordHash::new(&one).unwrap();
        assert!(hasher().unwrap().verify_password(b"correct horse", &parsed).is_ok());
        assert!(hasher().unwrap().verify_password(b"correct horse ", &parsed).is_err());
    }
}
