//! CSS animations: `@keyframes` and the properties `animation-*`.

use super::super::dom::{Dom, Id};
use super::super::sheet::{KeyFrame, Sheet};
use super::super::text;
use super::blend::between;
use super::easing::{EASE, Easing};
use super::timing::clock;
use super::{Span, base};

#[derive(Debug, Clone, Default)]
struct Animation {
    name: String,
    duration: f64,
    delay: f64,
    count: f64,
    direction: String,
    fill: String,
    is_paused: bool,
    /// `ease` where none is declared.
    easing: Option<Easing>,
}

impl Animation {
    fn end(&self) -> f64 {
        if self.is_paused {
            f64::INFINITY
        } else {
            self.delay + self.duration * self.count
        }
    }

    /// The place in the key frames at a moment; `None` when it changes nothing then.
    fn progress(&self, moment: f64) -> Option<f64> {
        let moment = if self.is_paused { 0.0 } else { moment };
        let fills = |end: &str| self.fill == end || self.fill == "both";
        let passed = if moment < self.delay {
            fills("backwards").then_some(0.0)?
        } else if moment >= self.end() {
            fills("forwards").then_some(self.count)?
        } else if self.duration > 0.0 {
            (moment - self.delay) / self.duration
        } else {
            0.0
        };
        let at_end = moment >= self.end() && passed > 0.0 && passed.fract() == 0.0;
        let (round, share) = if at_end {
            (passed - 1.0, 1.0)
        } else {
            (passed.floor(), passed.fract())
        };
        let is_odd = round % 2.0 == 1.0;
        let turns = match self.direction.as_str() {
            "reverse" => true,
            "alternate" => is_odd,
            "alternate-reverse" => !is_odd,
            _ => false,
        };
        Some(if turns { 1.0 - share } else { share })
    }
}

pub fn spans(dom: &Dom<'_>, sheet: &Sheet) -> Vec<Span> {
    if sheet.keyframes.is_empty() {
        return Vec::new();
    }
    let animations = dom.ids().flat_map(|id| animations(dom, id));
    let known = animations.filter(|animation| sheet.keyframes.contains_key(&animation.name));
    known
        .map(|animation| Span {
            end: animation.end(),
            period: animation.duration,
        })
        .collect()
}

pub fn apply(dom: &mut Dom<'_>, sheet: &Sheet, moment: f64) {
    if sheet.keyframes.is_empty() {
        return;
    }
    for id in dom.ids() {
        for animation in animations(dom, id) {
            let frames = sheet.keyframes.get(&animation.name);
            if let Some((frames, progress)) = frames.zip(animation.progress(moment)) {
                animate(dom, id, frames, animation.easing.unwrap_or(EASE), progress);
            }
        }
    }
}

fn animate(dom: &mut Dom<'_>, id: Id, frames: &[KeyFrame], easing: Easing, progress: f64) {
    let mut names: Vec<&str> = Vec::new();
    for declaration in frames.iter().flat_map(|(_, declarations)| declarations) {
        if !names.contains(&declaration.name.as_str()) && !declaration.name.starts_with("animation") {
            names.push(&declaration.name);
        }
    }
    for name in names {
        let own = base(dom, id, name).unwrap_or(initial(name)).to_owned();
        let (mut before, mut after, mut easing_before) = ((0.0, own.clone()), (1.0, own), easing);
        for (share, declarations) in frames {
            let Some(declaration) = declarations.iter().rfind(|declaration| declaration.name == name) else {
                continue;
            };
            if *share <= progress {
                before = (*share, declaration.value.clone());
                let own = declarations.iter().rfind(|one| one.name == "animation-timing-function");
                easing_before = own.and_then(|own| Easing::parse(&own.value)).unwrap_or(easing);
            }
            if *share >= progress {
                after = (*share, declaration.value.clone());
                break;
            }
        }
        let way: f64 = after.0 - before.0;
        let share = if way > 0.0 { (progress - before.0) / way } else { 0.0 };
        dom.declare(id, name, between(&before.1, &after.1, easing_before.at(share)));
    }
}

/// Initial values of the properties that animations usually change.
fn initial(name: &str) -> &'static str {
    match name {
        "opacity" | "fill-opacity" | "stroke-opacity" | "stop-opacity" | "stroke-width" => "1",
        "transform" | "filter" | "clip-path" | "stroke-dasharray" | "rotate" | "scale" | "translate" => "none",
        "fill" | "stop-color" => "black",
        "visibility" => "visible",
        "display" => "inline",
        _ => "0",
    }
}

fn animations(dom: &Dom<'_>, id: Id) -> Vec<Animation> {
    let declared = |name: &str| {
        dom.declared(id, &format!("animation{name}"))
            .or_else(|| dom.declared(id, &format!("-webkit-animation{name}")))
    };
    let list = |name: &str| {
        declared(name)
            .map(|value| text::split(value, ',').map(str::trim).collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let mut animations: Vec<Animation> = list("").iter().map(|one| shorthand(one)).collect();
    for (at, name) in list("-name").iter().enumerate() {
        if animations.len() <= at {
            animations.push(shorthand(""));
        }
        animations[at].name = (*name).to_owned();
    }
    // A shorter list starts over.
    let mut each = |name: &str, set: &dyn Fn(&mut Animation, &str)| {
        let values = list(name);
        if !values.is_empty() {
            animations
                .iter_mut()
                .enumerate()
                .for_each(|(at, one)| set(one, values[at % values.len()]));
        }
    };
    each("-duration", &|one, value| one.duration = clock(value).unwrap_or(0.0));
    each("-delay", &|one, value| one.delay = clock(value).unwrap_or(0.0));
    each("-iteration-count", &|one, value| {
        one.count = value.parse().unwrap_or(f64::INFINITY)
    });
    each("-direction", &|one, value| one.direction = value.to_owned());
    each("-fill-mode", &|one, value| one.fill = value.to_owned());
    each("-play-state", &|one, value| one.is_paused = value == "paused");
    each("-timing-function", &|one, value| one.easing = Easing::parse(value));
    animations
}

fn shorthand(text: &str) -> Animation {
    let mut animation = Animation {
        count: 1.0,
        ..Animation::default()
    };
    let mut times = Vec::new();
    for word in text::words(text) {
        match word {
            "infinite" => animation.count = f64::INFINITY,
            "normal" | "reverse" | "alternate" | "alternate-reverse" => animation.direction = word.to_owned(),
            "forwards" | "backwards" | "both" => animation.fill = word.to_owned(),
            "paused" => animation.is_paused = true,
            "none" | "running" => {}
            _ if Easing::parse(word).is_some() => animation.easing = Easing::parse(word),
            _ if word.contains('(') => {}
            _ => match (word.parse::<f64>(), clock(word)) {
                (Ok(count), _) => animation.count = count,
                (_, Some(time)) => times.push(time),
                _ => word.clone_into(&mut animation.name),
            },
        }
    }
    animation.duration = times.first().copied().unwrap_or(0.0);
    animation.delay = times.get(1).copied().unwrap_or(0.0);
    animation
}
