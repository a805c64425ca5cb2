//! Declared limits against the actual ones.

use crate::glb::context::Context;
use crate::glb::issue::Code;

/// The declared and the actual bounds of an accessor.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    declared: Vec<f64>,
    actual: Vec<f64>,
    beyond: Vec<u64>,
}

impl Bound {
    /// Nothing was seen yet.
    pub fn new(declared: &[f64]) -> Self {
        Self {
            declared: declared.to_vec(),
            actual: vec![0.0; declared.len()],
            beyond: vec![0; declared.len()],
        }
    }

    /// `is_beyond` says whether the first number is on the wrong side of the second.
    pub fn element(&mut self, at: u64, values: &[f64], is_beyond: impl Fn(f64, f64) -> bool) {
        let limits = self.declared.iter().zip(&mut self.actual).zip(&mut self.beyond);
        for (&value, ((declared, actual), beyond)) in values.iter().zip(limits) {
            if at == 0 || is_beyond(value, *actual) {
                *actual = value;
            }
            *beyond += u64::from(is_beyond(value, *declared));
        }
    }

    /// After the last element: the rules for a wrong limit, and for elements beyond it.
    pub fn finish(&self, context: &Context<'_>, pointer: &str, name: &str, mismatch: Code, beyond: Code) {
        for (index, (declared, actual)) in self.declared.iter().zip(&self.actual).enumerate() {
            if declared == actual {
                continue;
            }
            let pointer = format!("{pointer}/{name}/{index}");
            context.add_to(mismatch, &pointer, || {
                format!("The declared {name} is {declared}, the actual one is {actual}.")
            });
            let count = self.beyond[index];
            if count > 0 {
                context.add_to(beyond, &pointer, || {
                    format!("{count} elements are beyond the declared {name} {declared}.")
                });
            }
        }
    }
}
