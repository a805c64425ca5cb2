//! Lines of the command palette.

use super::Shell;
use super::callback::Callback;

/// One line of the palette. Enter runs it, so whatever decides or destroys asks first.
pub struct Entry {
    pub words: String,
    /// The key that does the same, if there is one.
    pub key: String,
    pub(super) run: Callback,
}

impl Entry {
    /// A line that calls its screen.
    pub fn new<S: 'static>(
        words: impl Into<String>,
        key: impl Into<String>,
        run: impl FnOnce(&mut S, &mut Shell) + Send + 'static,
    ) -> Self {
        Self {
            words: words.into(),
            key: key.into(),
            run: Callback::new(|screen: &mut S, (), cx| run(screen, cx)),
        }
    }
}
