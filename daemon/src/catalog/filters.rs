//! Filters that the lists of the catalogue and the search have in common.

use tradepost_common::catalog::{Kind, Palette, PriceRange};
use tradepost_common::text::Text;
use tradepost_render::fingerprint::colours;
use tradepost_search::{Facet, Filter};

use crate::accounts::AccountName;
use crate::error::{ApiError, ApiResult};
use crate::extractors::parse_param;

/// Parameters of a query, as they came.
#[derive(Debug, Default)]
pub struct Parameters {
    pub kind: Option<String>,
    pub contributor: Option<String>,
    pub tag: Option<Text<40>>,
    pub category: Option<String>,
    pub style: Option<Text<40>>,
    pub licence: Option<Text<64>>,
    pub price_range: Option<String>,
    pub colour: Option<String>,
    pub palette: Option<String>,
}

impl Parameters {
    /// The values that entries must have.
    ///
    /// # Errors
    /// Invalid.
    pub fn parse(self) -> ApiResult<Vec<Filter>> {
        let kind = parse_param::<Kind>("kind", self.kind.as_deref())?;
        let contributor = parse_param::<AccountName>("contributor", self.contributor.as_deref())?;
        let range = parse_param::<PriceRange>("price_range", self.price_range.as_deref())?;
        let palette = parse_param::<Palette>("palette", self.palette.as_deref())?;
        let category = self.category.map(slug).transpose()?;
        let given = [
            (Facet::Kind, kind.map(|kind| kind.as_str().to_owned())),
            (Facet::Contributor, contributor.map(|name| name.as_str().to_owned())),
            (Facet::Tag, self.tag.map(String::from)),
            (Facet::Category, category),
            (Facet::Style, self.style.map(String::from)),
            (Facet::Licence, self.licence.map(String::from)),
            (Facet::Price, range.map(|range| range.as_str().to_owned())),
            (Facet::Colour, self.colour.as_deref().map(colour).transpose()?),
            (Facet::Palette, palette.map(|palette| palette.as_str().to_owned())),
        ];
        let filter = |(facet, value): (Facet, Option<String>)| Some(Filter { facet, value: value? });
        Ok(given.into_iter().filter_map(filter).collect())
    }
}

/// The name of a colour, which may be given by its red, green and blue.
fn colour(text: &str) -> ApiResult<String> {
    if let Some(known) = colours::NAMES.iter().find(|known| **known == text) {
        return Ok((*known).to_owned());
    }
    let mut channels = [0; 3];
    if hex::decode_to_slice(text, &mut channels).is_ok() {
        return Ok(colours::name(channels).to_owned());
    }
    let detail = format!(
        "must be six hexadecimal digits, as e07b00, or one of {}",
        colours::NAMES.join(", ")
    );
    Err(ApiError::invalid("colour", detail))
}

/// A category that may be there.
fn slug(text: String) -> ApiResult<String> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_slug = (2..=40).contains(&text.len())
        && text.bytes().all(|byte| is_plain(byte) || byte == b'-')
        && text.bytes().next().is_some_and(is_plain);
    if is_slug {
        return Ok(text);
    }
    let detail = "A slug is 2 to 40 lower-case letters, digits and hyphens, as small-animals.";
    Err(ApiError::invalid("category", detail))
}
