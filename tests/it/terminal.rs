//! `tradepost` on a real daemon: the twins on the command line, and the screens in a terminal.

mod dead_letters;
mod screens;
mod twins;
mod upload;
