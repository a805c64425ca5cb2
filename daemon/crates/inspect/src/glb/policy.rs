//! The policy of a check.

use super::issue::Code;

/// The limits and rules of a check.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// The container must be GLB; otherwise a JSON document will do.
    pub(super) glb_only: bool,
    /// References to other files are errors.
    pub(super) embedded_only: bool,
    /// The only extensions that a model may use; `None` for all.
    pub(super) extensions: Option<&'static [&'static str]>,
    /// Codes that become errors.
    pub(super) raised: &'static [Code],
    pub(super) max_file_bytes: usize,
    pub(super) max_json_bytes: usize,
    pub(super) max_json_values: usize,
    pub(super) max_pixels: u64,
    /// The most objects of all kinds together.
    pub(super) max_objects: usize,
    /// Steps of work that are allowed in addition to two for each byte.
    pub(super) free_work: u64,
}

impl Policy {
    /// The rules of the Khronos validator and no others, so that verdicts can be compared. Only what no machine could carry is refused as well.
    pub const fn khronos() -> Self {
        Self {
            glb_only: false,
            embedded_only: false,
            extensions: None,
            raised: &[],
            max_file_bytes: usize::MAX,
            max_json_bytes: usize::MAX,
            max_json_values: usize::MAX,
            max_pixels: u64::MAX,
            max_objects: usize::MAX,
            free_work: 1 << 28,
        }
    }
}
