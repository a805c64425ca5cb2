//! A walk through all versions, for finding those that nothing refers to.

use std::io;

use crate::VersionKey;
use crate::filesystem::FileWalk;
use crate::s3::BucketWalk;

/// A walk through versions that stands between two of them.
#[derive(Debug)]
pub struct VersionWalk(pub(crate) Walk);

#[derive(Debug)]
pub(crate) enum Walk {
    Files(FileWalk),
    Bucket(BucketWalk),
}

impl VersionWalk {
    /// The next versions, and the rest of the walk. `None`: that was all.
    pub async fn next(self) -> io::Result<Option<(Vec<VersionKey>, Self)>> {
        Ok(match self.0 {
            Walk::Files(walk) => walk.next().await?.map(|(keys, rest)| (keys, Self(Walk::Files(rest)))),
            Walk::Bucket(walk) => walk.next().await?.map(|(keys, rest)| (keys, Self(Walk::Bucket(rest)))),
        })
    }
}
