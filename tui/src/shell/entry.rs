//! Lines of the command palette.

use std::any::Any;

use super::Shell;

type Run = Box<dyn FnOnce(&mut dyn Any, &mut Shell)>;

/// One line of the palette. Enter runs it, so whatever decides or destroys asks first.
pub struct Entry {
    pub words: String,
    /// The key that does the same, if there is one.
    pub key: String,
    run: Run,
}

impl Entry {
    /// A line that calls its screen.
    pub fn new<S: 'static>(
        words: impl Into<String>,
        key: impl Into<String>,
        run: impl FnOnce(&mut S, &mut Shell) + 'static,
    ) -> Self {
        Self {
            words: words.into(),
            key: key.into(),
            run: Box::new(|owner, cx| {
                if let Some(screen) = owner.downcast_mut::<S>() {
                    run(screen, cx);
                }
            }),
        }
    }

    pub(super) fn run(self, owner: &mut dyn Any, cx: &mut Shell) {
        (self.run)(owner, cx);
    }
}
