//! Mistakes of contributors and clients: each gets a clear answer that names the file and the fault, and nothing is published.

mod accounts;
mod packs;
mod puts;
mod requests;
mod texts;
mod transfer;
