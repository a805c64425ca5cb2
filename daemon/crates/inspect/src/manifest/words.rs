//! The words of a manifest: strings that were checked once and cannot be wrong afterwards.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tradepost_base::text::{is_hidden, refusal};
use unicode_normalization::UnicodeNormalization as _;

use crate::media::Family;
use crate::paths::unsafe_path;

/// A string type with a rule; `parse` says in a sentence what is wrong.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text; the error completes the sentence "it ...".
            pub fn parse(text: &str) -> Result<Self, String> {
                let check: fn(&str) -> Result<String, String> = $check;
                check(text).map(Self)
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

word!(/// The name of a family or a set: 1 to 80 characters on one line.
    PackName, |text| line(text, 80));
word!(/// What an item is called: 1 to 120 characters on one line.
    Title, |text| line(text, 120));
word!(/// A longer text on one or more lines: 1 to 2,000 characters.
    Description, |text| prose(text, 2_000));
word!(/// Lower-case letters, digits and hyphens, 1 to 40 characters.
    Tag, |text| tag(text).map(|()| text.to_owned()));
word!(/// Shaped like an SPDX identifier: letters, digits, `.`, `-` and `+`, 2 to 64 characters.
    LicenceId, |text| licence_id(text).map(|()| text.to_owned()));
word!(/// An ISO 4217 code in use.
    Currency, |text| currency(text).map(|()| text.to_owned()));
word!(/// Where a file lies in the pack: relative, `/` between the parts, with the extension of an accepted format.
    FilePath, |text| file_path(text).map(|()| text.to_owned()));

impl PackName {
    /// The name as it appears in an address: lower-case ASCII letters, digits and single hyphens, never empty, at most 80 characters.
    pub fn slug(&self) -> String {
        let mut slug = String::new();
        for character in self.0.chars() {
            if character.is_ascii_alphanumeric() {
                slug.push(character.to_ascii_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(slug.trim_end_matches('-').len());
        if self
            .0
            .chars()
            .any(|character| character.is_alphanumeric() && !character.is_ascii())
        {
            // Names in other scripts would collide, or leave nothing.
            let hash = hex::encode(&Sha256::digest(self.0.as_bytes())[..4]);
            slug.truncate(slug.len().min(70));
            return if slug.is_empty() {
                format!("x-{hash}")
            } else {
                format!("{slug}-{hash}")
            };
        }
        if slug.is_empty() {
            format!("x-{}", hex::encode(&Sha256::digest(self.0.as_bytes())[..4]))
        } else {
            slug
        }
    }
}

impl Title {
    /// A title made of a file's name: `icons/arrow-up_left.svg` is `Arrow up left`.
    pub fn from_path(path: &FilePath) -> Self {
        let name = path.0.rsplit('/').next().unwrap_or(&path.0);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let words: Vec<&str> = stem
            .split(['-', '_', ' ', '.'])
            .filter(|word| !word.is_empty())
            .collect();
        let mut letters = words
            .join(" ")
            .chars()
            .take(120)
            .collect::<String>()
            .trim_end()
            .to_owned();
        if let Some(first) = letters.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        // A path has no character that a title may not have.
        Self(if letters.is_empty() {
            "Untitled".to_owned()
        } else {
            letters
        })
    }
}

fn line(text: &str, most: usize) -> Result<String, String> {
    if text.trim() != text {
        return Err("must not begin or end with a space".to_owned());
    }
    visible(text, most, is_hidden)
}

fn prose(text: &str, most: usize) -> Result<String, String> {
    visible(text, most, |character| {
        is_hidden(character) && !matches!(character, '\n' | '\t')
    })
}

/// Converts the text to NFC; refuses it when it is too long or has a character that is refused.
fn visible(text: &str, most: usize, is_refused: fn(char) -> bool) -> Result<String, String> {
    let text: String = text.nfc().collect();
    length(&text, 1, most)?;
    match text.chars().find(|&character| is_refused(character)) {
        Some(character) => Err(refusal(character)),
        None => Ok(text),
    }
}

fn tag(text: &str) -> Result<(), String> {
    length(text, 1, 40)?;
    let allowed = |character: char| {
        character.is_ascii_digit() || character == '-' || (character.is_alphanumeric() && !character.is_uppercase())
    };
    let hyphens = text.starts_with('-') || text.ends_with('-');
    if text.chars().all(allowed) && !hyphens {
        Ok(())
    } else {
        Err("must be lower-case letters, digits and hyphens between them".to_owned())
    }
}

fn licence_id(text: &str) -> Result<(), String> {
    length(text, 2, 64)?;
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '+');
    if text.chars().all(allowed) && text.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        Ok(())
    } else {
        Err("must be an SPDX identifier (ISC, CC-BY-4.0)".to_owned())
    }
}

/// Codes in use as money; funds, metals and test codes are left out.
const CURRENCIES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP \
CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW \
KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON \
RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF \
XPF YER ZAR ZMW ZWG";

fn currency(text: &str) -> Result<(), String> {
    if text.len() == 3 && CURRENCIES.split(' ').any(|code| code == text) {
        Ok(())
    } else {
        Err("must be an ISO 4217 code in capitals (EUR, USD)".to_owned())
    }
}

fn file_path(text: &str) -> Result<(), String> {
    if let Some(reason) = unsafe_path(text) {
        return Err(reason.to_owned());
    }
    if Family::of_path(text).is_none() {
        return Err("has an extension that no kind allows".to_owned());
    }
    Ok(())
}

fn length(text: &str, least: usize, most: usize) -> Result<(), String> {
    let characters = text.chars().take(most + 1).count();
    if (least..=most).contains(&characters) {
        Ok(())
    } else {
        Err(format!("must be {least} to {most} characters long"))
    }
}
