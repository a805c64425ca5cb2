//! Dead letters and the operations on them, through the control socket of a real daemon.

mod bulk;
mod editing;
mod giving_up;
mod looking;
mod redriving;
mod refused;
