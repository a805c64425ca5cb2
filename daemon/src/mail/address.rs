//! Addresses as people type them.

use std::str::FromStr;

/// A mail address in ASCII and lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EmailAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@.!#$%&'*+/=?^_`{|}~-".contains(&byte);
        let ok = text.len() <= 254 && text.bytes().all(is_plain) && text.parse::<lettre::Address>().is_ok();
        if ok {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err("This is not an e-mail address in ASCII.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_one_mailbox_in_lower_case() {
        let parsed = |text: &str| text.parse::<EmailAddress>().map(|address| address.as_str().to_owned());
        assert_eq!(parsed("Ann.B+x@Example.ORG"), Ok("ann.b+x@example.org".to_owned()));
        for bad in [
            "",
            "ann",
            "ann@",
            "@example.org",
            "ann@example.org, bob@example.org",
            "ann@example.org\r\nBcc: bob@example.org",
            "Ann <ann@example.org>",
            "\"ann b\"@example.org",
            "ann@b@example.org",
            "änn@example.org",
        ] {
            assert!(parsed(bad).is_err(), "{bad:?}");
        }
        assert!(parsed(&format!("{}@example.org", "a".repeat(255))).is_err());
    }
}
