//! The place in a document, as a list of steps on the stack: no string is built until an issue is reported.

use std::fmt;

/// A place in the JSON; prints as a JSON pointer.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    Name(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    pub const ROOT: Path<'static> = Path {
        parent: None,
        step: Step::Root,
    };

    pub fn name<'b>(&'b self, name: &'b str) -> Path<'b> {
        Path {
            parent: Some(self),
            step: Step::Name(name),
        }
    }

    pub fn index(&self, index: usize) -> Path<'_> {
        Path {
            parent: Some(self),
            step: Step::Index(index),
        }
    }
}

impl fmt::Display for Path<'_> {
    /// The document itself is `/`, as Khronos writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else {
            return match self.step {
                Step::Root => f.write_str("/"),
                Step::Name(name) => write_name(f, name),
                Step::Index(index) => write!(f, "/{index}"),
            };
        };
        if parent.parent.is_some() || !matches!(parent.step, Step::Root) {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Name(name) => write_name(f, name),
            Step::Index(index) => write!(f, "/{index}"),
        }
    }
}

fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    use fmt::Write as _;
    f.write_char('/')?;
    for character in name.chars() {
        match character {
            '~' => f.write_str("~0")?,
            '/' => f.write_str("~1")?,
            other => f.write_char(other)?,
        }
    }
    Ok(())
}
