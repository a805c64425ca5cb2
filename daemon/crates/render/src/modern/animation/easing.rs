//! Easing: the share of the way at a share of the time.

/// A timing function of CSS, or a spline of SMIL.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Easing {
    Linear,
    /// Two control points: x, y, x, y.
    Bezier([f64; 4]),
    /// The number of intervals, of jumps, and of those at the start.
    Steps {
        intervals: f64,
        jumps: f64,
        first: f64,
    },
}

/// The initial value of `animation-timing-function`.
pub const EASE: Easing = Easing::Bezier([0.25, 0.1, 0.25, 1.0]);

impl Easing {
    /// A timing function of CSS.
    pub fn parse(value: &str) -> Option<Self> {
        Some(match value.trim() {
            "linear" => Self::Linear,
            "ease" => EASE,
            "ease-in" => Self::Bezier([0.42, 0.0, 1.0, 1.0]),
            "ease-out" => Self::Bezier([0.0, 0.0, 0.58, 1.0]),
            "ease-in-out" => Self::Bezier([0.42, 0.0, 0.58, 1.0]),
            "step-start" => Self::with_steps(1.0, "start")?,
            "step-end" => Self::with_steps(1.0, "end")?,
            value => {
                let (name, arguments) = value.strip_suffix(')')?.split_once('(')?;
                match name {
                    "cubic-bezier" => Self::from_points(arguments)?,
                    "steps" => {
                        let (intervals, position) = arguments.split_once(',').unwrap_or((arguments, "end"));
                        Self::with_steps(intervals.trim().parse().ok()?, position.trim())?
                    }
                    _ => return None,
                }
            }
        })
    }

    /// Four numbers: two control points.
    pub fn from_points(numbers: &str) -> Option<Self> {
        let numbers = numbers.split([',', ' ']).filter(|one| !one.is_empty());
        let numbers: Vec<f64> = numbers.map(|one| one.parse().ok()).collect::<Option<_>>()?;
        numbers.try_into().ok().map(Self::Bezier)
    }

    fn with_steps(intervals: f64, position: &str) -> Option<Self> {
        let (more, first) = match position {
            "start" | "jump-start" => (0.0, 1.0),
            "end" | "jump-end" => (0.0, 0.0),
            "jump-none" => (-1.0, 0.0),
            "jump-both" => (1.0, 1.0),
            _ => return None,
        };
        let jumps = intervals + more;
        (intervals >= 1.0 && jumps >= 1.0).then_some(Self::Steps {
            intervals,
            jumps,
            first,
        })
    }

    /// The share of the way; beyond 0 and 1 where the curve overshoots.
    pub fn at(self, share: f64) -> f64 {
        match self {
            Self::Linear => share,
            Self::Bezier([x1, y1, x2, y2]) => {
                let curve = |first: f64, second: f64, at: f64| {
                    let rest = 1.0 - at;
                    3.0 * rest * rest * at * first + 3.0 * rest * at * at * second + at * at * at
                };
                let (mut low, mut high) = (0.0, 1.0);
                for _ in 0..40 {
                    let middle = (low + high) / 2.0;
                    if curve(x1, x2, middle) < share {
                        low = middle;
                    } else {
                        high = middle;
                    }
                }
                curve(y1, y2, (low + high) / 2.0)
            }
            Self::Steps {
                intervals,
                jumps,
                first,
            } => ((share * intervals + 1e-9).floor() + first).min(jumps) / jumps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_functions_of_css() {
        for (function, share, expected) in [
            ("linear", 0.3, 0.3),
            ("ease", 0.5, 0.802),
            ("ease-in", 0.5, 0.315),
            ("ease-out", 0.5, 0.685),
            ("cubic-bezier(.5,-1,.5,2)", 0.25, -0.182),
            ("steps(4)", 0.6, 0.5),
            ("steps(4, start)", 0.6, 0.75),
            ("steps(3, jump-none)", 0.5, 0.5),
            ("steps(3, jump-both)", 0.5, 0.5),
            ("step-end", 0.99, 0.0),
            ("step-start", 0.0, 1.0),
        ] {
            let found = Easing::parse(function).unwrap().at(share);
            assert!((found - expected).abs() < 1e-3, "{function} at {share}: {found}");
        }
        for wrong in ["bounce", "cubic-bezier(1,2,3)", "steps(0)", "steps(1, jump-none)"] {
            assert_eq!(Easing::parse(wrong), None, "{wrong}");
        }
    }
}
