//! The time of renditions by stage.

use std::ops::AddAssign;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Time on the clock of the one thread that draws, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageTimes {
    /// Decoding the text, XML, the tree of what is drawn.
    pub parse: u64,
    /// Inspection, the published copy and its comparison, the fingerprint.
    pub judge: u64,
    pub render: u64,
    /// Smaller pictures from larger ones, straight pixels, palettes.
    pub scale: u64,
    /// The search for runs, which PNG and WebP share.
    pub tokens: u64,
    pub png: u64,
    pub webp: u64,
}

impl StageTimes {
    /// Every stage by name, in the order in which they happen.
    pub fn stages(&self) -> [(&'static str, Duration); 7] {
        [
            ("parse", self.parse),
            ("judge", self.judge),
            ("render", self.render),
            ("scale", self.scale),
            ("tokens", self.tokens),
            ("png", self.png),
            ("webp", self.webp),
        ]
        .map(|(name, nanoseconds)| (name, Duration::from_nanos(nanoseconds)))
    }
}

impl AddAssign for StageTimes {
    fn add_assign(&mut self, other: Self) {
        self.parse += other.parse;
        self.judge += other.judge;
        self.render += other.render;
        self.scale += other.scale;
        self.tokens += other.tokens;
        self.png += other.png;
        self.webp += other.webp;
    }
}
