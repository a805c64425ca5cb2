//! Whatever a contributor or a client does wrong: a clear answer that names the file and the fault, and nothing published.

mod accounts;
mod packs;
mod puts;
mod requests;
mod texts;
mod transfer;
