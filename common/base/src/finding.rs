use serde::{Deserialize, Serialize};

/// A finding of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// The path inside the pack; `None` when it is about the pack itself.
    #[cfg_attr(feature = "openapi", schema(max_length = 4_000))]
    pub file: Option<String>,
    /// Stable, dotted: `malware`, `active-content.script`, `manifest`, `renders-nothing`.
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub rule: String,
    pub severity: FindingSeverity,
    #[cfg_attr(feature = "openapi", schema(max_length = 4_000))]
    pub message: String,
    /// 1-based, where the check can tell.
    pub line: Option<i32>,
    pub column: Option<i32>,
    /// The offending text, shortened, control characters replaced.
    #[cfg_attr(feature = "openapi", schema(max_length = 4_000))]
    pub excerpt: Option<String>,
}

crate::text_enum! {
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum FindingSeverity {
        /// Worth knowing; does not hold anything up.
        Info = "info",
        /// A moderator decides.
        Warning = "warning",
        /// The file is never published; the rest of the pack may be.
        Blocking = "blocking",
    }
}
