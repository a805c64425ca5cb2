//! Keeps webhooks away from this machine and its networks (SSRF): the URL is https without credentials, and the client connects only
//! to public addresses, which it resolves itself for each attempt, so that a name can not change between check and use.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use crate::config::WebhooksConfig;
use crate::error::{ApiError, ApiResult};

const MAX_URL: usize = 500;

/// A URL that may be a webhook's.
///
/// # Errors
/// Unprocessable.
pub fn check(config: &WebhooksConfig, text: &str) -> ApiResult<Url> {
    let refuse = |detail: &str| ApiError::unprocessable("unusable-url", detail);
    let url = Url::parse(text).map_err(|_| refuse("This is no URL."))?;
    let host = url.host_str().ok_or_else(|| refuse("The URL has no host."))?;
    if url.as_str().len() > MAX_URL {
        return Err(refuse("The URL has more than 500 characters."));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(refuse("The URL has a user, a password or a fragment."));
    }
    let literal = literal(host);
    let is_loopback = config.allow_loopback && literal.is_some_and(|address| address.is_loopback());
    if !is_loopback && url.scheme() != "https" {
        return Err(refuse("The URL does not start with https://."));
    }
    if literal.is_none() && is_local_name(host) {
        return Err(refuse("The host is a name of an inner network."));
    }
    if !is_loopback && literal.is_some_and(|address| !is_public(address)) {
        return Err(refuse("The address is not a public one."));
    }
    Ok(url)
}

/// A client for one attempt.
pub fn client(config: &WebhooksConfig) -> reqwest::Result<Client> {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(config.timeout_seconds.into()))
        .pool_max_idle_per_host(0)
        .user_agent("tradepost-webhooks/1")
        .dns_resolver(PublicOnly)
        .build()
}

/// Resolves names, and refuses one with any address that is not public.
#[derive(Debug, Clone, Copy)]
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Vec<SocketAddr> = found.collect();
            if addresses.is_empty() || addresses.iter().any(|address| !is_public(address.ip())) {
                return Err(format!("{} has an address that is not public", name.as_str()).into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// The address that a host is, without being resolved.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// True for a name that only resolves to an inner network (RFC 6761, RFC 6762, RFC 8375).
fn is_local_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let ends = [".localhost", ".local", ".internal", ".home.arpa"];
    !host.contains('.') || ends.iter().any(|end| host.ends_with(end))
}

/// True for an address that everybody on the Internet reaches the same way.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = match a {
        0 | 10 | 127 => true,
        100 => (64..128).contains(&b),
        169 => b == 254,
        172 => (16..32).contains(&b),
        192 => b == 168 || (b == 0 && (c == 0 || c == 2)) || (b == 88 && c == 99),
        198 => b == 18 || b == 19 || (b == 51 && c == 100),
        203 => b == 0 && c == 113,
        // Multicast, reserved, broadcast.
        224.. => true,
        _ => false,
    };
    !is_special
}

/// Global unicast only, without the ranges that lead to an IPv4 address, to documentation or to benchmarks.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_global_unicast = first & 0xe000 == 0x2000;
    let leads_elsewhere =
        first == 0x2002 || (first == 0x2001 && (second < 0x200 || second == 0xdb8)) || first == 0x3fff;
    is_global_unicast && !leads_elsewhere
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_inner_networks_are_refused() {
        for name in [
            "localhost",
            "LOCALHOST.",
            "api.localhost",
            "printer.local",
            "metadata.google.internal",
            "intranet",
        ] {
            let url = format!("https://{name}/hook");
            assert!(check(&WebhooksConfig::default(), &url).is_err(), "{name}");
        }
        assert!(check(&WebhooksConfig::default(), "https://hooks.example.org/x").is_ok());
    }

    #[test]
    fn only_public_addresses_are_reached() {
        for public in [
            "1.1.1.1",
            "93.184.216.34",
            "172.15.0.1",
            "100.63.0.1",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for closed in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "127.9.9.9",
            "100.64.0.1",
            "100.127.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "100::1",
        ] {
            assert!(!is_public(closed.parse().unwrap()), "{closed}");
        }
    }

    #[test]
    fn url_is_https_to_a_host_that_may_be_public() {
        let (closed, open) = (
            WebhooksConfig::default(),
            WebhooksConfig {
                allow_loopback: true,
                ..WebhooksConfig::default()
            },
        );
        assert!(check(&closed, "https://example.org/hook?x=1").is_ok());
        for bad in [
            "http://example.org/",
            "ftp://example.org/",
            "https://u:p@example.org/",
            "https://example.org/#x",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            // Written as one number, in octal, in hexadecimal.
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://0x7f.1/",
            "http://127.0.0.1/",
            "file:///etc/passwd",
            "no url",
        ] {
            assert!(check(&closed, bad).is_err(), "{bad}");
        }
        assert!(check(&open, "http://127.0.0.1:8000/hook").is_ok());
        assert!(check(&open, "http://10.0.0.1/hook").is_err());
        assert!(check(&open, "https://10.0.0.1/hook").is_err());
    }

    #[tokio::test]
    async fn names_of_this_machine_are_not_connected_to() {
        // An error: another test of this process has installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = client(&WebhooksConfig::default()).unwrap();
        let error = client.post("https://localhost/").send().await.unwrap_err();
        assert!(error.is_connect(), "{error:?}");
    }
}
