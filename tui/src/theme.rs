//! Colours, by meaning. No view names a colour, and no meaning is carried by colour alone.

use ratatui::style::{Color, Modifier, Style};

/// The meaning of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Plain,
    /// Labels, rules, what is less important.
    Dim,
    /// Headings and keys.
    Accent,
    Good,
    Warn,
    Bad,
    /// Must be seen: a whole line in reverse.
    Loud,
    /// A banner that is no fault: armed, frozen.
    Banner,
}

/// The palettes that `T` walks through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Theme {
    Dark,
    Light,
    /// No colour at all: bold, dim, underlined, reversed.
    Mono,
}

/// The background of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    Dark,
    Light,
}

impl Ground {
    /// Dark unless the terminal says otherwise.
    pub fn from_environment(read: impl Fn(&str) -> Option<String>) -> Self {
        let background = read("COLORFGBG").and_then(|v| v.rsplit(';').next().map(str::to_owned));
        match background.as_deref() {
            Some("7" | "15") => Self::Light,
            _ => Self::Dark,
        }
    }
}

impl Theme {
    /// `NO_COLOR` wins, then what the terminal says about its background.
    pub fn from_environment(read: impl Fn(&str) -> Option<String>) -> Self {
        if read("NO_COLOR").is_some_and(|v| !v.is_empty()) || read("TERM").as_deref() == Some("dumb") {
            return Self::Mono;
        }
        match Ground::from_environment(read) {
            Ground::Light => Self::Light,
            Ground::Dark => Self::Dark,
        }
    }

    pub fn next(self) -> Self {
        match self {
            Self::Dark => Self::Light,
            Self::Light => Self::Mono,
            Self::Mono => Self::Dark,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Mono => "mono",
        }
    }

    pub fn style(self, tone: Tone) -> Style {
        match self {
            Self::Dark => dark(tone),
            Self::Light => light(tone),
            Self::Mono => mono(tone),
        }
    }

    /// The line under the cursor.
    pub fn selected(self) -> Style {
        match self {
            Self::Dark => Style::new().bg(Color::Indexed(24)).fg(Color::Indexed(255)),
            Self::Light => Style::new().bg(Color::Indexed(153)).fg(Color::Indexed(16)),
            Self::Mono => Style::new().add_modifier(Modifier::REVERSED),
        }
    }
}

fn dark(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Dim => Style::new().fg(Color::Indexed(245)),
        Tone::Accent => Style::new().fg(Color::Indexed(80)).add_modifier(Modifier::BOLD),
        Tone::Good => Style::new().fg(Color::Indexed(114)),
        Tone::Warn => Style::new().fg(Color::Indexed(221)),
        Tone::Bad => Style::new().fg(Color::Indexed(210)).add_modifier(Modifier::BOLD),
        Tone::Loud => Style::new()
            .bg(Color::Indexed(160))
            .fg(Color::Indexed(231))
            .add_modifier(Modifier::BOLD),
        Tone::Banner => Style::new()
            .bg(Color::Indexed(221))
            .fg(Color::Indexed(16))
            .add_modifier(Modifier::BOLD),
    }
}

fn light(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Dim => Style::new().fg(Color::Indexed(242)),
        Tone::Accent => Style::new().fg(Color::Indexed(24)).add_modifier(Modifier::BOLD),
        Tone::Good => Style::new().fg(Color::Indexed(22)),
        Tone::Warn => Style::new().fg(Color::Indexed(94)).add_modifier(Modifier::BOLD),
        Tone::Bad => Style::new().fg(Color::Indexed(124)).add_modifier(Modifier::BOLD),
        Tone::Loud => Style::new()
            .bg(Color::Indexed(124))
            .fg(Color::Indexed(231))
            .add_modifier(Modifier::BOLD),
        Tone::Banner => Style::new()
            .bg(Color::Indexed(220))
            .fg(Color::Indexed(16))
            .add_modifier(Modifier::BOLD),
    }
}

fn mono(tone: Tone) -> Style {
    match tone {
        Tone::Plain | Tone::Good => Style::new(),
        Tone::Dim => Style::new().add_modifier(Modifier::DIM),
        Tone::Accent | Tone::Warn => Style::new().add_modifier(Modifier::BOLD),
        Tone::Bad => Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
        Tone::Loud | Tone::Banner => Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme(pairs: &[(&str, &str)]) -> Theme {
        Theme::from_environment(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn no_color_wins_over_everything() {
        assert_eq!(theme(&[("NO_COLOR", "1"), ("COLORFGBG", "0;15")]), Theme::Mono);
        assert_eq!(theme(&[("NO_COLOR", "")]), Theme::Dark);
        assert_eq!(theme(&[("COLORFGBG", "0;default;15")]), Theme::Light);
    }

    #[test]
    fn mono_never_sets_a_colour() {
        use Tone::*;
        for tone in [Plain, Dim, Accent, Good, Warn, Bad, Loud, Banner] {
            let style = Theme::Mono.style(tone);
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }
}
