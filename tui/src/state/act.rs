//! What keys do.

use super::case::Pane;
use super::list::List;
use super::prompt::{Line, Prompt};
use super::screen::Screen;
use super::{App, Frozen, TraceView};
use crate::input::{Action, DeadKey, OperationKey};
use crate::message::{Effect, Mouse, Read};
use crate::theme::Tone;

impl App {
    pub fn act(&mut self, action: Action) {
        match action {
            Action::Go(screen) => self.go(screen),
            Action::Step(step) => self.step(step),
            Action::Cycle(order) => self.cycle(order),
            Action::OtherPane => self.other_pane(),
            Action::Open => self.open(),
            Action::Back => self.back(),
            Action::LastView => self.go(self.before),
            Action::AskCommand => {
                self.prompt = Some(Prompt::Palette {
                    line: Line::default(),
                    cursor: 0,
                });
            }
            Action::AskFilter => self.ask_filter(),
            Action::Sort | Action::SortReverse => self.sort(&action),
            Action::Columns => self.columns(),
            Action::Mark | Action::MarkRange | Action::MarkAll => self.mark(&action),
            Action::Copy => self.copy(),
            Action::Export => self.export(),
            Action::Freeze => self.freeze(),
            Action::Mouse => self.turn_mouse(),
            Action::Theme => self.set_theme(self.theme.next()),
            Action::Help => self.prompt = Some(Prompt::Help { top: 0 }),
            Action::Quit => self.effects.push(Effect::Quit),
            Action::Arm => self.arm(),
            Action::TurnQueue => self.turn_queue(),
            Action::Concurrency => self.ask_concurrency(),
            Action::Acknowledge => self.acknowledge(),
            Action::Dead(DeadKey::Edit) => self.edit_dead(),
            Action::Dead(DeadKey::Plan(kind)) => self.plan_for_dead(kind),
            Action::Operation(OperationKey::Turn) => self.turn_operation(),
            Action::Operation(OperationKey::Cancel) => self.ask_cancel(),
            Action::Operation(OperationKey::Rate) => self.ask_rate(),
            Action::Campaign(key) => self.campaign_key(key),
            Action::Sample(key) => self.look_at_sample(key),
            Action::Elsewhere(where_to) => self.say(Tone::Dim, where_to),
            Action::Review(key) => self.review(key),
            Action::Arrow(pan) if self.screen == Screen::Campaign => self.arrow_at_sample(pan),
            Action::Arrow(pan) => self.arrow(pan),
            Action::Prompt(typed) => self.answer_prompt(typed),
        }
    }

    /// Opens a screen; a case that is left is given back.
    pub fn go(&mut self, screen: Screen) {
        if screen == Screen::Item && self.case.is_none() {
            self.open_selected_case();
            return;
        }
        if screen == Screen::Trace && self.trace.is_none() {
            return self.go(Screen::Uploads);
        }
        if screen == Screen::Operation && self.operations.view.is_none() {
            return self.go(Screen::Operations);
        }
        if screen == Screen::Campaign && self.campaigns.view.is_none() {
            return self.go(Screen::Campaigns);
        }
        if screen == Screen::Letter && self.dead.letter.is_none() {
            return self.go(Screen::Letters);
        }
        if screen != self.screen {
            if self.screen == Screen::Item {
                self.release_case();
            }
            self.before = self.screen;
            self.screen = screen;
            if matches!(screen, Screen::Campaigns | Screen::Campaign) {
                self.beat_campaigns();
            }
            if screen == Screen::Item {
                self.claim_case();
                self.say_viewing();
            }
        }
        self.read_what_is_shown();
    }

    fn other_pane(&mut self) {
        match self.screen {
            Screen::Operation => return self.next_items(),
            Screen::Operations | Screen::Campaigns | Screen::Campaign => return self.other_campaign_pane(),
            _ => {}
        }
        match (self.screen, &mut self.case, &mut self.trace) {
            (Screen::Item, Some(case), _) => case.pane = case.pane.other(),
            (Screen::Trace, _, Some(trace)) => trace.pane = trace.pane.other(),
            _ => self.say(Tone::Dim, "this screen has one pane"),
        }
    }

    fn open(&mut self) {
        match self.screen {
            Screen::Review => self.open_selected_case(),
            Screen::Uploads => self.open_trace(),
            Screen::Item => self.open_in_case(),
            Screen::Queues => {
                if let Some(name) = self.queues.selected().map(|q| q.name.clone()) {
                    self.open_dead_of(name);
                }
            }
            Screen::Groups => self.open_group(),
            Screen::Letters => self.open_selected_letter(),
            Screen::Letter => self.open_upload_of_letter(),
            Screen::Operations => self.open_operation(),
            Screen::Operation => self.open_item(),
            Screen::Campaigns => self.open_campaign(),
            Screen::Campaign => self.open_in_campaign(),
            _ => {}
        }
    }

    fn open_trace(&mut self) {
        if let Some(id) = self.uploads.list.selected().map(|u| u.id) {
            self.open_trace_of(id);
        }
    }

    pub fn open_trace_of(&mut self, id: tradepost_common::ids::UploadId) {
        if self.trace.as_ref().is_none_or(|t| t.id != id) {
            self.trace = Some(TraceView {
                id,
                trace: None,
                error: None,
                asked_revision: self.revisions.uploads,
                loading: true,
                read_at: None,
                pane: Pane::Findings,
                findings: List::default(),
                attempts: List::default(),
            });
            self.effects.push(Effect::Read(Read::Trace(id)));
        }
        self.go(Screen::Trace);
    }

    fn back(&mut self) {
        if self.leave_mode() || self.leave_sample() || self.clear_filter() {
            return;
        }
        if self.screen == Screen::Review && self.widen_cases() {
            return;
        }
        match self.screen {
            Screen::Trace => self.go(Screen::Uploads),
            Screen::Item => self.go(Screen::Review),
            Screen::Groups | Screen::Letters | Screen::Letter => self.leave_dead(),
            Screen::Operation | Screen::Campaigns => self.go(Screen::Operations),
            Screen::Campaign => self.go(Screen::Campaigns),
            _ => {}
        }
    }

    fn columns(&mut self) {
        if self.screen == Screen::Latency {
            self.latency_columns = self.latency_columns.next();
            self.say(Tone::Plain, format!("columns: {}", self.latency_columns.in_words()));
        } else {
            self.say(Tone::Dim, "columns here follow the width of the terminal");
        }
    }

    fn export(&mut self) {
        match self.exported() {
            Some(json) => self.effects.push(Effect::Export {
                screen: self.screen.word(),
                json,
            }),
            None => self.say(Tone::Dim, "nothing to export yet"),
        }
    }

    fn freeze(&mut self) {
        match self.frozen.take() {
            Some(frozen) => self.thaw(frozen),
            None => {
                self.frozen = Some(Frozen {
                    since: self.clock.utc,
                    overview: None,
                    queues: None,
                    latency: None,
                    operations: None,
                    revisions: None,
                });
            }
        }
    }

    fn turn_mouse(&mut self) {
        let (mouse, words) = match self.mouse {
            Mouse::Free => (
                Mouse::Captured,
                "mouse: click and wheel; % gives selection back to the terminal",
            ),
            Mouse::Captured => (Mouse::Free, "mouse: selection belongs to the terminal"),
        };
        self.mouse = mouse;
        self.effects.push(Effect::Mouse(mouse));
        self.say(Tone::Plain, words);
    }

    pub fn set_theme(&mut self, theme: crate::theme::Theme) {
        self.theme = theme;
        self.say(Tone::Plain, format!("theme: {}", theme.as_str()));
    }
}
