//! Presigned URLs of the file system store: HMAC-SHA256 over method, path and expiry, with a key in a file.

use std::path::Path;

use anyhow::Context as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use time::OffsetDateTime;

/// Fields of the query of a presigned URL.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Signature {
    /// Unix seconds.
    pub expires: i64,
    /// Hexadecimal.
    pub signature: String,
}

/// Reason why a presigned URL is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureError {
    Wrong,
    Expired,
}

/// Makes and checks presigned URLs.
#[derive(Clone)]
pub struct Signer {
    key: [u8; 32],
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer([secret])")
    }
}

impl Signer {
    /// Reads the key, or makes one that only the owner can read.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        if !path.exists() {
            write_key(path).with_context(|| format!("making the signing key {}", path.display()))?;
        }
        let bytes = std::fs::read(path).with_context(|| format!("reading the signing key {}", path.display()))?;
        let key = bytes
            .try_into()
            .map_err(|_| anyhow::anyhow!("{} is not a signing key of 32 bytes", path.display()))?;
        Ok(Self { key })
    }

    /// Query of a URL for `method` on `path` that is good until `expires_at`.
    pub fn query(&self, method: &str, path: &str, expires_at: OffsetDateTime) -> String {
        let expires = expires_at.unix_timestamp();
        format!(
            "expires={expires}&signature={}",
            hex::encode(self.mac(method, path, expires).finalize().into_bytes())
        )
    }

    /// Checks that `signature` allows `method` on `path` now. The comparison takes constant time.
    pub fn check(&self, method: &str, path: &str, signature: &Signature) -> Result<(), SignatureError> {
        let given = hex::decode(&signature.signature).map_err(|_| SignatureError::Wrong)?;
        self.mac(method, path, signature.expires)
            .verify_slice(&given)
            .map_err(|_| SignatureError::Wrong)?;
        if signature.expires < OffsetDateTime::now_utc().unix_timestamp() {
            return Err(SignatureError::Expired);
        }
        Ok(())
    }

    fn mac(&self, method: &str, path: &str, expires: i64) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(format!("tradepost-v1\n{method}\n{path}\n{expires}").as_bytes());
        mac
    }
}

fn write_key(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let key: [u8; 32] = rand::random();
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    std::io::Write::write_all(&mut file, &key)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Signature {
        let (expires, signature) = query.split_once('&').unwrap();
        Signature {
            expires: expires.strip_prefix("expires=").unwrap().parse().unwrap(),
            signature: signature.strip_prefix("signature=").unwrap().to_owned(),
        }
    }

    #[test]
    fn signature_is_good_for_one_method_path_and_time() {
        let folder = tempfile::tempdir().unwrap();
        let signer = Signer::open(&folder.path().join("key")).unwrap();
        let again = Signer::open(&folder.path().join("key")).unwrap();
        let later = OffsetDateTime::now_utc() + time::Duration::minutes(1);
        let good = parse(&signer.query("PUT", "/objects/uploads/1", later));
        assert_eq!(again.check("PUT", "/objects/uploads/1", &good), Ok(()));
        assert_eq!(
            again.check("GET", "/objects/uploads/1", &good),
            Err(SignatureError::Wrong)
        );
        assert_eq!(
            again.check("PUT", "/objects/uploads/2", &good),
            Err(SignatureError::Wrong)
        );
        let longer = Signature {
            expires: good.expires + 1,
            ..good
        };
        assert_eq!(
            again.check("PUT", "/objects/uploads/1", &longer),
            Err(SignatureError::Wrong)
        );
        let old = parse(&signer.query(
            "PUT",
            "/objects/uploads/1",
            OffsetDateTime::now_utc() - time::Duration::seconds(2),
        ));
        assert_eq!(
            again.check("PUT", "/objects/uploads/1", &old),
            Err(SignatureError::Expired)
        );
    }
}
