//! The stage `preview`: the contact sheet of a family is made, then the review policy settles the upload.

pub mod job;
