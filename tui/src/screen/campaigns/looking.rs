//! Views of a sample: in the list, as three pictures, or one of them alone.

use tradepost_common::campaigns::{Sample, Side};
use tradepost_common::ids::CampaignId;

use super::Campaigns;
use super::detail::{Detail, Pane};
use crate::list::Order;
use crate::picture::{Pan, PictureOf, Zoom};
use crate::shell::{Handled, Shell};
use crate::theme::Tone;

static SIDES: [Side; 3] = Side::ALL;

/// The view of the sample under the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SampleView {
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

impl SampleView {
    pub fn is_open(self) -> bool {
        self.at != Pictures::List
    }

    /// The pictures that are shown, from left to right.
    pub fn sides(self) -> &'static [Side] {
        match self.at {
            Pictures::List => &[],
            Pictures::All => &SIDES,
            Pictures::Only(side) => &SIDES[side as usize..=side as usize],
        }
    }

    /// Changes with the place of the pictures.
    pub fn layout(self) -> u32 {
        self.sides().first().map_or(0, |side| *side as u32 + 1) * 4 + self.sides().len() as u32
    }

    /// From the list to the pictures and back.
    pub fn turn(&mut self) {
        let at = match self.at {
            Pictures::List => Pictures::All,
            _ => Pictures::List,
        };
        *self = Self { at, ..Self::default() };
    }

    /// Back to the list; says whether something else was there.
    pub fn leave(&mut self) -> bool {
        std::mem::take(self).is_open()
    }

    /// Zoom stays, so that the same place is seen before and after.
    fn full(&mut self) {
        self.at = match self.at {
            Pictures::List | Pictures::Only(Side::Difference) => Pictures::All,
            Pictures::All => Pictures::Only(Side::Old),
            Pictures::Only(Side::Old) => Pictures::Only(Side::New),
            Pictures::Only(Side::New) => Pictures::Only(Side::Difference),
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

impl Detail {
    /// The sample that is looked at, when pictures of one are on the screen.
    pub fn sample(&self) -> Option<&Sample> {
        let is_open = self.looking.is_open() && self.pane == Pane::Samples;
        self.samples.list.selected().filter(|_| is_open)
    }

    /// The one that comes when somebody goes on.
    pub fn next_sample(&self) -> Option<&Sample> {
        let list = &self.samples.list;
        list.at(list.cursor() + 1).filter(|_| self.looking.is_open())
    }
}

impl Campaigns {
    /// Keys that change what is seen of a sample and nothing else.
    pub fn look(&mut self, key: char, cx: &mut Shell) -> Handled {
        if !matches!(key, 'f' | 'B' | 'z' | '+' | 'Z' | '_' | ']' | '[') {
            return Handled::No;
        }
        if key == 'B' {
            cx.pictures.background = cx.pictures.background.next();
            cx.say(Tone::Plain, format!("Background: {}", cx.pictures.background.as_str()));
            return Handled::Yes;
        }
        let Some(view) = self.shown_mut(cx.page) else {
            return Handled::No;
        };
        if view.pane != Pane::Samples || view.samples.list.selected().is_none() {
            cx.say(Tone::Dim, "No sample");
            return Handled::Yes;
        }
        let looking = &mut view.looking;
        match key {
            'f' => looking.full(),
            ']' => view.samples.list.cycle(Order::Rising),
            '[' => view.samples.list.cycle(Order::Falling),
            'z' | '+' if looking.is_open() => looking.zoom = looking.zoom.closer(),
            'Z' | '_' if looking.is_open() => looking.zoom = looking.zoom.wider(),
            _ => {}
        }
        Handled::Yes
    }

    /// Arrows move what is looked at closely, and the list otherwise.
    pub fn arrow(&mut self, pan: Pan, cx: &mut Shell) -> Handled {
        if let Some(view) = self.shown_mut(cx.page)
            && view.looking.is_open()
            && !view.looking.zoom.is_whole()
        {
            view.looking.zoom = view.looking.zoom.pan(pan);
            return Handled::Yes;
        }
        match pan {
            Pan::Up | Pan::Down => Handled::No,
            Pan::Left => self.look('[', cx),
            Pan::Right => self.look(']', cx),
        }
    }
}
