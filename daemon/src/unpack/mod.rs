//! What is in a pack: the manifest and the archive are read in the jail (`tradepost-inspect`), and become drafts here.

pub mod job;
