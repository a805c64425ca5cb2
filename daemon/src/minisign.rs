//! Signatures that `minisign -V` checks: Ed25519 over the BLAKE2b-512 of a text, and over the signature with its trusted comment.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest as _};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::Sha256;

/// A key that signs.
#[derive(Clone)]
pub struct MinisignKey {
    key: SigningKey,
    id: [u8; 8],
}

impl std::fmt::Debug for MinisignKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MinisignKey([secret])")
    }
}

impl MinisignKey {
    /// Reads the key, a seed of 32 bytes, or makes one that only the owner can read.
    ///
    /// # Errors
    /// It can not be read or written, or is no seed.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        if !path.exists() {
            write_seed(path).with_context(|| format!("making the key of certificates {}", path.display()))?;
        }
        let bytes =
            std::fs::read(path).with_context(|| format!("reading the key of certificates {}", path.display()))?;
        let seed: [u8; 32] = bytes
            .try_into()
            .map_err(|_| anyhow::anyhow!("{} is not a key of 32 bytes", path.display()))?;
        Ok(Self::from_seed(&seed))
    }

    fn from_seed(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let digest = Sha256::digest(key.verifying_key().as_bytes());
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        Self { key, id }
    }

    /// The content of the `.minisig` file of a text. The trusted comment is one line.
    pub fn sign(&self, text: &[u8], trusted_comment: &str) -> String {
        let signature = self.key.sign(&Blake2b512::digest(text)).to_bytes();
        let global = self
            .key
            .sign(&[&signature[..], trusted_comment.as_bytes()].concat())
            .to_bytes();
        let line = STANDARD.encode([&b"ED"[..], &self.id, &signature].concat());
        let global = STANDARD.encode(global);
        format!(
            "untrusted comment: signature of a Tradepost marketplace\n{line}\ntrusted comment: {trusted_comment}\n{global}\n"
        )
    }

    /// The content of the file of the public key.
    pub fn public_key(&self) -> String {
        let key = STANDARD.encode([&b"Ed"[..], &self.id, self.key.verifying_key().as_bytes()].concat());
        let id = u64::from_le_bytes(self.id);
        format!("untrusted comment: minisign public key {id:016X}\n{key}\n")
    }
}

fn write_seed(path: &Path) -> std::io::Result<()> {
    let seed: [u8; 32] = rand::random();
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(&seed)?;
    file.sync_all()
}
