//! The way pictures get to this terminal. Decided from the environment alone: asking the terminal
//! would hold up the start by two seconds where it does not answer.

use crate::theme::Ground;

/// The values of `--graphics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Choice {
    /// From the environment, else half blocks.
    Auto,
    Halfblocks,
    Kitty,
    Iterm2,
    Sixel,
}

/// The protocol that pictures are sent by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `▀` with two colours a cell; works everywhere.
    Halfblocks,
    /// `░▒▓█`, where no colour is wanted.
    Shades,
    Kitty,
    Iterm2,
    Sixel,
}

/// The colours that half blocks may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    Full,
    /// The 256 colours of xterm.
    Indexed,
}

/// Everything about pictures that depends on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Graphics {
    pub protocol: Protocol,
    pub depth: Depth,
    /// Pixels of a cell; for half blocks one by two.
    pub cell: (u16, u16),
    pub wrapping: Wrapping,
    pub ground: Ground,
}

/// The wrapping of graphics sequences inside tmux.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    None,
    Tmux,
}

impl Graphics {
    pub fn new(choice: Choice, cell: Option<(u16, u16)>, read: impl Fn(&str) -> Option<String>) -> Self {
        let protocol = match choice {
            Choice::Auto => guess(&read),
            Choice::Halfblocks => Protocol::Halfblocks,
            Choice::Kitty => Protocol::Kitty,
            Choice::Iterm2 => Protocol::Iterm2,
            Choice::Sixel => Protocol::Sixel,
        };
        Self {
            protocol,
            depth: depth(&read),
            cell: match protocol {
                Protocol::Halfblocks | Protocol::Shades => (1, 2),
                _ => cell.unwrap_or((10, 20)),
            },
            wrapping: if in_tmux(&read) { Wrapping::Tmux } else { Wrapping::None },
            ground: Ground::from_environment(&read),
        }
    }

    /// The same terminal without colour.
    pub fn without_colour(self) -> Self {
        match self.protocol {
            Protocol::Halfblocks => Self {
                protocol: Protocol::Shades,
                ..self
            },
            _ => self,
        }
    }

    /// Pictures are made of characters, which other text covers.
    pub fn is_text(self) -> bool {
        matches!(self.protocol, Protocol::Halfblocks | Protocol::Shades)
    }

    /// These draw over cells, so that the screen has to be wiped when the picture goes.
    pub fn leaves_pixels(self) -> bool {
        matches!(self.protocol, Protocol::Sixel | Protocol::Iterm2)
    }
}

fn is_set(read: &impl Fn(&str) -> Option<String>, name: &str) -> bool {
    read(name).is_some_and(|v| !v.is_empty())
}

fn in_tmux(read: &impl Fn(&str) -> Option<String>) -> bool {
    is_set(read, "TMUX") || read("TERM").is_some_and(|t| t.starts_with("tmux"))
}

fn guess(read: &impl Fn(&str) -> Option<String>) -> Protocol {
    let term = read("TERM").unwrap_or_default();
    let program = read("TERM_PROGRAM").unwrap_or_default();
    // The inside of a multiplexer may be shown on another terminal tomorrow.
    if in_tmux(read) || is_set(read, "STY") || term.starts_with("screen") {
        return Protocol::Halfblocks;
    }
    let kitty = is_set(read, "KITTY_WINDOW_ID") || term == "xterm-kitty";
    if kitty || term == "xterm-ghostty" || program == "ghostty" {
        return Protocol::Kitty;
    }
    let iterm = ["iTerm.app", "WezTerm", "mintty"].contains(&program.as_str());
    if iterm || read("LC_TERMINAL").is_some_and(|t| t.contains("iTerm")) {
        return Protocol::Iterm2;
    }
    if ["foot", "mlterm", "contour", "yaft"]
        .iter()
        .any(|t| term.starts_with(t))
    {
        return Protocol::Sixel;
    }
    Protocol::Halfblocks
}

fn depth(read: &impl Fn(&str) -> Option<String>) -> Depth {
    let full = read("COLORTERM").is_some_and(|v| v == "truecolor" || v == "24bit");
    let term = read("TERM").unwrap_or_default();
    let known = ["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "tmux"];
    if full || term.ends_with("-direct") || known.iter().any(|t| term.starts_with(t)) {
        Depth::Full
    } else {
        Depth::Indexed
    }
}

/// The nearest of the 256 colours of xterm: its grey ramp or its 6x6x6 cube.
pub fn indexed(r: u8, g: u8, b: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let level = |v: u8| (0..6).min_by_key(|&i| STEPS[i].abs_diff(v)).unwrap_or(0);
    let (ri, gi, bi) = (level(r), level(g), level(b));
    let cube = (STEPS[ri], STEPS[gi], STEPS[bi]);
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let ramp = (mean.saturating_sub(3) / 10).min(23) as u8;
    let grey = 8 + 10 * ramp;
    if distance((grey, grey, grey), (r, g, b)) < distance(cube, (r, g, b)) {
        232 + ramp
    } else {
        (16 + 36 * ri + 6 * gi + bi) as u8
    }
}

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let square = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    square(a.0, b.0) + square(a.1, b.1) + square(a.2, b.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(pairs: &[(&str, &str)]) -> Graphics {
        Graphics::new(Choice::Auto, None, |name| {
            pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
        })
    }

    #[test]
    fn environment_decides_and_multiplexers_get_half_blocks() {
        assert_eq!(auto(&[]).protocol, Protocol::Halfblocks);
        assert_eq!(auto(&[("KITTY_WINDOW_ID", "1")]).protocol, Protocol::Kitty);
        assert_eq!(auto(&[("TERM_PROGRAM", "WezTerm")]).protocol, Protocol::Iterm2);
        assert_eq!(auto(&[("TERM", "foot-extra")]).protocol, Protocol::Sixel);
        let nested = auto(&[("KITTY_WINDOW_ID", "1"), ("TMUX", "/tmp/x")]);
        assert_eq!(nested.protocol, Protocol::Halfblocks);
    }

    #[test]
    fn colours_fall_back_to_the_nearest_of_256() {
        assert_eq!(auto(&[("TERM", "xterm-256color")]).depth, Depth::Indexed);
        assert_eq!(auto(&[("COLORTERM", "truecolor")]).depth, Depth::Full);
        assert_eq!(indexed(255, 0, 0), 196);
        assert_eq!(indexed(0, 0, 0), 16);
        assert_eq!(indexed(128, 128, 128), 244);
    }
}
