//! The screens and the keys that open them.

/// One screen. Dead letters (3) and Operations (4) are not in this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Overview,
    Queues,
    Latency,
    Alerts,
    Review,
    Item,
    Audit,
    Uploads,
    /// One upload, opened from [`Screen::Uploads`].
    Trace,
}

/// The screens that have a tab, in the order of their keys.
pub const TABS: [Screen; 8] = [
    Screen::Overview,
    Screen::Queues,
    Screen::Latency,
    Screen::Alerts,
    Screen::Review,
    Screen::Item,
    Screen::Audit,
    Screen::Uploads,
];

impl Screen {
    pub fn key(self) -> char {
        match self {
            Self::Overview => '1',
            Self::Queues => '2',
            Self::Latency => '5',
            Self::Alerts => '6',
            Self::Review => '7',
            Self::Item => '8',
            Self::Audit => '9',
            Self::Uploads | Self::Trace => '0',
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Queues => "Queues",
            Self::Latency => "Latency",
            Self::Alerts => "Alerts",
            Self::Review => "Review",
            Self::Item => "Item",
            Self::Audit => "Audit",
            Self::Uploads | Self::Trace => "Uploads",
        }
    }

    /// What exports and the palette call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Queues => "queues",
            Self::Latency => "latency",
            Self::Alerts => "alerts",
            Self::Review => "cases",
            Self::Item => "case",
            Self::Audit => "audit",
            Self::Uploads => "uploads",
            Self::Trace => "upload",
        }
    }

    /// The tab that is lit.
    pub fn tab(self) -> Self {
        match self {
            Self::Trace => Self::Uploads,
            other => other,
        }
    }

    pub fn of_key(key: char) -> Option<Self> {
        TABS.into_iter().find(|s| s.key() == key)
    }
}
