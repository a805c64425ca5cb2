//! The screens and the keys that open them.

use crate::shell::Page;

/// One screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Overview,
    Queues,
    /// Dead letters by what they died of.
    Groups,
    /// Dead letters, newest first.
    Letters,
    /// One dead letter.
    Letter,
    Operations,
    /// One operation and its messages.
    Operation,
    Campaigns,
    /// One campaign, its canary and what it could not draw.
    Campaign,
    Latency,
    Review,
    Item,
    /// Any page of another screen.
    Other,
    Uploads,
    /// One upload, opened from [`Screen::Uploads`].
    Trace,
}

/// The pages that are not moved yet.
pub static PAGES: [Page; 14] = [
    Page::tab("overview", '1', "Overview", "Over"),
    Page::tab("queues", '2', "Queues", "Queue"),
    Page::tab("dead-groups", '3', "Dead", "Dead"),
    Page::below("dead-letters", "dead-groups"),
    Page::below("dead-letter", "dead-groups"),
    Page::tab("operations", '4', "Ops", "Ops"),
    Page::below("operation", "operations"),
    Page::below("campaigns", "operations"),
    Page::below("campaign", "operations"),
    Page::tab("latency", '5', "Latency", "Lat"),
    Page::tab("cases", '7', "Review", "Rev"),
    Page::tab("case", '8', "Item", "Item"),
    Page::tab("uploads", '0', "Uploads", "Upl"),
    Page::below("upload", "uploads"),
];

impl Screen {
    /// What exports and the palette call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Queues => "queues",
            Self::Groups => "dead-groups",
            Self::Letters => "dead-letters",
            Self::Letter => "dead-letter",
            Self::Operations => "operations",
            Self::Operation => "operation",
            Self::Campaigns => "campaigns",
            Self::Campaign => "campaign",
            Self::Latency => "latency",
            Self::Review => "cases",
            Self::Item => "case",
            Self::Uploads => "uploads",
            Self::Trace => "upload",
            Self::Other => "other",
        }
    }

    pub fn page(self) -> &'static Page {
        PAGES.iter().find(|page| page.name == self.word()).unwrap_or(&PAGES[0])
    }

    pub fn with_name(name: &str) -> Option<Self> {
        [
            Self::Overview,
            Self::Queues,
            Self::Groups,
            Self::Letters,
            Self::Letter,
            Self::Operations,
            Self::Operation,
            Self::Campaigns,
            Self::Campaign,
            Self::Latency,
            Self::Review,
            Self::Item,
            Self::Uploads,
            Self::Trace,
        ]
        .into_iter()
        .find(|screen| screen.word() == name)
    }
}
