//! Animations: the state of a drawing at one moment.
//!
//! A still shows a drawing after everything has moved that comes to an end. Where that shows nothing, other moments are tried.

mod blend;
mod easing;
mod keyframes;
mod smil;
mod timing;
mod values;

use super::dom::{Dom, Id};
use super::sheet::Sheet;

/// Parts of the longest period that are tried after the first moment, until something shows.
const TRIED: [f64; 6] = [0.0, 0.5, 0.25, 0.75, 0.1, 0.9];
/// Nobody waits longer for a picture, in seconds.
const LATEST: f64 = 600.0;

/// One animation, as far as time is concerned; in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Its end; infinite when it goes on for ever.
    end: f64,
    period: f64,
}

/// The moments to be tried, best first; empty without animations.
pub fn moments(dom: &Dom<'_>, sheet: &Sheet) -> Vec<f64> {
    let spans = [smil::spans(dom), keyframes::spans(dom, sheet)].concat();
    if spans.is_empty() {
        return Vec::new();
    }
    let ends = spans.iter().map(|span| span.end).filter(|end| *end <= LATEST);
    let settled = ends.fold(0.0, f64::max);
    let period = spans
        .iter()
        .map(|span| span.period)
        .filter(|period| *period <= LATEST)
        .fold(0.0, f64::max);
    let mut moments = vec![settled];
    moments.extend(
        TRIED
            .iter()
            .map(|share| share * period)
            .filter(|moment| *moment != settled),
    );
    moments
}

/// The value that an element has without its animations.
fn base<'d>(dom: &'d Dom<'_>, id: Id, name: &str) -> Option<&'d str> {
    let is_inherited = ["fill", "stroke", "color", "visibility", "font", "letter", "word"];
    let is_inherited = is_inherited.iter().any(|start| name.starts_with(start));
    dom.property(id, name)
        .or_else(|| if is_inherited { dom.inherited(id, name) } else { None })
}

/// Gives every animated element the state of a moment.
pub fn apply(dom: &mut Dom<'_>, sheet: &Sheet, moment: f64) {
    keyframes::apply(dom, sheet, moment);
    smil::apply(dom, moment);
}
