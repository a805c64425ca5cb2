//! Packs for the demo and the tests, sound ones and whatever a test needs.

mod drawn;
mod hostile;
pub mod media;
mod pack;

pub use self::drawn::drawn_pack;
pub use self::hostile::{eicar, scripted};
pub use self::pack::{PackSpec, SampleFile, pack_bytes, write_pack, zip_bytes};
