//! A box with several fields, a line each.

use std::fmt::{self, Debug};

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Constraint, Layout, Rect};

use super::super::Shell;
use super::{Label, Placement, Prompt};
use crate::canvas::Canvas;
use crate::canvas::listing::Focus;
use crate::input::Input;
use crate::text;
use crate::theme::Tone;

type Submit<S> = Box<dyn FnMut(&mut S, &mut Fields, &mut Shell) -> Option<()>>;

/// Tab and the arrows go from field to field, Enter submits them all, Esc cancels. What is wrong with a field is shown
/// beside it, and the box stays open.
pub struct FormPrompt<S> {
    title: &'static str,
    hint: &'static str,
    cancelled: &'static str,
    fields: Fields,
    /// The number of the field that is typed into.
    at: usize,
    submit: Submit<S>,
}

/// The fields of a form, from top to bottom.
#[derive(Debug)]
pub struct Fields(Vec<Field>);

/// A line of a form.
#[derive(Debug)]
pub struct Field {
    /// As the daemon calls it in its faults.
    name: &'static str,
    label: &'static str,
    /// The range or the meaning, beside the value.
    note: String,
    /// Shown in place of an empty value.
    empty: &'static str,
    value: Value,
    error: Option<String>,
}

#[derive(Debug)]
enum Value {
    Text(Input),
    /// One of these texts, by its index.
    Choice(&'static [&'static str], usize),
}

impl Field {
    pub fn text(name: &'static str, label: &'static str, text: &str) -> Self {
        Self::new(name, label, Value::Text(Input::new(text)))
    }

    /// One of several texts; an unknown one is the first.
    pub fn choice(name: &'static str, label: &'static str, texts: &'static [&'static str], chosen: &str) -> Self {
        let at = texts.iter().position(|text| *text == chosen).unwrap_or(0);
        Self::new(name, label, Value::Choice(texts, at))
    }

    fn new(name: &'static str, label: &'static str, value: Value) -> Self {
        Self {
            name,
            label,
            note: String::new(),
            empty: "",
            value,
            error: None,
        }
    }

    pub fn with_note(self, note: impl Into<String>) -> Self {
        let note = note.into();
        Self { note, ..self }
    }

    pub fn with_empty(self, empty: &'static str) -> Self {
        Self { empty, ..self }
    }

    fn value(&self) -> &str {
        match &self.value {
            Value::Text(input) => input.text().trim(),
            Value::Choice(texts, at) => texts[*at],
        }
    }

    fn key(&mut self, key: KeyEvent) {
        self.error = None;
        match (&mut self.value, key.code) {
            (Value::Text(input), _) => input.key(key),
            (Value::Choice(texts, at), KeyCode::Right | KeyCode::Char(' ')) => *at = (*at + 1) % texts.len(),
            (Value::Choice(texts, at), KeyCode::Left) => *at = (*at + texts.len() - 1) % texts.len(),
            _ => {}
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, focus: Focus) {
        let parts = [Constraint::Length(11), Constraint::Fill(3), Constraint::Fill(5)];
        let [label, value, note] = Layout::horizontal(parts).spacing(1).areas(area);
        let (mark, tone) = match focus {
            Focus::Here => ('›', Tone::Accent),
            _ => (' ', Tone::Plain),
        };
        canvas.line(label, &format!("{mark} {}", self.label), tone);
        let cells = usize::from(value.width);
        let shown = match (&self.value, focus) {
            (Value::Text(input), Focus::Here) => input.shown(cells),
            (Value::Choice(..), Focus::Here) => format!("‹ {} ›", self.value()),
            _ => text::cut(self.value(), cells).into_owned(),
        };
        let used = canvas.put(value.x, value.y, value.width, &shown, tone);
        if self.value().is_empty() {
            canvas.put(value.x + used, value.y, value.width - used, self.empty, Tone::Dim);
        }
        match &self.error {
            Some(why) => canvas.line(note, &format!("! {why}"), Tone::Bad),
            None => canvas.line(note, &self.note, Tone::Dim),
        }
    }
}

impl Fields {
    /// Parses the value of a field; what is wrong with it is shown beside it.
    pub fn read<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let field = self.0.iter_mut().find(|field| field.name == name)?;
        let parsed = parse(field.value());
        parsed.map_err(|why| field.error = Some(why)).ok()
    }

    /// Shows a fault beside the field of that name, if there is one.
    pub fn refuse(&mut self, name: &str, why: &str) {
        if let Some(field) = self.0.iter_mut().find(|field| field.name == name) {
            field.error = Some(why.to_owned());
        }
    }

    fn first_wrong(&self) -> Option<usize> {
        self.0.iter().position(|field| field.error.is_some())
    }
}

impl<S: 'static> FormPrompt<S> {
    /// `submit` closes the form with `Some`.
    pub fn new(
        title: &'static str,
        fields: Vec<Field>,
        submit: impl FnMut(&mut S, &mut Fields, &mut Shell) -> Option<()> + 'static,
    ) -> Self {
        Self {
            title,
            hint: "Tab Shift-Tab ↑ ↓ fields · Enter submit · Esc cancel",
            cancelled: "Nothing was done",
            fields: Fields(fields),
            at: 0,
            submit: Box::new(submit),
        }
    }

    pub fn with_hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    /// The message after Esc.
    pub fn with_cancelled(self, cancelled: &'static str) -> Self {
        Self { cancelled, ..self }
    }

    /// Shows faults beside the fields that they name, and goes to the first.
    pub fn with_faults<'a>(mut self, faults: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        for (name, why) in faults {
            self.fields.refuse(name, why);
        }
        self.go_to_fault();
        self
    }

    fn go_to_fault(&mut self) {
        self.at = self.fields.first_wrong().unwrap_or(self.at);
    }

    fn submit(&mut self, owner: &mut S, cx: &mut Shell) -> Option<()> {
        for field in &mut self.fields.0 {
            field.error = None;
        }
        let done = (self.submit)(owner, &mut self.fields, cx);
        self.go_to_fault();
        let field = &self.fields.0[self.at];
        if let Some(why) = &field.error {
            cx.say(Tone::Warn, format!("{}: {why}", field.label));
        }
        done
    }
}

impl<S> Debug for FormPrompt<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FormPrompt").field(&self.title).finish()
    }
}

impl<S: 'static> Prompt for FormPrompt<S> {
    type Owner = S;
    const PLACEMENT: Placement = Placement::Overlay;

    fn key(mut self, key: KeyEvent, owner: &mut S, cx: &mut Shell) -> Option<Self> {
        let count = self.fields.0.len();
        match key.code {
            KeyCode::Esc => {
                cx.say(Tone::Plain, self.cancelled);
                return None;
            }
            KeyCode::Enter if self.submit(owner, cx).is_some() => return None,
            KeyCode::Enter => {}
            KeyCode::Tab | KeyCode::Down => self.at = (self.at + 1) % count,
            KeyCode::BackTab | KeyCode::Up => self.at = (self.at + count - 1) % count,
            _ => self.fields.0[self.at].key(key),
        }
        Some(self)
    }

    fn input(&self) -> Option<&Input> {
        match &self.fields.0[self.at].value {
            Value::Text(input) => Some(input),
            Value::Choice(..) => None,
        }
    }

    fn input_mut(&mut self) -> Option<&mut Input> {
        match &mut self.fields.0[self.at].value {
            Value::Text(input) => Some(input),
            Value::Choice(..) => None,
        }
    }

    fn pasted(&mut self, _owner: &mut S, _cx: &mut Shell) {
        self.fields.0[self.at].error = None;
    }

    fn label(&self, _owner: &S, _cx: &Shell) -> Label {
        Label {
            hint: self.hint,
            ..Label::default()
        }
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, _owner: &mut S, _cx: &Shell) {
        let inside = canvas.window(area, 96, self.fields.0.len() as u16, self.title);
        // The field that is typed into is always seen.
        let above = (self.at + 1).saturating_sub(usize::from(inside.height));
        for (y, (i, field)) in (inside.y..inside.bottom()).zip(self.fields.0.iter().enumerate().skip(above)) {
            let line = Rect { y, height: 1, ..inside };
            let focus = match i == self.at {
                true => Focus::Here,
                false => Focus::Elsewhere,
            };
            field.draw(canvas, line, focus);
        }
    }
}
