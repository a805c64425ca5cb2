//! Signed URLs of CloudFront, and what it has to forget.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html>

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use time::OffsetDateTime;

use crate::aws;
use crate::config::{AwsConfig, CloudfrontConfig, Config};

const API: &str = "https://cloudfront.amazonaws.com";
/// CloudFront has no region; its requests are signed for this one.
const REGION: &str = "us-east-1";
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The key group's key, and the distribution that knows it.
pub struct Cloudfront {
    /// `https://d111111abcdef8.cloudfront.net`.
    url: String,
    key_pair_id: String,
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl Cloudfront {
    /// `None`: no distribution is configured.
    ///
    /// # Errors
    /// The key can not be read, or is none of ECDSA P-256 in PKCS#8.
    pub fn from_config(config: &CloudfrontConfig) -> anyhow::Result<Option<Self>> {
        let (Some(url), Some(key_pair_id), Some(file)) = (&config.url, &config.key_pair_id, &config.private_key_file)
        else {
            return Ok(None);
        };
        let pem = std::fs::read(file).with_context(|| format!("reading {} (objects.cloudfront)", file.display()))?;
        let random = SystemRandom::new();
        let der = PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(|error| anyhow::anyhow!("{error:?}"));
        let key = der.and_then(|der| {
            let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der.secret_pkcs8_der(), &random);
            key.map_err(|error| anyhow::anyhow!("{error}"))
        });
        let key = key.with_context(|| format!("{} must be a key of ECDSA P-256 in PKCS#8", file.display()))?;
        Ok(Some(Self {
            url: url.clone(),
            key_pair_id: key_pair_id.clone(),
            key,
            random,
        }))
    }

    /// The URL of an object of the bucket that works until then, and saves it under a name of plain characters.
    pub fn sign(&self, object: &str, saved_as: &str, expires_at: OffsetDateTime) -> anyhow::Result<String> {
        let disposition = format!("attachment%3B%20filename%3D%22{saved_as}%22");
        let url = format!("{}/{object}?response-content-disposition={disposition}", self.url);
        let expires = expires_at.unix_timestamp();
        // Byte for byte what CloudFront builds from the URL.
        let policy = format!(
            r#"{{"Statement":[{{"Resource":"{url}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{expires}}}}}}}]}}"#
        );
        let signature = self.key.sign(&self.random, policy.as_bytes());
        let signature = signature.map_err(|_| anyhow::anyhow!("there is no randomness to sign with"))?;
        let signature = BASE64_STANDARD
            .encode(signature)
            .replace('+', "-")
            .replace('=', "_")
            .replace('/', "~");
        let key = &self.key_pair_id;
        Ok(format!(
            "{url}&Expires={expires}&Signature={signature}&Key-Pair-Id={key}&Hash-Algorithm=SHA256"
        ))
    }
}

/// Tells a distribution what it has to forget.
pub struct Invalidations {
    http: reqwest::Client,
    url: String,
    credentials: SharedCredentialsProvider,
}

impl Invalidations {
    /// `None`: no distribution is named.
    pub async fn from_config(config: &Config) -> anyhow::Result<Option<Self>> {
        let Some(distribution) = &config.objects.cloudfront.distribution_id else {
            return Ok(None);
        };
        let aws = AwsConfig {
            region: Some(REGION.to_owned()),
            ..config.aws.clone()
        };
        let loaded = aws::load(&aws, ANSWER_TIMEOUT).await?;
        let base = config.aws.endpoint.as_deref().unwrap_or(API);
        Ok(Some(Self {
            http: reqwest::Client::builder().timeout(ANSWER_TIMEOUT).build()?,
            url: format!("{base}/2020-05-31/distribution/{distribution}/invalidation"),
            credentials: loaded
                .credentials_provider()
                .context("there are no credentials of AWS")?,
        }))
    }

    /// Makes the distribution forget paths of plain characters. A reference is taken once.
    ///
    /// # Errors
    /// CloudFront does not take it: too many are in progress, say.
    pub async fn create(&self, reference: &str, paths: &[String]) -> anyhow::Result<()> {
        let items: String = paths.iter().map(|path| format!("<Path>{path}</Path>")).collect();
        let body = format!(
            r#"<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Paths><Quantity>{}</Quantity><Items>{items}</Items></Paths><CallerReference>{reference}</CallerReference></InvalidationBatch>"#,
            paths.len()
        );
        let identity = self.credentials.provide_credentials().await?.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name("cloudfront")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let signed = SignableRequest::new(
            "POST",
            &self.url,
            std::iter::empty(),
            SignableBody::Bytes(body.as_bytes()),
        )?;
        let (instructions, _) = sign(signed, &params)?.into_parts();
        let mut request = self.http.post(&self.url).header("content-type", "application/xml");
        for (name, value) in instructions.headers() {
            request = request.header(name, value);
        }
        let answer = request.body(body).send().await.context("asking CloudFront")?;
        let status = answer.status();
        if !status.is_success() {
            let text: String = answer.text().await.unwrap_or_default().chars().take(500).collect();
            anyhow::bail!("CloudFront answered {status}: {text}");
        }
        Ok(())
    }
}
