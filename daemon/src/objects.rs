//! Keys of the marketplace's content-addressed objects.

use tradepost_store::{Area, ContentKey, Retention};

/// Files taken out of packs, private: reachable only by presigned URL.
const MEMBERS: Area = Area {
    prefix: "m",
    retention: Retention::UntilDeleted,
};
/// Renditions, public once their item is.
const RENDITIONS: Area = Area {
    prefix: "r",
    retention: Retention::UntilDeleted,
};

/// Key of a file that was taken out of a pack, or of its sanitized copy.
pub fn member_key(sha256: [u8; 32]) -> ContentKey {
    ContentKey {
        area: MEMBERS,
        sha256,
        extension: "",
    }
}

/// Key of a rendition or contact sheet.
pub fn rendition_key(sha256: [u8; 32], extension: &'static str) -> ContentKey {
    ContentKey {
        area: RENDITIONS,
        sha256,
        extension,
    }
}
