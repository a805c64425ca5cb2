//! Each screen as people see it, at 80 x 24, from fixed data.

mod dead;

use std::time::Duration;

use crate::list::Step;
use crate::screen::testing::{large_screen, lines, screen};
use crate::shell::{Action, App, Marking};
use crate::state::message::Update;
