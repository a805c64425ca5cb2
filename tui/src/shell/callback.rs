//! Closures for a screen that is found by its type once they run.

use std::any::{Any, TypeId};
use std::fmt::{self, Debug};

use super::Shell;

type Run<A> = Box<dyn FnOnce(&mut dyn Any, A, &mut Shell) + Send>;

/// Runs with the screen of one type and an argument.
pub struct Callback<A = ()> {
    owner: TypeId,
    run: Run<A>,
}

impl<A: Send + 'static> Callback<A> {
    pub fn new<S: 'static>(run: impl FnOnce(&mut S, A, &mut Shell) + Send + 'static) -> Self {
        Self {
            owner: TypeId::of::<S>(),
            run: Box::new(|owner, argument, cx| {
                if let Some(owner) = owner.downcast_mut() {
                    run(owner, argument, cx);
                }
            }),
        }
    }

    /// Binds the argument.
    pub fn with(self, argument: A) -> Callback {
        Callback {
            owner: self.owner,
            run: Box::new(|owner, (), cx| (self.run)(owner, argument, cx)),
        }
    }
}

impl Callback {
    /// The type of the screen.
    pub(super) fn owner(&self) -> TypeId {
        self.owner
    }

    pub(super) fn run(self, owner: &mut dyn Any, cx: &mut Shell) {
        (self.run)(owner, (), cx);
    }
}

impl<A> Debug for Callback<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}
