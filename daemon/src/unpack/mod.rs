//! Unpacks packs: archive and manifest are read in the jail (`tradepost-inspect`), and become drafts here.

pub mod job;
