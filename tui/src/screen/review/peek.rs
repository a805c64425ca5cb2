//! The first picture of the case under the cursor of the queue, beside the list.

use ratatui::layout::Rect;
use tradepost_common::ids::CaseId;

use super::case::{CaseView, Mode};
use super::requests::Read;
use super::{Review, case_page, queue_page};
use crate::picture::{PictureKey, PictureOf, Zoom};
use crate::shell::Shell;
use crate::shell::picture::sample_key;

/// Fewer lines show nothing.
const LEAST: u16 = 6;

/// The state of a read that nobody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peek {
    Asked,
    Answered,
}

impl Review {
    /// Reads the case under the cursor, one after the other while the cursor moves. Nothing is claimed.
    pub fn peek(&mut self, cx: &mut Shell) {
        let Some(id) = self.cases.list.selected().map(|case| case.id) else {
            return;
        };
        let is_known = self.ahead.iter().any(|(have, _)| *have == id);
        let may_ask = self
            .peeked
            .is_none_or(|(last, peek)| last != id && peek == Peek::Answered);
        if cx.has_side_pane && cx.page == queue_page() && !is_known && may_ask {
            self.peeked = Some((id, Peek::Asked));
            cx.read(Read::Case(id));
        }
    }

    /// A case came, or did not.
    pub fn peeked(&mut self, id: CaseId) {
        if self.peeked == Some((id, Peek::Asked)) {
            self.peeked = Some((id, Peek::Answered));
        }
    }

    /// The picture, blurred if it would open blurred.
    pub fn peeked_picture(&self, room: Rect, cx: &Shell) -> Option<PictureKey> {
        let id = self.cases.list.selected().filter(|_| cx.page == queue_page())?.id;
        let (_, detail) = self
            .ahead
            .iter()
            .find(|(have, _)| *have == id && room.height >= LEAST)?;
        let mut view = CaseView::new(id, String::new(), cx.pictures.background, cx.clock);
        view.fill(detail.clone(), cx.clock);
        let item = view.file().filter(|item| item.has_picture)?;
        Some(PictureKey {
            focus: view.focus(item),
            ..sample_key(PictureOf::Case(id, item.id), room, Zoom::default(), cx)
        })
    }

    /// Another value: the pictures are at other places, or are others.
    pub fn layout_of_pictures(&self, cx: &Shell) -> Option<u32> {
        if cx.page == queue_page() {
            return cx.has_side_pane.then(|| self.cases.list.cursor() as u32);
        }
        let mode = self.case.as_ref().map(|case| case.mode);
        let has_picture = cx.page == case_page() && mode != Some(Mode::Source);
        has_picture.then(|| mode.map_or(0, |mode| mode as u32 + 1))
    }
}
