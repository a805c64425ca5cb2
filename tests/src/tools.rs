//! Programs of Debian that judge what is deployed.

use std::path::PathBuf;
use std::process::Command;

/// A program of the machine. `None`, with a word about it, where it is not installed; `make/setup tests` installs it.
pub fn tool(name: &str, package: &str) -> Option<Command> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Programs for root are not on the path of everybody.
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    if let Some(program) = folders.map(|folder| folder.join(name)).find(|program| program.exists()) {
        return Some(Command::new(program));
    }
    println!("SKIPPED: no {name} here; apt-get install {package}");
    None
}
