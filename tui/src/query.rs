//! Query strings of the control API.

use tradepost_common::operations::Selection;

/// The pairs of a query string; empty values are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pairs: Vec<(&'static str, String)>,
}

impl Query {
    pub fn with(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            self.pairs.push((name, value.to_string()));
        }
        self
    }

    /// The dead letters that fit; ids are not asked for this way.
    pub fn selecting(selection: &Selection) -> Self {
        Self::default()
            .with("queue", selection.queue.clone())
            .with("fingerprint", selection.fingerprint.clone())
            .with("text", selection.text.clone())
            .with("upload", selection.upload)
            .with("redriven", selection.redriven)
    }

    /// The path with the pairs after it.
    pub fn append_to(&self, path: &str) -> String {
        let mut out = path.to_owned();
        for (i, (name, value)) in self.pairs.iter().enumerate() {
            out.push(if i == 0 { '?' } else { '&' });
            out.push_str(&format!("{name}={}", segment(value)));
        }
        out
    }
}

/// Percent-encodes everything that is not plain.
pub fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte.into()),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded_and_leave_out_what_is_not_asked() {
        let query = Query::default()
            .with("state", None::<&str>)
            .with("cursor", Some("a/b=="))
            .with("limit", Some(200));
        assert_eq!(
            query.append_to("/v1/uploads"),
            "/v1/uploads?cursor=a%2Fb%3D%3D&limit=200"
        );
    }
}
