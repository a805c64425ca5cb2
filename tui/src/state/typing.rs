//! What is typed while something is asked.

use super::App;
use super::list::Step;
use super::prompt::{Line, PlanStep, Prompt};
use crate::input::Typed;

impl App {
    pub fn answer_prompt(&mut self, typed: Typed) {
        match self.prompt.take() {
            Some(Prompt::Filter(line)) => self.type_filter(line, typed),
            Some(Prompt::Palette { line, cursor }) => self.type_command(line, cursor, typed),
            Some(Prompt::Note { line, then }) => self.type_note(line, then, typed),
            Some(Prompt::Reasons(asked)) => self.answer_reasons(asked, typed),
            Some(Prompt::Question(line)) => self.type_question(line, typed),
            Some(Prompt::Settle) => self.answer_settle(&typed),
            Some(Prompt::Bulk(step)) => self.answer_bulk(step, typed),
            Some(Prompt::Help { top }) => self.prompt = scrolled(top, &typed).map(|top| Prompt::Help { top }),
            Some(Prompt::Record { top }) => self.prompt = scrolled(top, &typed).map(|top| Prompt::Record { top }),
            Some(Prompt::Number { of, line }) => self.type_number(of, line, typed),
            Some(Prompt::Campaign(line)) => self.type_campaign(line, typed),
            Some(Prompt::Sure(sure)) => self.answer_sure(sure, &typed),
            Some(Prompt::Why(line)) => self.answer_why(line, typed),
            Some(Prompt::Plan(step)) => self.answer_plan(step, typed),
            Some(Prompt::Edit { top }) => self.answer_edit(top, &typed),
            None => {}
        }
    }

    fn type_filter(&mut self, mut line: Line, typed: Typed) {
        match typed {
            Typed::Done => return,
            Typed::Cancel => return self.set_filter(""),
            Typed::Up => self.step(Step::Up),
            Typed::Down => self.step(Step::Down),
            other => {
                edit(&mut line, &other);
                self.set_filter(&line.text.clone());
            }
        }
        self.prompt = Some(Prompt::Filter(line));
    }

    /// Text from the clipboard goes where something is typed, and never becomes keys.
    pub fn paste(&mut self, text: &str) {
        // The name of a queue, and the number of cases, are typed by hand: that is what it is asked for.
        if let Some(
            Prompt::Filter(line)
            | Prompt::Note { line, .. }
            | Prompt::Question(line)
            | Prompt::Palette { line, .. }
            | Prompt::Number { line, .. }
            | Prompt::Campaign(line)
            | Prompt::Why(Some(line))
            | Prompt::Plan(PlanStep::Rate(line) | PlanStep::Canary(line)),
        ) = &mut self.prompt
        {
            line.push(text);
        }
        if let Some(Prompt::Filter(line)) = &self.prompt {
            let typed = line.text.clone();
            self.set_filter(&typed);
        }
    }
}

/// Where a text over the screen is scrolled to; `None` closes it.
fn scrolled(top: usize, typed: &Typed) -> Option<usize> {
    match typed {
        Typed::Down => Some(top + 1),
        Typed::Up => Some(top.saturating_sub(1)),
        _ => None,
    }
}

/// Changes the line as the key says.
pub fn edit(line: &mut Line, typed: &Typed) {
    match typed {
        Typed::Text(c) => line.push(c.encode_utf8(&mut [0; 4])),
        Typed::EraseChar => line.erase_char(),
        Typed::EraseWord => line.erase_word(),
        Typed::Clear => line.clear(),
        _ => {}
    }
}
