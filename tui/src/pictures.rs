//! Pictures on the terminal: which are asked for, which are kept.

use std::collections::VecDeque;

use crate::graphics::Graphics;
use crate::picture::{Background, PictureKey, Shown};

/// Encoded pictures kept; fewer than the terminal has names for.
const KEPT: usize = 12;

/// The pictures of this terminal.
pub struct Pictures {
    pub graphics: Graphics,
    pub background: Background,
    kept: VecDeque<(PictureKey, Shown)>,
    /// Those that the last frame had room for, the main one first.
    pub on_screen: Vec<PictureKey>,
    /// The one that is being made.
    pub asked: Option<PictureKey>,
}

impl Pictures {
    pub fn new(graphics: Graphics) -> Self {
        Self {
            graphics,
            background: Background::Checker,
            kept: VecDeque::new(),
            on_screen: Vec::new(),
            asked: None,
        }
    }

    pub fn keep(&mut self, key: PictureKey, shown: Shown) {
        self.asked = None;
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((key, shown));
    }

    pub fn get(&self, key: &PictureKey) -> Option<&Shown> {
        let mut kept = self.kept.iter();
        kept.find(|(have, _)| have == key).map(|(_, shown)| shown)
    }

    /// Drops all, so that they are made and sent again.
    pub fn forget_all(&mut self) {
        self.kept.clear();
    }

    /// Drops failures, so that they are tried again.
    pub fn forget_failures(&mut self) {
        self.kept.retain(|(_, shown)| !matches!(shown, Shown::Failed(_)));
    }

    /// The first picture that is not here: of those on the screen, then of those that may come next.
    pub fn next_wanted(&self, ahead: &[PictureKey]) -> Option<PictureKey> {
        let mut wanted = self.on_screen.iter().chain(ahead);
        wanted.find(|key| self.get(key).is_none()).cloned()
    }
}
