//! Counts the requests to a bucket: each one costs money.

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Requests by kind, retries included.
#[derive(Debug, Clone, Default)]
pub struct Requests(Family<[(&'static str, &'static str); 1], Counter>);

/// All kinds of requests. PUT, COPY, POST and LIST cost twelve times as much as GET and HEAD, and DELETE nothing.
pub const KINDS: [&str; 7] = ["put", "copy", "post", "list", "get", "head", "delete"];

impl Requests {
    /// The requests of one kind so far.
    pub fn count(&self, kind: &'static str) -> u64 {
        self.0.get_or_create(&[("kind", kind)]).get()
    }

    /// Registers the counters for one scrape.
    pub fn register(&self, registry: &mut Registry) {
        for kind in KINDS {
            drop(self.0.get_or_create(&[("kind", kind)]));
        }
        let help = "Requests to the bucket of the objects by kind, retries included";
        registry.register("tradepost_object_requests", help, self.0.clone());
    }
}

impl Intercept for Requests {
    fn name(&self) -> &'static str {
        "Requests"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        // A presigned request is sent by somebody else.
        if !request.uri().contains("X-Amz-Signature=") {
            let kind = match request.headers().get("x-amz-copy-source") {
                Some(_) => "copy",
                None => kind(request.method(), request.uri()),
            };
            self.0.get_or_create(&[("kind", kind)]).inc();
        }
        Ok(())
    }
}

/// The kind of a request that is no copy.
fn kind(method: &str, uri: &str) -> &'static str {
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    let mut fields = query.split('&');
    match method {
        "PUT" => "put",
        // A deletion of many objects is a POST, and free as well.
        "POST" if fields.any(|field| field == "delete" || field == "delete=") => "delete",
        "POST" => "post",
        "GET" if fields.any(|field| field.starts_with("list-type=") || field == "versions" || field == "versions=") => {
            "list"
        }
        "HEAD" => "head",
        "DELETE" => "delete",
        _ => "get",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_as_they_are_billed() {
        let cases = [
            ("PUT", "http://h/b/k?x-id=PutObject", "put"),
            ("GET", "http://h/b/k?versionId=1", "get"),
            ("GET", "http://h/b?list-type=2&prefix=a", "list"),
            ("GET", "http://h/b?versions&prefix=versions", "list"),
            ("GET", "http://h/b?lifecycle", "get"),
            ("POST", "http://h/b?delete", "delete"),
            ("POST", "http://h/b/k?uploads", "post"),
            ("DELETE", "http://h/b/k", "delete"),
            ("HEAD", "http://h/b", "head"),
        ];
        for (method, uri, expected) in cases {
            assert_eq!(kind(method, uri), expected, "{method} {uri}");
            assert!(KINDS.contains(&expected));
        }
    }
}
