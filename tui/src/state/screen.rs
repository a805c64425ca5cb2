//! The screens and the keys that open them.

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
    Alerts,
    Review,
    Item,
    Audit,
    Uploads,
    /// One upload, opened from [`Screen::Uploads`].
    Trace,
}

/// The screens that have a tab, in the order of their keys.
pub const TABS: [Screen; 10] = [
    Screen::Overview,
    Screen::Queues,
    Screen::Groups,
    Screen::Operations,
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
            Self::Groups | Self::Letters | Self::Letter => '3',
            Self::Operations | Self::Operation | Self::Campaigns | Self::Campaign => '4',
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
            Self::Groups | Self::Letters | Self::Letter => "Dead",
            Self::Operations | Self::Operation | Self::Campaigns | Self::Campaign => "Ops",
            Self::Latency => "Latency",
            Self::Alerts => "Alerts",
            Self::Review => "Review",
            Self::Item => "Item",
            Self::Audit => "Audit",
            Self::Uploads | Self::Trace => "Uploads",
        }
    }

    /// The name where there is little room.
    pub fn short_name(self) -> &'static str {
        match self {
            Self::Overview => "Over",
            Self::Queues => "Queue",
            Self::Latency => "Lat",
            Self::Alerts => "Alert",
            Self::Review => "Rev",
            Self::Audit => "Aud",
            Self::Uploads | Self::Trace => "Upl",
            other => other.name(),
        }
    }

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
            Self::Letters | Self::Letter => Self::Groups,
            Self::Operation | Self::Campaigns | Self::Campaign => Self::Operations,
            other => other,
        }
    }

    pub fn of_key(key: char) -> Option<Self> {
        TABS.into_iter().find(|s| s.key() == key)
    }
}
