//! The control socket: what operators see, what they may do, and what is written down about it.

mod acting;
mod looking;
mod peers;
mod running;
mod searching;
mod settings;
mod tokens;
mod verbs;
