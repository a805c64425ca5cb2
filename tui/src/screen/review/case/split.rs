//! The outcome of an approval.

/// The numbers of files of a case that are published and left out when it is approved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Split {
    pub publish: usize,
    /// A check forbids them.
    pub blocked: usize,
    /// The moderator left them out.
    pub marked: usize,
}

impl Split {
    /// `98 files; 2 left out (1 blocked, 1 marked)`.
    pub fn in_words(self) -> String {
        let files = crate::format::plural(self.publish as i64, "file", "files");
        match (self.blocked, self.marked) {
            (0, 0) => files,
            (blocked, 0) => format!("{files}; {blocked} blocked left out"),
            (0, marked) => format!("{files}; {marked} marked left out"),
            (blocked, marked) => {
                format!(
                    "{files}; {} left out ({blocked} blocked, {marked} marked)",
                    blocked + marked
                )
            }
        }
    }
}
