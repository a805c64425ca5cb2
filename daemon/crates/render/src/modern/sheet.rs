//! Style sheets: rules with their selectors, and the key frames of animations.

use std::collections::HashMap;

use super::media::{self, Viewport};
use super::selector::{self, Selector};
use super::text;

/// Rules in rules: media queries and the like.
const MAX_DEPTH: usize = 8;

#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    pub name: String,
    pub value: String,
    pub important: bool,
}

#[derive(Debug)]
pub struct Rule {
    pub selectors: Vec<Selector>,
    pub declarations: Vec<Declaration>,
}

/// The share of the time, from 0 to 1, and the declarations that hold then.
pub type KeyFrame = (f64, Vec<Declaration>);

#[derive(Debug, Default)]
pub struct Sheet {
    pub rules: Vec<Rule>,
    pub keyframes: HashMap<String, Vec<KeyFrame>>,
}

impl Sheet {
    /// Adds the rules of a text that hold for a still.
    pub fn read(&mut self, css: &str, viewport: Viewport) {
        self.rules_of(&without_comments(css), viewport, 0);
    }

    fn rules_of(&mut self, css: &str, viewport: Viewport, depth: usize) {
        let mut rest = css;
        while let Some(end) = text::find(rest, |one| matches!(one, '{' | ';' | '}')) {
            let prelude = rest[..end].trim().trim_start_matches("<!--").trim();
            let after = &rest[end + 1..];
            if !rest[end..].starts_with('{') {
                rest = after;
                continue;
            }
            let close = text::find(after, |one| one == '}').unwrap_or(after.len());
            let block = &after[..close];
            rest = after.get(close + 1..).unwrap_or_default();
            match prelude.strip_prefix('@') {
                Some(at_rule) if depth < MAX_DEPTH => self.at_rule(at_rule, block, viewport, depth),
                Some(_) => {}
                None => self.rules.extend(selector::parse_list(prelude).map(|selectors| Rule {
                    selectors,
                    declarations: declarations(block),
                })),
            }
        }
    }

    fn at_rule(&mut self, prelude: &str, block: &str, viewport: Viewport, depth: usize) {
        let end = prelude
            .find(|one: char| !(one.is_ascii_alphanumeric() || one == '-'))
            .unwrap_or(prelude.len());
        let (name, condition) = (prelude[..end].to_ascii_lowercase(), prelude[end..].trim());
        match name.as_str() {
            "media" if media::matches(condition, viewport) => self.rules_of(block, viewport, depth + 1),
            "supports" if media::supports(condition) => self.rules_of(block, viewport, depth + 1),
            "layer" => self.rules_of(block, viewport, depth + 1),
            "keyframes" | "-webkit-keyframes" => {
                self.keyframes
                    .insert(condition.trim_matches(['"', '\'']).to_owned(), keyframes(block));
            }
            _ => {}
        }
    }
}

fn keyframes(block: &str) -> Vec<KeyFrame> {
    let mut frames: Vec<KeyFrame> = Vec::new();
    let mut rest = block;
    while let Some((selectors, after)) = rest.split_once('{') {
        let (inside, next) = after.split_once('}').unwrap_or((after, ""));
        for selector in selectors.split(',').map(str::trim) {
            let share = match selector {
                "from" => Some(0.0),
                "to" => Some(1.0),
                percent => percent
                    .strip_suffix('%')
                    .and_then(|number| number.trim().parse::<f64>().ok())
                    .map(|one| one / 100.0),
            };
            frames.extend(share.map(|share| (share, declarations(inside))));
        }
        rest = next;
    }
    frames.sort_by(|(left, _), (right, _)| left.total_cmp(right));
    frames
}

/// The declarations of a block or of a style attribute; rules nested in it are left out.
pub fn declarations(block: &str) -> Vec<Declaration> {
    let without = without_comments(block);
    let declared = text::split(&without, ';').filter_map(|declaration| {
        let (name, value) = declaration.split_once(':')?;
        let (name, value) = (name.trim(), value.trim());
        let important = value
            .rsplit_once('!')
            .filter(|(_, word)| word.trim().eq_ignore_ascii_case("important"));
        let name = if name.starts_with("--") {
            name.to_owned()
        } else {
            name.to_ascii_lowercase()
        };
        let is_name = |one: char| one.is_alphanumeric() || matches!(one, '-' | '_');
        (!name.is_empty() && !value.is_empty() && name.chars().all(is_name)).then(|| Declaration {
            name,
            value: important.map_or(value, |(value, _)| value.trim()).to_owned(),
            important: important.is_some(),
        })
    });
    declared.collect()
}

fn without_comments(css: &str) -> std::borrow::Cow<'_, str> {
    if !css.contains("/*") {
        return css.into();
    }
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        out.push(' ');
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.into()
}
