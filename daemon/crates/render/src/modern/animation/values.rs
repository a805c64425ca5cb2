//! The values of an animation element, and the one at a share of its repetition.

use super::super::calc;
use super::super::dom::{Dom, Id};
use super::blend::between;
use super::easing::Easing;

fn values(dom: &Dom<'_>, id: Id) -> Option<Vec<String>> {
    let split = |values: &str| {
        values
            .split(';')
            .map(|one| one.trim().to_owned())
            .filter(|one| !one.is_empty())
            .collect()
    };
    dom.attribute(id, "values")
        .map(split)
        .filter(|values: &Vec<String>| !values.is_empty())
}

/// The value at a share of the repetition, of a list of values.
pub fn value_at(dom: &Dom<'_>, id: Id, values: &[String], progress: f64) -> Option<String> {
    let last = values.len().checked_sub(1)?;
    let mode = dom.attribute(id, "calcMode").unwrap_or("linear");
    let times = key_times(dom, id, values.len(), mode)?;
    if mode == "discrete" {
        let at = match times.is_empty() {
            true => (progress * values.len() as f64) as usize,
            false => times.iter().rposition(|time| *time <= progress).unwrap_or(0),
        };
        return values.get(at.min(last)).cloned();
    }
    if last == 0 || progress >= 1.0 {
        return values.last().cloned();
    }
    let (at, share) = if times.is_empty() {
        let place = progress * last as f64;
        (place as usize, place.fract())
    } else {
        let at = times
            .iter()
            .rposition(|time| *time <= progress)
            .unwrap_or(0)
            .min(last - 1);
        (
            at,
            ((progress - times[at]) / (times[at + 1] - times[at]).max(1e-9)).clamp(0.0, 1.0),
        )
    };
    let share = match mode {
        "spline" => spline(dom, id, at, last)?.at(share),
        _ => share,
    };
    Some(between(&values[at], &values[at + 1], share))
}

/// The times of values, none where they are spread evenly. An animation with wrong ones does nothing.
fn key_times(dom: &Dom<'_>, id: Id, values: usize, mode: &str) -> Option<Vec<f64>> {
    let Some(times) = dom.attribute(id, "keyTimes").filter(|_| mode != "paced") else {
        return Some(Vec::new());
    };
    let times = times.trim().trim_end_matches(';').split(';');
    let times: Vec<f64> = times.map(|time| time.trim().parse().ok()).collect::<Option<_>>()?;
    let is_whole = times.first() == Some(&0.0) && (mode == "discrete" || times.last() == Some(&1.0));
    let is_right = is_whole && times.is_sorted() && times.len() == values && times.last() <= Some(&1.0);
    is_right.then_some(times)
}

/// The spline between two values of a list; `None` where there is not one for each.
fn spline(dom: &Dom<'_>, id: Id, at: usize, count: usize) -> Option<Easing> {
    let splines = dom.attribute(id, "keySplines")?.trim().trim_end_matches(';');
    let splines: Vec<&str> = splines.split(';').collect();
    (splines.len() == count).then(|| Easing::from_points(splines[at].trim()))?
}

/// Values, or the ends of the way: from the base value where no other is told.
pub fn all_values(dom: &Dom<'_>, id: Id, base: Option<&str>) -> Option<Vec<String>> {
    if let Some(values) = values(dom, id) {
        return Some(values);
    }
    let attribute = |name: &str| dom.attribute(id, name).map(|value| value.trim().to_owned());
    let to = attribute("to");
    if dom.name(id) == "set" {
        return Some(vec![to?]);
    }
    let from = attribute("from").or_else(|| base.map(str::to_owned));
    match (from, to, attribute("by")) {
        (Some(from), Some(to), _) => Some(vec![from, to]),
        (None, Some(to), _) => Some(vec![to]),
        (Some(from), None, Some(by)) => {
            let sum = calc::absolute_length(&from)
                .zip(calc::absolute_length(&by))
                .map(|(from, by)| calc::number(from + by));
            Some(vec![from, sum?])
        }
        _ => None,
    }
}
