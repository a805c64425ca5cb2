//! Times of SMIL: clock values, and when each animation begins and ends.

use std::collections::HashMap;

use super::super::dom::{Dom, Id};

const MAX_DEPTH: usize = 16;

/// In seconds from the start of the drawing.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    pub begin: f64,
    /// Duration of one repetition; infinite when nothing moves.
    pub duration: f64,
    pub end: f64,
    /// It starts over for ever, by itself or in a ring with others.
    pub loops: bool,
}

/// A clock value such as `1.5s`, `200ms` or `00:01`; infinite for `indefinite`.
pub fn clock(text: &str) -> Option<f64> {
    let text = text.trim();
    if text == "indefinite" {
        return Some(f64::INFINITY);
    }
    if text.contains(':') {
        return text
            .split(':')
            .try_fold(0.0, |sum, part| Some(sum * 60.0 + part.parse::<f64>().ok()?));
    }
    let unit = text.find(|one: char| one.is_ascii_alphabetic()).unwrap_or(text.len());
    let number: f64 = text[..unit].trim().parse().ok()?;
    Some(match &text[unit..] {
        "" | "s" => number,
        "ms" => number / 1_000.0,
        "min" => number * 60.0,
        "h" => number * 3_600.0,
        _ => return None,
    })
}

/// The times of all animations of a file.
#[derive(Default)]
pub struct Timings {
    known: HashMap<Id, Option<Timing>>,
}

impl Timings {
    /// `None` for an animation that never begins by itself.
    pub fn find(&mut self, dom: &Dom<'_>, id: Id) -> Option<Timing> {
        self.resolve(dom, id, 0)
    }

    fn resolve(&mut self, dom: &Dom<'_>, id: Id, depth: usize) -> Option<Timing> {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        if depth > MAX_DEPTH {
            return None;
        }
        // Whoever waits for itself does not begin by that.
        self.known.insert(id, None);
        let mut first: Option<(f64, bool)> = None;
        let mut is_ring = false;
        let begins = dom.attribute(id, "begin").unwrap_or("0");
        for one in begins.split(';') {
            match self.begin(dom, one.trim(), depth) {
                Some(begin) if first.is_none_or(|(earliest, _)| begin.0 < earliest) => first = Some(begin),
                Some(_) => {}
                None => is_ring |= one.contains(".end") || one.contains(".begin"),
            }
        }
        let timing = first.map(|(begin, loops)| Timing {
            loops: loops || (is_ring && begins.contains(';')),
            ..active(dom, id, begin)
        });
        if timing.is_some() || depth == 0 {
            self.known.insert(id, timing);
        } else {
            // It may begin by one that is still being looked at.
            self.known.remove(&id);
        }
        timing
    }

    /// A time, and whether it comes again and again.
    fn begin(&mut self, dom: &Dom<'_>, text: &str, depth: usize) -> Option<(f64, bool)> {
        if let Some(time) = clock(text) {
            return time.is_finite().then_some((time, false));
        }
        let at = text.find(".begin").or_else(|| text.find(".end"))?;
        let (name, rest) = (text[..at].replace('\\', ""), &text[at + 1..]);
        let word = if rest.starts_with("begin") { "begin" } else { "end" };
        let offset: String = rest[word.len()..].split_whitespace().collect();
        let offset = if offset.is_empty() { 0.0 } else { clock(&offset)? };
        let other = self.resolve(dom, dom.by_id(&name)?, depth + 1)?;
        let time = if word == "begin" { other.begin } else { other.end };
        time.is_finite().then_some((time + offset, other.loops))
    }
}

/// The time of an animation that begins once.
fn active(dom: &Dom<'_>, id: Id, begin: f64) -> Timing {
    let duration = dom
        .attribute(id, "dur")
        .and_then(clock)
        .filter(|duration| *duration > 0.0);
    let duration = duration.unwrap_or(f64::INFINITY);
    let count = dom
        .attribute(id, "repeatCount")
        .map(|count| count.trim().parse().unwrap_or(f64::INFINITY));
    let until = dom.attribute(id, "repeatDur").and_then(clock);
    let length = match (count, until) {
        (None, None) => duration,
        (Some(count), None) => duration * count,
        (None, Some(until)) => until,
        (Some(count), Some(until)) => until.min(duration * count),
    };
    let end = dom.attribute(id, "end").and_then(clock).unwrap_or(f64::INFINITY);
    Timing {
        begin,
        duration,
        end: (begin + length).min(end.max(begin)),
        loops: false,
    }
}
