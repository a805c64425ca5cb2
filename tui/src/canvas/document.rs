//! One thing in full: facts, paragraphs and charts, laid out once the width is known.

use ratatui::layout::Rect;

use super::{Canvas, Spans, split_top};
use crate::format;
use crate::text;
use crate::theme::Tone;

/// The cells of the names of facts at least and at most.
const NAME: std::ops::RangeInclusive<usize> = 10..=24;

/// A title and what is below it.
pub struct Document {
    pub title: String,
    parts: Vec<Part>,
}

enum Part {
    Heading(String),
    Fact(String, String, Tone),
    Words(String, Tone),
    Spans(Spans),
    Chart {
        name: String,
        history: Vec<u32>,
        tone: Tone,
        height: usize,
    },
}

impl Document {
    pub fn new(title: impl Into<String>) -> Self {
        let title = title.into();
        Self {
            title,
            parts: Vec::new(),
        }
    }

    pub fn heading(&mut self, words: impl Into<String>) {
        self.parts.push(Part::Heading(words.into()));
    }

    /// A name and its value, in as many lines as it needs.
    pub fn fact(&mut self, name: &str, value: impl Into<String>) {
        self.fact_in(name, value, Tone::Plain);
    }

    pub fn fact_in(&mut self, name: &str, value: impl Into<String>, tone: Tone) {
        self.parts.push(Part::Fact(name.to_owned(), value.into(), tone));
    }

    pub fn words(&mut self, words: impl Into<String>, tone: Tone) {
        let words = words.into();
        if !words.is_empty() {
            self.parts.push(Part::Words(words, tone));
        }
    }

    /// A line; words that do not fit go on in the next one.
    pub fn spans(&mut self, spans: Spans) {
        self.parts.push(Part::Spans(spans));
    }

    /// Numbers as bars of so many lines, the latest on the right.
    pub fn chart(&mut self, name: &str, history: &[u32], tone: Tone, height: usize) {
        let history = history.to_vec();
        self.parts.push(Part::Chart {
            name: name.to_owned(),
            history,
            tone,
            height,
        });
    }

    pub fn lines(&self, width: u16) -> Vec<Spans> {
        let width = usize::from(width);
        let names = self.parts.iter().filter_map(|part| match part {
            Part::Fact(name, ..) | Part::Chart { name, .. } => Some(text::width(name)),
            _ => None,
        });
        let label = names.max().unwrap_or(0).clamp(*NAME.start(), *NAME.end()) + 2;
        self.parts.iter().flat_map(|part| part.lines(width, label)).collect()
    }

    /// Draws title and lines and returns what is left below; the last line tells of more.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) -> Rect {
        let (head, rest) = split_top(area, 1);
        if head.height == 0 {
            return rest;
        }
        canvas.heading(head, &self.title);
        let lines = self.lines(rest.width);
        for (place, spans) in rest.rows().zip(&lines) {
            canvas.put_spans(place, spans);
        }
        if lines.len() > usize::from(rest.height) {
            canvas.put_right(
                Rect {
                    y: area.bottom() - 1,
                    height: 1,
                    ..area
                },
                " …",
                Tone::Accent,
            );
        }
        split_top(rest, lines.len() as u16).1
    }
}

impl Part {
    /// The names of facts take `label` cells.
    fn lines(&self, width: usize, label: usize) -> Vec<Spans> {
        let wrapped = |words: &str, width| text::wrap(&text::clean(words), width).into_iter();
        match self {
            Self::Heading(words) => {
                let rule = width.saturating_sub(text::width(words) + 1);
                vec![vec![(format!("{words} "), Tone::Accent), ("─".repeat(rule), Tone::Dim)]]
            }
            Self::Fact(name, value, tone) => wrapped(value, width.saturating_sub(label))
                .enumerate()
                .map(|(i, line)| {
                    let name = if i == 0 { text::cut(name, label - 1) } else { "".into() };
                    vec![(format!("{name:<label$}"), Tone::Dim), (line, *tone)]
                })
                .collect(),
            Self::Words(words, tone) => wrapped(words, width).map(|line| vec![(line, *tone)]).collect(),
            Self::Spans(spans) => flow(spans, width),
            Self::Chart {
                name,
                history,
                tone,
                height,
            } => {
                let bars = stretch(history, width.saturating_sub(label));
                chart(name, &bars, *tone, *height, label)
            }
        }
    }
}

/// Breaks a line at spaces. What goes on in the next one stands below the words, not below a dim label before them.
fn flow(spans: &[(String, Tone)], width: usize) -> Vec<Spans> {
    let indent = match spans {
        [(label, Tone::Dim), _, ..] if label.ends_with(' ') => text::width(label),
        _ => 0,
    };
    let (mut lines, mut line, mut used) = (Vec::new(), Spans::new(), 0);
    for (words, tone) in spans {
        for word in words.split_inclusive(' ') {
            if used > indent && used + text::width(word.trim_end()) > width {
                lines.push(std::mem::replace(&mut line, vec![(" ".repeat(indent), Tone::Plain)]));
                used = indent;
            }
            used += text::width(word);
            match line.last_mut() {
                Some((last, of)) if of == tone => last.push_str(word),
                _ => line.push((word.to_owned(), *tone)),
            }
        }
    }
    lines.push(line);
    lines
}

/// The highest number stands beside the first line, the name beside the last one.
fn chart(name: &str, bars: &[u32], tone: Tone, height: usize, label: usize) -> Vec<Spans> {
    let highest = format::count(bars.iter().copied().max().unwrap_or(0).into());
    let lines = format::tall_chart(bars, height).into_iter().enumerate();
    let words = |i| match i {
        0 => format!("{highest:>0$}", label - 1),
        i if i + 1 == height => name.to_owned(),
        _ => String::new(),
    };
    lines
        .map(|(i, line)| vec![(format!("{:<label$}", words(i)), Tone::Dim), (line, tone)])
        .collect()
}

/// Each value as wide as the room allows; the oldest go where there is none.
fn stretch(history: &[u32], cells: usize) -> Vec<u32> {
    let each = (cells / history.len().max(1)).max(1);
    let skip = history.len().saturating_sub(cells / each);
    let shown = history.iter().skip(skip);
    shown.flat_map(|&n| std::iter::repeat_n(n, each)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chart_fills_the_room() {
        assert_eq!(stretch(&[1; 60], 150).len(), 120);
        assert_eq!(stretch(&[1; 60], 40).len(), 40);
    }

    #[test]
    fn line_goes_on_below_its_words() {
        let shown = |spans: &[(&str, Tone)], width| -> Vec<String> {
            let spans: Spans = spans.iter().map(|(words, tone)| ((*words).to_owned(), *tone)).collect();
            let lines = flow(&spans, width);
            lines
                .iter()
                .map(|line| line.iter().map(|(words, _)| words.as_str()).collect())
                .collect()
        };
        assert_eq!(
            shown(&[("one two ", Tone::Good), ("three", Tone::Plain)], 9),
            ["one two ", "three"]
        );
        assert_eq!(
            shown(&[("name  ", Tone::Dim), ("one two", Tone::Plain)], 9),
            ["name  one ", "      two"]
        );
        assert_eq!(shown(&[], 9), [""], "an empty line is one");
    }

    #[test]
    fn value_is_wrapped_beside_its_name() {
        let mut document = Document::new("x");
        document.fact("error", "one two three");
        let lines = document.lines(20);
        let line = |i: usize| lines[i].iter().map(|(words, _)| words.as_str()).collect::<String>();
        assert_eq!(
            (line(0), line(1)),
            ("error       one two".to_owned(), "            three".to_owned())
        );
    }
}
