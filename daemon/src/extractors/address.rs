//! The address a request comes from, and the origin it is for.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::app::SharedApp;
use crate::error::ApiError;

/// The address the request comes from, as far as the trusted proxies can be believed.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

/// The origin a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Files have no origin of their own.
    Both,
    Api,
    Files,
}

impl FromRequestParts<SharedApp> for ClientAddress {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, ApiError> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip());
        let peer = peer.ok_or_else(|| anyhow::anyhow!("the server does not know its peers"))?;
        Ok(Self(client_address(
            peer,
            &parts.headers,
            app.config.http.trusted_proxies,
        )))
    }
}

/// Each trusted proxy appends the address it sees: the client is that many hops from the right. What is further left may be forged.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted_proxies: u8) -> IpAddr {
    if trusted_proxies == 0 {
        return peer;
    }
    let forwarded = headers
        .get_all("x-forwarded-for")
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    let hop = hops
        .len()
        .checked_sub(usize::from(trusted_proxies))
        .and_then(|index| hops.get(index));
    hop.and_then(|hop| parse_hop(hop)).unwrap_or(peer)
}

/// Proxies write the address alone, with its port, or in brackets.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = || {
        hop.strip_prefix('[')
            .and_then(|hop| hop.strip_suffix(']'))
            .unwrap_or(hop)
    };
    let with_port = hop.parse().map(|address: SocketAddr| address.ip());
    with_port.or_else(|_| bare().parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        values.iter().for_each(|value| {
            headers.append("x-forwarded-for", value.parse().unwrap());
        });
        headers
    }

    #[test]
    fn forged_hops_on_the_left_are_ignored() {
        let peer: IpAddr = "10.0.0.9".parse().unwrap();
        let forged = headers(&["1.1.1.1, 2.2.2.2", "203.0.113.7"]);
        assert_eq!(client_address(peer, &forged, 0), peer);
        assert_eq!(
            client_address(peer, &forged, 1),
            "203.0.113.7".parse::<IpAddr>().unwrap()
        );
        assert_eq!(client_address(peer, &forged, 2), "2.2.2.2".parse::<IpAddr>().unwrap());
        assert_eq!(client_address(peer, &forged, 9), peer);
        assert_eq!(client_address(peer, &headers(&["nonsense"]), 1), peer);
    }

    #[test]
    fn a_port_beside_the_address_is_passed_over() {
        let peer: IpAddr = "10.0.0.9".parse().unwrap();
        for (hop, address) in [
            ("203.0.113.7:50312", "203.0.113.7"),
            ("[2001:db8::1]:50312", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(client_address(peer, &headers(&[hop]), 1), address, "{hop}");
        }
    }
}
