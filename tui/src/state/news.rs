//! Effects of updates on the state.

use tradepost_common::events::Event;

use super::Legacy;
use super::message::{Read, Update};
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
            Update::Campaigns(ask, reply) => self.campaigns_arrived(cx, &ask, reply),
            Update::Campaign(id, reply) => self.campaign_arrived(cx, id, reply.map(|c| *c)),
            Update::Samples(id, ask, reply) => self.samples_arrived(cx, id, &ask, reply),
            Update::SetAside(id, ask, reply) => self.set_aside_arrived(cx, id, &ask, reply),
            Update::CampaignStepped(step, reply) => self.campaign_stepped(cx, step, reply.map(|c| *c)),
            Update::CampaignRated(reply) => self.campaign_rated(cx, reply.map(|c| *c)),
            Update::CampaignPlanned(reply) => self.campaign_planned(cx, reply.map(|c| *c)),
            Update::Planned(ticket, reply) => self.planned(cx, ticket, reply),
            Update::Turned(id, turn, reply) => self.turned(cx, id, turn, reply),
            Update::Rated(reply) => self.rated(cx, reply),
        }
    }

    pub fn distrust(&mut self) {
        self.distrust_dead();
        self.distrust_campaigns();
    }

    pub fn changed(&mut self, cx: &mut Shell, event: &Event) {
        match event {
            Event::Operations { operations } => {
                operations.iter().for_each(|operation| self.refresh_plan(cx, operation))
            }
            // Campaigns are long work, too: one counter tells of both.
            Event::Changed(revisions) if revisions.operations != self.operations_revision => {
                self.operations_revision = revisions.operations;
                self.campaigns_changed(cx);
            }
            _ => {}
        }
    }

    /// Asks for whatever the screen shows and does not have, or has in an old version.
    pub fn read_what_is_shown(&mut self, cx: &mut Shell) {
        let mut reads: Vec<Read> = self.dead_wanted(cx).into_iter().collect();
        reads.extend(self.campaigns_wanted(cx));
        for read in reads {
            cx.read(read);
        }
    }
}
