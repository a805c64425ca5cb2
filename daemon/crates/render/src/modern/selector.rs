//! CSS selectors (Selectors 4, those without a document's state).

mod parse;

use super::dom::{Child, Dom, Id};

pub use self::parse::parse_list;

/// A selector such as `g > .a:not(#b)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    /// The last one of the text first, each with what stands before it.
    compounds: Vec<(Vec<Part>, Combinator)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Combinator {
    /// Nothing stands before the first compound.
    None,
    Descendant,
    Child,
    Next,
    Later,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Universal,
    Tag(String),
    Class(String),
    Id(String),
    Attribute {
        name: String,
        operator: char,
        value: String,
    },
    Root,
    Empty,
    Link,
    /// `an + b`.
    Nth {
        step: i64,
        offset: i64,
        counted: Counted,
        side: Side,
    },
    Not(Vec<Selector>),
    Is(Vec<Selector>),
    /// As `Is`, of no specificity.
    Where(Vec<Selector>),
    /// States that a still never has: hovered, focused.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Counted {
    All,
    SameTag,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Side {
    Start,
    End,
}

/// Result of a comparison from right to left; says from where it is worth going on.
#[derive(PartialEq)]
enum Outcome {
    Matched,
    TryLaterSibling,
    TryDescendant,
    Never,
}

/// Ids, then classes and the like, then tags.
pub type Specificity = [usize; 3];

impl Selector {
    /// `steps` bounds the work of all comparisons; without any left nothing matches.
    pub fn matches(&self, dom: &Dom<'_>, id: Id, steps: &mut u64) -> bool {
        self.outcome(dom, id, 0, steps) == Outcome::Matched
    }

    fn outcome(&self, dom: &Dom<'_>, id: Id, at: usize, steps: &mut u64) -> Outcome {
        let Some(left) = steps.checked_sub(1) else {
            return Outcome::Never;
        };
        *steps = left;
        let (parts, combinator) = &self.compounds[at];
        if !parts.iter().all(|part| part.matches(dom, id, steps)) {
            return Outcome::TryLaterSibling;
        }
        let none_left = match combinator {
            Combinator::None => return Outcome::Matched,
            Combinator::Next | Combinator::Later => Outcome::TryDescendant,
            Combinator::Child | Combinator::Descendant => Outcome::Never,
        };
        let mut candidate = id;
        loop {
            let element = &dom.elements[candidate];
            let next = match combinator {
                Combinator::Next | Combinator::Later => element.previous,
                _ => element.parent,
            };
            let Some(next) = next else {
                return none_left;
            };
            let outcome = self.outcome(dom, next, at + 1, steps);
            match (&outcome, combinator) {
                (Outcome::Matched | Outcome::Never, _)
                | (_, Combinator::Next)
                | (Outcome::TryDescendant, Combinator::Later) => return outcome,
                (Outcome::TryLaterSibling, Combinator::Child) => return Outcome::TryDescendant,
                (_, Combinator::Child) => return outcome,
                _ => candidate = next,
            }
        }
    }

    pub fn specificity(&self) -> Specificity {
        let parts = self.compounds.iter().flat_map(|(parts, _)| parts);
        parts
            .map(Part::specificity)
            .fold([0; 3], |sum, one| std::array::from_fn(|at| sum[at] + one[at]))
    }
}

impl Part {
    fn matches(&self, dom: &Dom<'_>, id: Id, steps: &mut u64) -> bool {
        let element = &dom.elements[id];
        match self {
            Self::Universal => true,
            Self::Tag(name) => element.name == name,
            Self::Class(class) => dom
                .attribute(id, "class")
                .is_some_and(|classes| classes.split_ascii_whitespace().any(|one| one == class)),
            Self::Id(name) => dom.attribute(id, "id") == Some(name),
            Self::Attribute { name, operator, value } => dom
                .attribute(id, name)
                .is_some_and(|own| compare(own, *operator, value)),
            Self::Root => element.parent.is_none(),
            Self::Empty => element.children.iter().all(|child| matches!(child, Child::Text(""))),
            Self::Link => element.name == "a" && dom.attribute(id, "href").is_some(),
            Self::Nth {
                step,
                offset,
                counted,
                side,
            } => {
                let number = number(dom, id, *counted, *side, steps);
                let apart = number - offset;
                if *step == 0 {
                    apart == 0
                } else {
                    apart % step == 0 && apart / step >= 0
                }
            }
            Self::Not(selectors) => !selectors.iter().any(|selector| selector.matches(dom, id, steps)),
            Self::Is(selectors) | Self::Where(selectors) => {
                selectors.iter().any(|selector| selector.matches(dom, id, steps))
            }
            Self::Never => false,
        }
    }

    fn specificity(&self) -> Specificity {
        match self {
            Self::Universal | Self::Where(_) => [0, 0, 0],
            Self::Tag(_) => [0, 0, 1],
            Self::Id(_) => [1, 0, 0],
            Self::Not(selectors) | Self::Is(selectors) => {
                selectors.iter().map(Selector::specificity).max().unwrap_or_default()
            }
            _ => [0, 1, 0],
        }
    }
}

/// The number of an element among its siblings, from 1.
fn number(dom: &Dom<'_>, id: Id, counted: Counted, side: Side, steps: &mut u64) -> i64 {
    let element = &dom.elements[id];
    if counted == Counted::All && side == Side::Start {
        return element.position as i64 + 1;
    }
    let Some(parent) = element.parent else {
        return 1;
    };
    let is_counted = |&other: &Id| counted == Counted::All || dom.name(other) == element.name;
    *steps = steps.saturating_sub(dom.elements[parent].children.len() as u64);
    let siblings = dom.children(parent).filter(is_counted);
    let before = match side {
        Side::Start => siblings.take_while(|&other| other != id).count(),
        Side::End => siblings.rev().take_while(|&other| other != id).count(),
    };
    before as i64 + 1
}

/// By the operator's first character; `=` alone is the whole value.
fn compare(own: &str, operator: char, value: &str) -> bool {
    match operator {
        '\0' => true,
        '=' => own == value,
        '~' => own.split_ascii_whitespace().any(|one| one == value),
        '|' => own
            .strip_prefix(value)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-')),
        _ if value.is_empty() => false,
        '^' => own.starts_with(value),
        '$' => own.ends_with(value),
        '*' => own.contains(value),
        _ => false,
    }
}
