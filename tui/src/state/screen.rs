//! The screens and the keys that open them.

use crate::shell::Page;

/// One screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// Dead letters by what they died of.
    Groups,
    /// Dead letters, newest first.
    Letters,
    /// One dead letter.
    Letter,
    /// Any page of another screen.
    Other,
}

/// The pages that are not moved yet.
pub static PAGES: [Page; 3] = [
    Page::tab("dead-groups", '3', "Dead", "Dead"),
    Page::below("dead-letters", "dead-groups"),
    Page::below("dead-letter", "dead-groups"),
];

impl Screen {
    /// The name in exports and in the palette.
    pub fn word(self) -> &'static str {
        match self {
            Self::Groups => "dead-groups",
            Self::Letters => "dead-letters",
            Self::Letter => "dead-letter",
            Self::Other => "other",
        }
    }

    pub fn page(self) -> &'static Page {
        PAGES.iter().find(|page| page.name == self.word()).unwrap_or(&PAGES[0])
    }

    pub fn with_name(name: &str) -> Option<Self> {
        [Self::Groups, Self::Letters, Self::Letter]
            .into_iter()
            .find(|screen| screen.word() == name)
    }
}
