//! The catalogue: kinds and states of what is in it, its categories, labels and places.
//!
//! - `GET /v1/categories`: the tree, each category before those below it (`Vec<Category>`)
//! - `POST /v1/categories` [`NewCategory`]: makes one, or changes the one of that slug
//! - `POST /v1/categories/{slug}/delete`: deletes one that nothing has
//! - `GET /v1/catalogue/{kind}/{id}`: an entry ([`Entry`])
//! - `POST /v1/catalogue/{kind}/{id}/labels` [`Labels`]: replaces its labels
//! - `POST /v1/catalogue/{kind}/{id}/standing` [`SetStanding`]: pins it, buries it, or gives it its own place back
//! - `POST /v1/catalogue/{kind}/{id}/withdraw` [`Withdraw`]: takes it out of the catalogue

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sales::ProductKind;
use crate::text::Text;

pub use tradepost_base::Kind;

/// A category of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Category {
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = "^[a-z0-9][a-z0-9-]*$", min_length = 2, max_length = 40)
    )]
    pub slug: String,
    #[cfg_attr(feature = "openapi", schema(max_length = 60))]
    pub name: String,
    /// The slug of the one above it; null at the top.
    #[cfg_attr(feature = "openapi", schema(max_length = 40))]
    pub parent: Option<String>,
    /// Categories above it: 0 at the top.
    pub depth: i32,
    /// Its place among those with the same parent.
    pub position: i32,
}

/// A category to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCategory {
    pub slug: String,
    pub name: Text<60>,
    pub parent: Option<String>,
    #[serde(default)]
    pub position: i32,
}

/// The labels of a family, a set or an item, without those of what it is a part of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// The slug of a category. Null: that of its set or family.
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = "^[a-z0-9][a-z0-9-]*$", min_length = 2, max_length = 40)
    )]
    pub category: Option<String>,
    /// Lower case.
    #[cfg_attr(feature = "openapi", schema(inline, max_items = 40))]
    pub tags: Vec<Text<40>>,
    /// As `outline` or `hand-drawn`, lower case.
    #[cfg_attr(feature = "openapi", schema(inline, max_items = 5))]
    pub styles: Vec<Text<40>>,
}

impl Labels {
    pub const MAX_TAGS: usize = 40;
    pub const MAX_STYLES: usize = 5;
}

crate::text_enum! {
    /// The place of an entry among those that match as well.
    pub enum Standing {
        /// Before all others.
        Pinned = "pinned",
        Normal = "normal",
        /// Behind all others.
        Buried = "buried",
    }
}

/// The wish to pin or bury.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetStanding {
    pub standing: Standing,
    pub reason: Text<200>,
}

/// The wish to take something out of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    pub reason: Text<200>,
}

/// The outcome of a withdrawal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    pub items: u64,
}

/// Counts of an entry. Views and downloads are seconds old.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counts {
    pub views: i64,
    pub downloads: i64,
    pub favourites: i64,
    pub sales: i64,
}

/// A family, a set or an item that is published, for operators.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub kind: ProductKind,
    pub id: Uuid,
    /// The title of an item, the name of a set or a family.
    pub title: String,
    pub contributor: String,
    /// All that it is found by: `kind:icon`, `tag:arrow`.
    pub facets: Vec<String>,
    pub labels: Labels,
    pub standing: Standing,
    /// The reason of the last to pin or bury it.
    pub reason: Option<String>,
    pub counts: Counts,
    /// Views that its events are worth today: a download is 5, a favourite 8, a sale 20; they halve in 30 days.
    pub popularity: f64,
}

crate::text_enum! {
    /// A range of prices, in whole units of a currency; a product has one for each of its currencies.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum PriceRange {
        Free = "free",
        Under5 = "under-5",
        From5To20 = "5-to-20",
        Over20 = "over-20",
    }
}

crate::text_enum! {
    /// One colour or many.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum Palette {
        OneColour = "one-colour",
        ManyColoured = "many-coloured",
    }
}

crate::text_enum! {
    /// The order of a list of the catalogue.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum CatalogueOrder {
        Newest = "newest",
        BestSelling = "best-selling",
        Popular = "popular",
    }
}

crate::text_enum! {
    /// State of one file of a set.
    pub enum FileState {
        /// Not settled: it is still to be scanned, inspected and rendered.
        Pending = "pending",
        /// Clean and rendered: may be published.
        Ready = "ready",
        /// A check forbids to publish it.
        Blocked = "blocked",
        Published = "published",
        /// Taken out of the catalogue by its contributor: only its buyers have it.
        Delisted = "delisted",
        Rejected = "rejected",
    }
}

crate::text_enum! {
    pub enum SetState {
        Draft = "draft",
        Published = "published",
        /// Taken out of the catalogue by its contributor: only its buyers have it.
        Delisted = "delisted",
        Rejected = "rejected",
    }
}
