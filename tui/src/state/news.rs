//! Effects of updates on the state.

use tradepost_common::events::Event;

use super::Legacy;
use super::message::Update;
use crate::shell::Shell;

impl Legacy {
    pub fn hear(&mut self, cx: &mut Shell, update: Update) {
        match update {
            Update::Groups(of, reply) => self.groups_arrived(cx, of, reply),
            Update::Letters(of, ask, reply) => self.letters_arrived(cx, of, &ask, reply),
            Update::Letter(id, reply) => self.letter_arrived(cx, id, reply),
            Update::Checked(id, reply) => self.checked(id, reply),
            Update::EditSent(id, reply) => self.edit_sent(cx, id, reply),
            Update::Operation(reply) => self.operation_arrived(cx, reply),
            Update::Planned(ticket, reply) => self.planned(cx, ticket, reply),
            Update::Turned(id, turn, reply) => self.turned(cx, id, turn, reply),
            Update::Rated(reply) => self.rated(cx, reply),
        }
    }

    pub fn distrust(&mut self) {
        self.distrust_dead();
    }

    pub fn changed(&mut self, cx: &mut Shell, event: &Event) {
        if let Event::Operations { operations } = event {
            operations.iter().for_each(|operation| self.refresh_plan(cx, operation));
        }
    }

    /// Asks for whatever the screen shows and does not have, or has in an old version.
    pub fn read_what_is_shown(&mut self, cx: &mut Shell) {
        if let Some(read) = self.dead_wanted(cx) {
            cx.read(read);
        }
    }
}
