//! Pictures of items as the daemon has them.

use reqwest::{Method, StatusCode};
use tradepost_common::campaigns::Side;
use tradepost_common::ids::{CampaignId, CaseId, ItemId};

use super::{Client, Failure, Reply, TIMEOUT, checked};
use crate::query::segment;

/// A picture is at most 512 pixels wide.
const MAX_BYTES: u64 = 16 << 20;

/// The subject of a picture.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PictureOf {
    /// A file of a case.
    Case(CaseId, ItemId),
    /// Any other file: what a file of a case looks like.
    Item(ItemId),
    /// A sample of a campaign's canary: a file drawn with a preset, the rendition before it, or their difference.
    Sample {
        campaign: CampaignId,
        item: ItemId,
        preset: Box<str>,
        side: Side,
    },
}

impl PictureOf {
    /// It can be had in other widths than its own.
    pub fn has_widths(&self) -> bool {
        !matches!(self, Self::Sample { .. })
    }
}

impl Client {
    /// The picture as PNG or WebP, `width` pixels wide where it may be chosen; `None` when there is none.
    pub async fn picture(&self, of: &PictureOf, width: u32) -> Reply<Option<Vec<u8>>> {
        let path = match of {
            PictureOf::Case(case, item) => {
                format!("/v1/cases/{case}/items/{item}/picture?width={width}")
            }
            PictureOf::Item(item) => format!("/v1/items/{item}/picture?width={width}"),
            PictureOf::Sample {
                campaign,
                item,
                preset,
                side,
            } => {
                let (preset, side) = (segment(preset), side.as_str());
                format!("/v1/campaigns/{campaign}/samples/{item}/{preset}/{side}")
            }
        };
        let response = self.send(self.request(Method::GET, &path).timeout(TIMEOUT)).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let response = checked(response).await?;
        if response.content_length().is_some_and(|n| n > MAX_BYTES) {
            return Err(Failure::Protocol("the picture is too large".to_owned()));
        }
        let bytes = response.bytes().await.map_err(|e| self.explain(&e))?;
        Ok(Some(bytes.to_vec()))
    }
}
