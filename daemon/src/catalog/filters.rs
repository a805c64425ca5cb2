//! Filters that the lists of the catalogue and the search have in common.

use tradepost_common::catalog::{Kind, PriceRange};
use tradepost_common::text::Text;
use tradepost_search::{Facet, Filter};

use crate::accounts::AccountName;
use crate::error::ApiResult;
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
        let given = [
            (Facet::Kind, kind.map(|kind| kind.as_str().to_owned())),
            (Facet::Contributor, contributor.map(|name| name.as_str().to_owned())),
            (Facet::Tag, self.tag.map(String::from)),
            (Facet::Category, self.category),
            (Facet::Style, self.style.map(String::from)),
            (Facet::Licence, self.licence.map(String::from)),
            (Facet::Price, range.map(|range| range.as_str().to_owned())),
        ];
        let filter = |(facet, value): (Facet, Option<String>)| Some(Filter { facet, value: value? });
        Ok(given.into_iter().filter_map(filter).collect())
    }
}
