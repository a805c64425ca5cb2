//! Campaigns: the list, one of them, the samples of its canary, the items that failed.

mod acts;
mod cli;
mod detail;
mod failed_items;
mod looking;
mod plan;
mod reading;
mod row;
mod sample;
#[cfg(test)]
mod tests;
mod view;
mod words;

use std::time::Instant;

use ratatui::layout::Rect;
use tradepost_common::campaigns::Campaign;
use tradepost_common::events::Event;
use tradepost_common::ids::CampaignId;

use crate::canvas::{Canvas, document::Document};
use crate::cli::Subcommand;
use crate::export;
use crate::list::AnyList;
use crate::paged::{First, Paged};
use crate::shell::{Action, Badge, Destination, Entry, Handled, Hint, Page, Screen, Shell};
use crate::theme::Tone;
use detail::{Detail, Pane};
use reading::Reading;

static PAGES: [Page; 2] = [
    Page::below("campaigns", "operations"),
    Page::below("campaign", "operations"),
];

/// The list.
fn list_page() -> &'static Page {
    &PAGES[0]
}

/// One campaign.
fn campaign_page() -> &'static Page {
    &PAGES[1]
}

pub struct Campaigns {
    paged: Paged<Campaign>,
    view: Option<Detail>,
    reading: Reading,
}

impl Default for Campaigns {
    fn default() -> Self {
        Self {
            paged: Paged::new(First::Newest),
            view: None,
            reading: Reading::default(),
        }
    }
}

impl Campaigns {
    /// The campaign that is shown, while its page is.
    fn shown(&self, page: &Page) -> Option<&Detail> {
        self.view.as_ref().filter(|_| page == campaign_page())
    }

    fn shown_mut(&mut self, page: &Page) -> Option<&mut Detail> {
        self.view.as_mut().filter(|_| page == campaign_page())
    }

    /// The view of that campaign, on whatever page.
    fn view_of(&mut self, id: CampaignId) -> Option<&mut Detail> {
        self.view.as_mut().filter(|view| view.id == id)
    }

    /// The campaign that keys are for.
    fn target(&self, page: &Page) -> Option<&Campaign> {
        match self.shown(page) {
            Some(view) => view.fetched.value.as_ref(),
            None => self.paged.list.selected().filter(|_| page == list_page()),
        }
    }

    /// Those that are started and not over: rendering, or waiting for somebody.
    fn started(&self) -> impl Iterator<Item = &Campaign> {
        let is_started = |c: &&Campaign| c.started_at.is_some() && !c.state.is_over();
        self.paged.list.rows().iter().filter(is_started)
    }

    /// Takes over the newer state of a campaign, wherever it is shown.
    fn update(&mut self, campaign: &Campaign, cx: &Shell) {
        self.paged.list.update(campaign.clone(), cx.clock.utc);
        if let Some(view) = self.view_of(campaign.id) {
            view.fetched.set(campaign.clone(), cx.clock);
        }
    }

    fn show(&mut self, campaign: Campaign, read_at: Option<Instant>, cx: &mut Shell) {
        if self.view_of(campaign.id).is_none() {
            self.view = Some(Detail::new(campaign, read_at));
        }
        cx.go(campaign_page());
    }

    /// Enter: the campaign; in it the sample as three pictures, or the upload of the item that failed.
    fn open_selected(&mut self, cx: &mut Shell) {
        let Some(view) = self.shown_mut(cx.page) else {
            if let Some(campaign) = self.paged.list.selected().cloned() {
                self.show(campaign, self.paged.read_at, cx);
            }
            return;
        };
        match view.pane {
            Pane::Samples if view.samples.list.selected().is_some() => view.looking.turn(),
            Pane::Samples => cx.say(Tone::Dim, "No samples: the canary renders them"),
            Pane::FailedItem => {
                if let Some(item) = view.failed_items.list.selected() {
                    cx.open(Destination::Upload(item.upload_id));
                }
            }
        }
    }

    /// Esc: from the pictures to the samples, from the campaign to the list.
    fn back(&mut self, cx: &mut Shell) -> Handled {
        let Some(view) = self.shown_mut(cx.page) else {
            return Handled::No;
        };
        if !view.looking.leave() {
            if !view.list().filter().is_empty() {
                return Handled::No;
            }
            cx.go(list_page());
        }
        Handled::Yes
    }

    fn letter(&mut self, c: char, cx: &mut Shell) -> Handled {
        match acts::with_key(c) {
            Some(act) => self.act_on(act, cx),
            None if cx.page == list_page() && c == '+' => self.ask_plan(cx),
            None if cx.page == campaign_page() => return self.look(c, cx),
            None => return Handled::No,
        }
        Handled::Yes
    }
}

impl Screen for Campaigns {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        match self.shown_mut(cx.page) {
            Some(view) => view::detail::draw(canvas, area, view, cx),
            None => self.draw_list(canvas, area, cx),
        }
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        match (*action, self.shown_mut(cx.page)) {
            (Action::Letter(c), _) => return self.letter(c, cx),
            (Action::Arrow(pan), Some(_)) => return self.arrow(pan, cx),
            (Action::OtherPane, Some(view)) => view.turn_pane(),
            (Action::Open, _) => self.open_selected(cx),
            (Action::Back, _) => return self.back(cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn list(&mut self, page: &Page) -> Option<&mut dyn AnyList> {
        match page == campaign_page() {
            true => self.view.as_mut().map(Detail::list),
            false => Some(&mut self.paged.list),
        }
    }

    fn read(&mut self, cx: &mut Shell) {
        self.read_shown(cx);
    }

    fn read_at(&self, cx: &Shell) -> Option<Instant> {
        match self.shown(cx.page) {
            Some(view) => view.fetched.data_from(self.reading.count, cx.link.heard_at),
            None if self.paged.error.is_some() => self.paged.read_at,
            None => cx.link.confirmed(self.paged.read_at),
        }
    }

    fn detail(&self, cx: &Shell) -> Option<Document> {
        (cx.page == list_page()).then(|| self.document())?
    }

    fn hints(&self, cx: &Shell) -> Vec<Hint> {
        let mut hints: Vec<Hint> = match self.shown(cx.page) {
            None => vec![("Enter", "open"), ("+", "plan")],
            Some(view) if view.sample().is_some() => vec![("n N", "next"), ("f", "one alone"), ("z Z", "zoom")],
            Some(_) => vec![("Enter", "compare"), ("Tab", "set aside")],
        };
        if let Some(campaign) = self.target(cx.page) {
            hints.extend(acts::hints(campaign));
        }
        if cx.armed_until.is_none() {
            hints.push(("W", "arm writing"));
        }
        let away = match cx.page == list_page() {
            true => ("Tab", "operations"),
            false => ("Esc", "back"),
        };
        hints.extend([("?", "help"), away, ("q", "quit")]);
        hints
    }

    fn export(&self, cx: &Shell) -> Option<String> {
        match self.shown(cx.page) {
            Some(view) => view.export(),
            None => export::rows(&self.paged.list),
        }
    }

    fn picture_layout(&self, cx: &Shell) -> Option<u32> {
        let view = self.shown(cx.page).filter(|view| view.sample().is_some());
        view.map(|view| view.looking.layout())
    }

    fn enter(&mut self, cx: &mut Shell) {
        if cx.page == campaign_page() && self.view.is_none() {
            return cx.go(list_page());
        }
        self.reading.again(cx);
    }

    fn help(&self, _page: &Page) -> &'static [Hint] {
        &[
            ("Enter", "open the campaign; on a sample: old, new, difference"),
            ("n N ] [", "next, previous sample, worst first"),
            ("f", "side by side, or old, new, difference alone"),
            ("z Z + _", "zoom in, out; arrows move"),
            ("B", "background checker, light, dark"),
            ("Tab", "samples or failures; on the list: operations"),
            ("R", "start; after the canary: render all"),
            ("P", "pause or resume"),
            ("E", "swap: make the new renditions public at once"),
            ("U", "roll back: make the previous renditions public"),
            ("X", "abort: discard what was rendered"),
            ("D", "collect unused renditions; cannot be undone"),
            ("C", "change the rate; empty: no limit"),
            ("+", "on the list: plan a campaign; renders nothing"),
        ]
    }

    fn entries(&self, _cx: &Shell) -> Vec<Entry> {
        let mut entries = vec![
            Entry::new("campaigns", "4", |_: &mut Self, cx| cx.go(list_page())),
            Entry::new("plan a campaign", "+", Self::ask_plan),
        ];
        entries.extend(acts::entries());
        entries
    }

    fn badge(&self, page: &Page, _cx: &Shell) -> Badge {
        let count = match page == list_page() {
            true => self.started().count() as i64,
            false => 0,
        };
        Badge { count, is_loud: false }
    }

    fn progress(&self, cx: &Shell) -> Vec<String> {
        match cx.page.root() == list_page().root() {
            true => Vec::new(),
            false => self.started().map(row::in_short).collect(),
        }
    }

    fn event(&mut self, event: &Event, cx: &mut Shell) {
        if let Event::Changed(revisions) = event {
            self.reading.changed(revisions.operations, cx);
        }
    }

    fn reconnected(&mut self, _cx: &mut Shell) {
        self.paged.invalidate();
        if let Some(view) = &mut self.view {
            view.invalidate();
        }
    }

    fn tick(&mut self, cx: &mut Shell) {
        self.read_again(cx);
    }

    fn subcommands() -> Vec<Subcommand> {
        vec![Subcommand::new::<cli::CampaignArgs>()]
    }
}
