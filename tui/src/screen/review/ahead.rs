//! Reading ahead: the next case and the pictures that come next.

use crate::shell::Shell;
use tradepost_common::ids::CaseId;
use tradepost_common::review::CaseDetail;

use super::case::{CaseView, Mode};
use super::requests::Read;
use super::{Review, case_page};
use crate::picture::{PictureKey, PictureOf, Zoom};

/// Cases read ahead at most.
const KEPT_AHEAD: usize = 3;

impl Review {
    /// Reads the next case while the moderator looks at this one.
    pub fn read_next_case(&mut self, cx: &mut Shell) {
        if cx.page != case_page() {
            return;
        }
        if let Some((id, _)) = self.next_case(cx)
            && !self.ahead.iter().any(|(have, _)| *have == id)
        {
            cx.read(Read::Case(id));
        }
    }

    pub fn keep_ahead(&mut self, id: CaseId, detail: CaseDetail) {
        self.ahead.retain(|(have, _)| *have != id);
        if self.ahead.len() == KEPT_AHEAD {
            self.ahead.pop_front();
        }
        self.ahead.push_back((id, detail));
    }

    /// Pictures worth having before they are asked for: the next file or look-alike, the next case's first.
    pub fn next_pictures(&self, cx: &Shell) -> Vec<PictureKey> {
        let case = self.case.as_ref().filter(|_| cx.page == case_page());
        let (Some(wish), Some(case)) = (cx.pictures.on_screen.first(), case) else {
            return Vec::new();
        };
        let wish = PictureKey {
            zoom: Zoom::default(),
            ..wish.clone()
        };
        let mut keys = Vec::new();
        if case.mode == Mode::Compare {
            keys.extend(next_pair(case, &wish));
        } else {
            keys.extend(next_file(case, &wish));
        }
        keys.extend(self.first_of_next_case(cx, &wish));
        keys
    }

    fn first_of_next_case(&self, cx: &Shell, wish: &PictureKey) -> Option<PictureKey> {
        let (id, _) = self.next_case(cx)?;
        let (_, detail) = self.ahead.iter().find(|(have, _)| *have == id)?;
        let mut view = CaseView::new(id, String::new(), cx.pictures.background, cx.clock);
        view.fill(detail.clone(), cx.clock);
        let item = view.file().filter(|item| item.has_picture)?;
        Some(PictureKey {
            of: PictureOf::Case(id, item.id),
            focus: view.focus(item),
            ..self.whole_picture(wish)
        })
    }

    /// The next case comes up with its lists, whatever takes the room now.
    fn whole_picture(&self, wish: &PictureKey) -> PictureKey {
        let (columns, rows) = self.picture_room.unwrap_or((wish.columns, wish.rows));
        PictureKey {
            columns,
            rows,
            ..wish.clone()
        }
    }
}

fn next_file(case: &CaseView, wish: &PictureKey) -> Option<PictureKey> {
    let item = case.files.at(case.files.cursor() + 1).filter(|item| item.has_picture)?;
    Some(PictureKey {
        of: PictureOf::Case(case.id, item.id),
        focus: case.focus(item),
        ..wish.clone()
    })
}

/// Both pictures of the next pair.
fn next_pair(case: &CaseView, wish: &PictureKey) -> Vec<PictureKey> {
    let looks = case.detail.as_ref().map_or(&[][..], |d| &d.look_alikes);
    let Some(next) = looks.get(case.look + 1) else {
        return Vec::new();
    };
    let focus = case.focus_of_pair(next);
    let key = |of| PictureKey {
        of,
        focus,
        ..wish.clone()
    };
    vec![
        key(PictureOf::Item(next.other)),
        key(PictureOf::Case(case.id, next.item)),
    ]
}
