//! Finds the installed PostgreSQL: no server is downloaded or built.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::embedded::programs;

/// The oldest version Tradepost runs on.
pub const OLDEST_MAJOR: u32 = 15;

/// Folders in which distributions have one folder per major version.
const VERSIONED_FOLDERS: [(&str, &str); 2] = [("/usr/lib/postgresql", ""), ("/usr", "pgsql-")];

/// The programs of one installed PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    pub folder: PathBuf,
    pub major: u32,
}

/// The reason why no PostgreSQL can be started; its text says what to install.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoBinaries {
    #[error(
        "no PostgreSQL {OLDEST_MAJOR} or newer is installed: run `apt-get install postgresql-{OLDEST_MAJOR}` (or newer), or set database.url"
    )]
    NotInstalled,
    #[error(
        "the database was made by PostgreSQL {0}, which is not installed: run `apt-get install postgresql-{0}`, or move the data with pg_dump"
    )]
    OtherMajor(u32),
    #[error("{0} holds no PostgreSQL {OLDEST_MAJOR} or newer (initdb and postgres)")]
    NotInFolder(PathBuf),
}

impl Binaries {
    /// Looks in the folder asked for, PATH, what `pg_config` names and the folders of the distributions (newest first), for
    /// `major` when there is a database of that version already.
    pub fn find(asked: Option<&Path>, major: Option<u32>) -> Result<Self, NoBinaries> {
        let fits = |found: &Self| found.major >= OLDEST_MAJOR && major.is_none_or(|major| found.major == major);
        if let Some(folder) = asked {
            let found = Self::in_folder(folder).ok_or_else(|| NoBinaries::NotInFolder(folder.to_owned()))?;
            return match major {
                _ if fits(&found) => Ok(found),
                Some(major) if found.major >= OLDEST_MAJOR => Err(NoBinaries::OtherMajor(major)),
                _ => Err(NoBinaries::NotInFolder(folder.to_owned())),
            };
        }
        let in_path = programs::find("postgres")
            .as_deref()
            .and_then(Path::parent)
            .map(Path::to_owned);
        let candidates = in_path
            .into_iter()
            .chain(named_by_pg_config())
            .chain(versioned_folders());
        candidates
            .filter_map(|folder| Self::in_folder(&folder))
            .find(fits)
            .ok_or(major.map_or(NoBinaries::NotInstalled, NoBinaries::OtherMajor))
    }

    fn in_folder(folder: &Path) -> Option<Self> {
        let found = Self {
            folder: folder.to_owned(),
            major: 0,
        };
        if !programs::is_executable(&found.initdb()) {
            return None;
        }
        let version = output_of(&found.postgres(), "--version")?;
        Some(Self {
            major: major_of_version(&version)?,
            ..found
        })
    }

    pub fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }
}

fn named_by_pg_config() -> Option<PathBuf> {
    output_of(&programs::find("pg_config")?, "--bindir").map(|folder| PathBuf::from(folder.trim()))
}

fn versioned_folders() -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for (parent, prefix) in VERSIONED_FOLDERS {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        found.extend(entries.filter_map(|entry| {
            let major = major_of_folder(&entry.file_name(), prefix)?;
            Some((major, entry.path().join("bin")))
        }));
    }
    found.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    found.into_iter().map(|(_, folder)| folder).collect()
}

fn major_of_folder(name: &OsStr, prefix: &str) -> Option<u32> {
    name.to_str()?.strip_prefix(prefix)?.parse().ok()
}

fn output_of(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `... 18beta1`.
fn major_of_version(text: &str) -> Option<u32> {
    let version = text.strip_prefix("postgres (PostgreSQL) ")?;
    let digits = version
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(version.len());
    version[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(
            major_of_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major_of_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of_version("postgres (PostgreSQL) 17"), Some(17));
        assert_eq!(major_of_version("mysqld 8.0"), None);
    }

    #[test]
    fn the_error_names_the_package() {
        assert!(
            NoBinaries::NotInstalled
                .to_string()
                .contains("apt-get install postgresql-15")
        );
        assert!(
            NoBinaries::OtherMajor(16)
                .to_string()
                .contains("apt-get install postgresql-16")
        );
        let nowhere = PathBuf::from("/nowhere");
        assert_eq!(
            Binaries::find(Some(&nowhere), None),
            Err(NoBinaries::NotInFolder(nowhere))
        );
        assert_eq!(Binaries::find(None, Some(9_999)), Err(NoBinaries::OtherMajor(9_999)));
    }
}
