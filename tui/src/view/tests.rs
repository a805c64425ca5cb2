//! Each screen as people see it, at 80 x 24, from fixed data.

mod campaigns;
mod dead;

use std::time::Duration;

use crossterm::event::KeyCode;

use crate::list::Step;
use crate::paged::PageRequest;
use crate::screen::testing::{large_screen, lines, screen};
use crate::shell::{self, Action, App, Effect, Link, Marking};
use crate::state::message::Update;
