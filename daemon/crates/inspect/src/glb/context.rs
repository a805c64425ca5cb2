//! The context of every check: the list of issues, the declared extensions, and the work that is left.

use std::cell::{Cell, RefCell};

use super::container::Container;
use super::issue::{Code, Issues, codes};
use super::known::Declared;
use super::path::Path;
use super::policy::Policy;

/// Shared by everything that reads one model.
pub struct Context<'a> {
    pub container: Container,
    pub policy: Policy,

    /// Set once `extensionsUsed` was read.
    pub declared: Declared<'a>,
    issues: RefCell<Issues>,
    work_left: Cell<u64>,
    objects_left: Cell<usize>,
    exhausted: Cell<bool>,
}

impl<'a> Context<'a> {
    pub fn new(policy: Policy, issues: Issues, container: Container, work: u64) -> Self {
        Self {
            container,
            policy,
            declared: Declared::default(),
            issues: RefCell::new(issues),
            work_left: Cell::new(work),
            objects_left: Cell::new(policy.max_objects),
            exhausted: Cell::new(false),
        }
    }

    pub fn is_glb(&self) -> bool {
        self.container == Container::Glb
    }

    pub fn add(&self, code: Code, path: &Path<'_>, message: impl FnOnce() -> String) {
        self.issues.borrow_mut().add(code, path, message);
    }

    /// Adds an issue at a stored pointer.
    pub fn add_to(&self, code: Code, pointer: &str, message: impl FnOnce() -> String) {
        self.issues.borrow_mut().add(code, &pointer, message);
    }

    /// Pays for `steps` of work that the file asks for but did not bring the bytes for, such as many accessors over the same data. Once
    /// nothing is left, the model is refused and the rest of such checks is left out.
    pub fn spend(&self, steps: u64) -> bool {
        match self.work_left.get().checked_sub(steps) {
            Some(left) => self.work_left.set(left),
            None => {
                self.work_left.set(0);
                if !self.exhausted.replace(true) {
                    self.issues.borrow_mut().add_to_file(codes::TOO_MUCH_WORK, || {
                        "Checking this model takes far more work than its size explains, as when thousands of accessors share \
                         the same bytes."
                            .to_owned()
                    });
                }
                return false;
            }
        }
        true
    }

    /// Makes room for a list of objects; once there is no more, the model is refused and such a list is left out.
    pub fn admit(&self, objects: usize, path: &Path<'_>) -> bool {
        let left = self.objects_left.get().checked_sub(objects);
        self.objects_left.set(left.unwrap_or(0));
        if left.is_none() {
            self.add(codes::TOO_MANY_OBJECTS, path, || {
                format!("The model has more than {} objects.", self.policy.max_objects)
            });
        }
        left.is_some()
    }

    pub fn into_issues(self) -> Issues {
        self.issues.into_inner()
    }
}

/// Reports an index without an object.
pub fn unresolved(context: &Context<'_>, path: &Path<'_>, index: usize) {
    context.add(codes::UNRESOLVED_REFERENCE, path, || {
        format!("There is no object with the index {index}.")
    });
}
