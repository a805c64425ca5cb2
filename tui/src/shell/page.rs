//! Pages and the keys that open them.

/// One view of a screen, as the terminal shows it. A screen has one page or several: a list, then one entry of it.
#[derive(Debug)]
pub struct Page {
    /// Unique among all pages. The palette and exports use it.
    pub name: &'static str,
    pub place: Place,
}

/// The way a page is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A tab in the first line, opened by its digit.
    Tab {
        key: char,
        title: &'static str,
        /// The title where there is little room.
        short: &'static str,
    },
    /// Opened by `'` and the letter.
    Letter { key: char, title: &'static str },
    /// Opened from another page; it belongs to the page of that name.
    Below(&'static str),
}

impl Page {
    pub const fn tab(name: &'static str, key: char, title: &'static str, short: &'static str) -> Self {
        let place = Place::Tab { key, title, short };
        Self { name, place }
    }

    pub const fn letter(name: &'static str, key: char, title: &'static str) -> Self {
        let place = Place::Letter { key, title };
        Self { name, place }
    }

    pub const fn below(name: &'static str, above: &'static str) -> Self {
        let place = Place::Below(above);
        Self { name, place }
    }

    /// `3` or `'t`.
    pub fn shortcut(&self) -> Option<String> {
        match self.place {
            Place::Tab { key, .. } => Some(key.to_string()),
            Place::Letter { key, .. } => Some(format!("'{key}")),
            Place::Below(_) => None,
        }
    }

    /// The name of the page with a tab or a letter that this one belongs to.
    pub fn root(&self) -> &'static str {
        match self.place {
            Place::Below(above) => above,
            _ => self.name,
        }
    }
}

impl PartialEq for Page {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Page {}
