//! The rules for elements: one for each thing that an accessor is used for.

use crate::glb::context::Context;
use crate::glb::gl::{Component, PrimitiveMode};
use crate::glb::issue::{Code, codes};
use crate::glb::model::accessor::Accessor;
use crate::glb::path::Path;

mod bound;
mod indices;

pub use self::bound::Bound;
pub use self::indices::Indices;

/// The largest difference between one and the length of a quaternion of signed bytes.
pub const QUATERNION_THRESHOLD: f64 = 0.00769;

/// The largest difference between one and the length of a vector of signed bytes.
const UNIT_THRESHOLD: f64 = 0.00674;

/// A rule, and the property that asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    pointer: String,
    rule: Rule,
}

/// A rule for elements, with its state.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    Finite,
    Min(Bound),
    Max(Bound),
    /// Vectors of length one; the component type is there when they are normalized whole numbers.
    Unit(Option<Component>),
    /// A unit vector of three numbers and a sign.
    Tangent(Option<Component>),
    /// Zero to one.
    Clamped,
    Indices(Indices),
    /// Increasing, from zero on.
    Times(f64),
    /// Quaternions of length one; of a cubic spline only each middle one.
    Quaternion(Option<Component>, Interpolation),
    InverseBind,
}

/// The interpolation of an animation; the values of a cubic spline include tangents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    CubicSpline,
    Other,
}

impl Rule {
    pub fn unit(accessor: &Accessor) -> Self {
        Self::Unit(normalized(accessor))
    }

    pub fn tangent(accessor: &Accessor) -> Self {
        Self::Tangent(normalized(accessor))
    }

    pub fn quaternion(accessor: &Accessor, spline: Interpolation) -> Self {
        Self::Quaternion(normalized(accessor), spline)
    }

    pub fn times() -> Self {
        Self::Times(0.0)
    }

    /// Indices into so many vertices; `restart` is not allowed, because it means something else to a graphics card.
    pub fn indices(vertices: Option<u64>, restart: i64, mode: Option<PrimitiveMode>) -> Self {
        // Triangles of an unknown mode are checked as well, as Khronos does.
        let triangles = matches!(mode, None | Some(PrimitiveMode::Triangles));
        Self::Indices(Indices {
            vertices: vertices.unwrap_or(0),
            restart: restart as f64,
            corners: triangles.then(Vec::new),
            degenerate: 0,
        })
    }
}

fn normalized(accessor: &Accessor) -> Option<Component> {
    accessor.component.filter(|_| accessor.normalized)
}

impl Check {
    pub fn new(rule: Rule, path: &Path<'_>) -> Self {
        let pointer = path.to_string();
        Self { pointer, rule }
    }

    /// The rules that follow from the accessor's own properties.
    pub fn of_accessor(accessor: &Accessor, path: &Path<'_>) -> Vec<Self> {
        let finite = (accessor.component == Some(Component::F32)).then_some(Rule::Finite);
        let min = accessor.min.as_deref().map(|min| Rule::Min(Bound::new(min)));
        let max = accessor.max.as_deref().map(|max| Rule::Max(Bound::new(max)));
        let rules = [finite, min, max].into_iter().flatten();
        rules.map(|rule| Self::new(rule, path)).collect()
    }

    pub fn is_same_rule(&self, other: &Self) -> bool {
        self.rule == other.rule
    }

    /// Looks at elements of `width` numbers each, of which the first is the element number `at`.
    pub fn block(&mut self, context: &Context<'_>, at: u64, values: &[f64], width: usize) {
        let elements = (at..).zip(values.chunks_exact(width));
        match &mut self.rule {
            Rule::Min(bound) => {
                elements.for_each(|(at, element)| bound.element(at, element, |value, limit| value < limit))
            }
            Rule::Max(bound) => {
                elements.for_each(|(at, element)| bound.element(at, element, |value, limit| value > limit))
            }
            // Nearly all numbers of nearly all models.
            Rule::Finite if values.iter().all(|value| value.is_finite()) => {}
            _ => elements.for_each(|(at, element)| self.element(context, at, element)),
        }
    }

    fn element(&mut self, context: &Context<'_>, at: u64, values: &[f64]) {
        let report = |code, message: &dyn Fn() -> String| context.add_to(code, &self.pointer, message);
        match &mut self.rule {
            Rule::Finite => {
                for value in values.iter().filter(|value| !value.is_finite()) {
                    report(codes::ACCESSOR_INVALID_FLOAT, &|| {
                        format!("Element {at} has the value {value}.")
                    });
                }
            }
            // Their blocks go another way.
            Rule::Min(_) | Rule::Max(_) => {}
            Rule::Unit(component) => check_unit(at, values, *component, &report),
            Rule::Tangent(component) => {
                let (vector, sign) = values.split_at(values.len().min(3));
                check_unit(at, vector, *component, &report);
                for value in sign {
                    let value = component.map_or(*value, |component| component.normalize(*value));
                    if value.abs() != 1.0 {
                        report(codes::ACCESSOR_INVALID_SIGN, &|| {
                            format!("The last component of element {at} is {value}; it must be 1 or -1.")
                        });
                    }
                }
            }
            Rule::Clamped => {
                for value in values.iter().filter(|value| **value < 0.0 || **value > 1.0) {
                    report(codes::ACCESSOR_NON_CLAMPED, &|| {
                        format!("Element {at} has the value {value}, which is not from 0 to 1.")
                    });
                }
            }
            Rule::Indices(indices) => values.iter().for_each(|value| indices.element(at, *value, &report)),
            Rule::Times(last) => values.iter().for_each(|value| check_time(at, *value, last, &report)),
            Rule::Quaternion(component, spline) => {
                if *spline == Interpolation::Other || at % 3 == 1 {
                    check_quaternion(at, values, *component, &report);
                }
            }
            Rule::InverseBind => check_inverse_bind(at, values, &report),
        }
    }

    /// After the last element.
    pub fn finish(&self, context: &Context<'_>) {
        match &self.rule {
            Rule::Min(bound) => {
                let beyond = codes::ACCESSOR_ELEMENT_OUT_OF_MIN_BOUND;
                bound.finish(context, &self.pointer, "min", codes::ACCESSOR_MIN_MISMATCH, beyond);
            }
            Rule::Max(bound) => {
                let beyond = codes::ACCESSOR_ELEMENT_OUT_OF_MAX_BOUND;
                bound.finish(context, &self.pointer, "max", codes::ACCESSOR_MAX_MISMATCH, beyond);
            }
            Rule::Indices(indices) if indices.degenerate > 0 => {
                context.add_to(codes::ACCESSOR_INDEX_TRIANGLE_DEGENERATE, &self.pointer, || {
                    format!("{} triangles have no area.", indices.degenerate)
                });
            }
            _ => {}
        }
    }
}

type Reporter<'r> = &'r dyn Fn(Code, &dyn Fn() -> String);

fn length_of(values: &[f64], component: Option<Component>) -> f64 {
    let number = |value: &f64| component.map_or(*value, |component| component.normalize(*value));
    let square: f64 = values.iter().map(|value| number(value) * number(value)).sum();
    square.sqrt()
}

fn check_unit(at: u64, vector: &[f64], component: Option<Component>, report: Reporter<'_>) {
    let length = length_of(vector, component);
    if (length - 1.0).abs() > UNIT_THRESHOLD {
        report(codes::ACCESSOR_VECTOR3_NON_UNIT, &|| {
            format!("The length of element {at} is {length}, not 1.")
        });
    }
}

fn check_quaternion(at: u64, values: &[f64], component: Option<Component>, report: Reporter<'_>) {
    let length = length_of(values, component);
    if (length - 1.0).abs() > QUATERNION_THRESHOLD {
        report(
            codes::ACCESSOR_ANIMATION_SAMPLER_OUTPUT_NON_NORMALIZED_QUATERNION,
            &|| format!("The length of the quaternion {at} is {length}, not 1."),
        );
    }
}

fn check_time(at: u64, value: f64, last: &mut f64, report: Reporter<'_>) {
    if value < 0.0 {
        report(codes::ACCESSOR_ANIMATION_INPUT_NEGATIVE, &|| {
            format!("The time {value} at {at} is negative.")
        });
        return;
    }
    if at != 0 && value <= *last {
        report(codes::ACCESSOR_ANIMATION_INPUT_NON_INCREASING, &|| {
            format!("The time {value} at {at} is not later than the one before, {last}.")
        });
    }
    *last = value;
}

fn check_inverse_bind(at: u64, values: &[f64], report: Reporter<'_>) {
    for (index, expected) in [(3, 0.0), (7, 0.0), (11, 0.0), (15, 1.0)] {
        if values.get(index).is_some_and(|value| *value != expected) {
            report(codes::ACCESSOR_INVALID_IBM, &|| {
                format!("The component {index} of matrix {at} must be {expected}.")
            });
        }
    }
}
