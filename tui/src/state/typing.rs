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
            Some(Prompt::Note(line)) => self.type_note(line, typed),
            Some(Prompt::Reasons) => self.pick_reason(typed),
            Some(Prompt::Help { top }) => {
                self.prompt = match typed {
                    Typed::Down => Some(Prompt::Help { top: top + 1 }),
                    Typed::Up => Some(Prompt::Help {
                        top: top.saturating_sub(1),
                    }),
                    _ => None,
                };
            }
            Some(Prompt::Number { of, line }) => self.type_number(of, line, typed),
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
        // The name of a queue is typed by hand: that is what it is asked for.
        if let Some(
            Prompt::Filter(line)
            | Prompt::Note(line)
            | Prompt::Palette { line, .. }
            | Prompt::Number { line, .. }
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
