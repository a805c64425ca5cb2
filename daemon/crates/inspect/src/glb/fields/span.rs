//! Ranges of numbers.

/// The numbers that a property may be.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    min: f64,
    above: f64,
    max: f64,
    below: f64,
    /// Allowed although it is outside.
    or: f64,
}

impl Span {
    pub const ANY: Self = Self {
        min: f64::NEG_INFINITY,
        above: f64::NEG_INFINITY,
        max: f64::INFINITY,
        below: f64::INFINITY,
        or: f64::NAN,
    };
    /// Zero to one.
    pub const UNIT: Self = Self::at_least(0.0).at_most(1.0);
    pub const POSITIVE: Self = Self::more_than(0.0);
    pub const NOT_NEGATIVE: Self = Self::at_least(0.0);

    pub const fn at_least(min: f64) -> Self {
        Self { min, ..Self::ANY }
    }

    pub const fn more_than(above: f64) -> Self {
        Self { above, ..Self::ANY }
    }

    pub const fn at_most(self, max: f64) -> Self {
        Self { max, ..self }
    }

    pub const fn less_than(self, below: f64) -> Self {
        Self { below, ..self }
    }

    pub const fn or(self, or: f64) -> Self {
        Self { or, ..self }
    }

    pub fn holds(&self, value: f64) -> bool {
        value == self.or || (value >= self.min && value > self.above && value <= self.max && value < self.below)
    }
}
