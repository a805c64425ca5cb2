//! The queue and a case, and what is drawn over them.

pub mod bulk;
pub mod case_head;
pub mod compare;
pub mod item;
pub mod picture;
pub mod queue;
pub mod reasons;
pub mod record;
pub mod source;
