//! Pictures for the terminal: which are asked for, which are kept.

use super::App;
use crate::message::Effect;
use crate::picture::{PictureKey, Shown};

/// Encoded pictures kept; fewer than the terminal has names for.
const KEPT_PICTURES: usize = 12;

impl App {
    pub fn keep_picture(&mut self, key: PictureKey, shown: Shown) {
        self.picture_asked = None;
        if self.pictures.len() == KEPT_PICTURES {
            self.pictures.pop_front();
        }
        self.pictures.push_back((key, shown));
    }

    pub fn picture(&self, key: &PictureKey) -> Option<&Shown> {
        self.pictures
            .iter()
            .find(|(have, _)| have == key)
            .map(|(_, shown)| shown)
    }

    /// The picture the frame had room for is asked for, one at a time.
    pub fn ask_for_pictures(&mut self) {
        if self.picture_asked.is_some() || !self.is_live() {
            return;
        }
        let seen = self.picture_wish.iter().chain(&self.beside_wishes).cloned();
        let wishes = seen.chain(self.pictures_ahead());
        let missing: Vec<PictureKey> = wishes.filter(|key| self.picture(key).is_none()).take(1).collect();
        for key in missing {
            self.picture_asked = Some(key.clone());
            self.effects.push(Effect::Picture(key));
        }
    }
}
