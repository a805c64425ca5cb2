//! Indices of vertices.

use super::Reporter;
use crate::glb::issue::codes;

/// Indices of vertices.
#[derive(Debug, Clone, PartialEq)]
pub struct Indices {
    pub vertices: u64,
    pub restart: f64,
    /// The corners of the triangle that is not whole yet, if these are triangles.
    pub corners: Option<Vec<f64>>,
    pub degenerate: u64,
}

impl Indices {
    /// Looks at the index number `at`.
    pub fn element(&mut self, at: u64, value: f64, report: Reporter<'_>) {
        if value >= self.vertices as f64 {
            report(codes::ACCESSOR_INDEX_OOB, &|| {
                format!("The index {value} at {at} is beyond the {} vertices.", self.vertices)
            });
        }
        if value == self.restart {
            report(codes::ACCESSOR_INDEX_PRIMITIVE_RESTART, &|| {
                format!("The index {value} at {at} is the one that restarts a primitive.")
            });
        }
        let Some(corners) = &mut self.corners else { return };
        corners.push(value);
        if let &[a, b, c] = corners.as_slice() {
            self.degenerate += u64::from(a == b || b == c || c == a);
            corners.clear();
        }
    }
}
