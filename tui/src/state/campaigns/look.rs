//! Views of a sample: in the list, as three pictures, or one of them alone.

use crate::shell::Shell;
use crate::state::screen;
use tradepost_common::campaigns::{Sample, Side};
use tradepost_common::ids::CampaignId;

use super::{CampaignPane, CampaignView, Legacy};
use crate::list::{Order, Step};
use crate::picture::{Pan, PictureOf, Zoom};
use crate::state::screen::Screen;
use crate::theme::Tone;

/// The view of the sample under the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looking {
    pub at: Pictures,
    pub zoom: Zoom,
}

/// The pictures of a sample that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pictures {
    /// None: its line in the list.
    #[default]
    List,
    /// Old, new and difference side by side.
    All,
    /// One alone, as large as it gets.
    Only(Side),
}

/// Keys that change what is seen of a sample and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookKey {
    /// All three, then each alone.
    Full,
    Background,
    Closer,
    Wider,
    /// The next or the previous sample.
    Other(Order),
}

impl Looking {
    pub fn is_on(self) -> bool {
        self.at != Pictures::List
    }

    /// The pictures that are shown, from left to right.
    pub fn sides(self) -> &'static [Side] {
        match self.at {
            Pictures::List => &[],
            Pictures::All => &Side::ALL,
            Pictures::Only(Side::Old) => &[Side::Old],
            Pictures::Only(Side::New) => &[Side::New],
            Pictures::Only(Side::Difference) => &[Side::Difference],
        }
    }

    /// Changes with the place of the pictures.
    pub fn layout(self) -> u32 {
        self.sides().first().map_or(0, |side| *side as u32 + 1) * 4 + self.sides().len() as u32
    }

    /// From the list to the pictures and back.
    pub fn turn(&mut self) {
        *self = Self {
            at: match self.at {
                Pictures::List => Pictures::All,
                _ => Pictures::List,
            },
            ..Self::default()
        };
    }

    /// Back to the list; says whether something else was there.
    pub fn leave(&mut self) -> bool {
        std::mem::take(self).is_on()
    }

    /// Zoom stays, so that the same place is seen before and after.
    fn full(&mut self) {
        self.at = match self.at {
            Pictures::List => Pictures::All,
            Pictures::All => Pictures::Only(Side::Old),
            Pictures::Only(Side::Old) => Pictures::Only(Side::New),
            Pictures::Only(Side::New) => Pictures::Only(Side::Difference),
            Pictures::Only(Side::Difference) => Pictures::All,
        };
    }
}

/// The picture of a sample.
pub fn picture_of(campaign: CampaignId, sample: &Sample, side: Side) -> PictureOf {
    PictureOf::Sample {
        campaign,
        item: sample.item,
        preset: sample.preset.as_str().into(),
        side,
    }
}

impl CampaignView {
    /// The sample that is looked at, when pictures of one are on the screen.
    pub fn sample(&self) -> Option<&Sample> {
        let is_on = self.looking.is_on() && self.pane == CampaignPane::Samples;
        self.samples.list.selected().filter(|_| is_on)
    }

    /// The one that comes when somebody goes on.
    pub fn next_sample(&self) -> Option<&Sample> {
        let list = &self.samples.list;
        list.at(list.cursor() + 1).filter(|_| self.looking.is_on())
    }
}

impl Legacy {
    pub fn look_at_sample(&mut self, cx: &mut Shell, key: LookKey) {
        if screen(cx) != Screen::Campaign {
            return cx.say(Tone::Dim, "this works on the samples of a campaign");
        }
        if key == LookKey::Background {
            cx.pictures.background = cx.pictures.background.next();
            return cx.say(Tone::Plain, format!("background: {}", cx.pictures.background.as_str()));
        }
        let Some(view) = &mut self.campaigns.view else {
            return;
        };
        if view.pane != CampaignPane::Samples || view.samples.list.selected().is_none() {
            return cx.say(Tone::Dim, "no sample to look at");
        }
        let looking = &mut view.looking;
        match key {
            LookKey::Full => looking.full(),
            LookKey::Closer if looking.is_on() => looking.zoom = looking.zoom.closer(),
            LookKey::Wider if looking.is_on() => looking.zoom = looking.zoom.wider(),
            LookKey::Other(order) => self.cycle(cx, order),
            _ => {}
        }
    }

    /// Arrows move what is looked at closely, and the list otherwise.
    pub fn arrow_at_sample(&mut self, cx: &mut Shell, pan: Pan) {
        if let Some(view) = &mut self.campaigns.view
            && view.looking.is_on()
            && !view.looking.zoom.is_whole()
        {
            view.looking.zoom = view.looking.zoom.pan(pan);
            return;
        }
        match pan {
            Pan::Up => self.step(cx, Step::Up),
            Pan::Down => self.step(cx, Step::Down),
            Pan::Left => self.look_at_sample(cx, LookKey::Other(Order::Falling)),
            Pan::Right => self.look_at_sample(cx, LookKey::Other(Order::Rising)),
        }
    }

    /// Back to the list of samples; says whether a sample was looked at.
    pub fn leave_sample(&mut self, cx: &mut Shell) -> bool {
        let is_here = screen(cx) == Screen::Campaign;
        let view = self.campaigns.view.as_mut().filter(|_| is_here);
        view.is_some_and(|view| view.looking.leave())
    }
}
