//! Programs of Debian that judge what is deployed.

use std::path::PathBuf;
use std::process::Command;

/// A program of the machine. `None`, with a word about it, where it is not installed; where CI is set that is a failure.
pub fn tool(name: &str, package: &str) -> Option<Command> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Programs for root are not on the path of everybody.
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    if let Some(program) = folders.map(|folder| folder.join(name)).find(|program| program.exists()) {
        return Some(Command::new(program));
    }
    let ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
    assert!(!ci, "no {name} to judge with: apt-get install {package}");
    println!("SKIPPED: no {name} here; apt-get install {package}");
    None
}
