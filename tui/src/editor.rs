//! Text that somebody edits in an editor of their own.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A payload is far smaller.
const MAX_BYTES: u64 = 4 << 20;

/// A file in a folder of its own, for the user alone; both go when it is dropped, with what the editor left beside it.
pub struct Draft {
    folder: PathBuf,
    file: PathBuf,
}

impl Draft {
    pub fn new(name: &str, text: &str) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("tradepost-{}", uuid::Uuid::new_v4()));
        DirBuilder::new().mode(0o700).create(&folder)?;
        let file = folder.join(format!("{name}.json"));
        let draft = Self { folder, file };
        let mut out = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft.file)?;
        out.write_all(text.as_bytes())?;
        Ok(draft)
    }

    pub fn path(&self) -> &Path {
        &self.file
    }

    /// The text as it is now.
    pub fn read(&self) -> Result<String, String> {
        let size = fs::metadata(&self.file).map_err(|e| e.to_string())?.len();
        if size > MAX_BYTES {
            return Err(format!("the text is longer than {} MiB", MAX_BYTES >> 20));
        }
        fs::read_to_string(&self.file).map_err(|e| e.to_string())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Nothing can be done when it is gone already.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The editor on that file, as the environment names it: `$VISUAL`, `$EDITOR`, else `vi`.
pub fn command(file: &Path) -> tokio::process::Command {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let editor = named("VISUAL")
        .or_else(|| named("EDITOR"))
        .unwrap_or_else(|| "vi".to_owned());
    // Through a shell, because people write `code --wait` there.
    let mut command = tokio::process::Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(format!("{editor} \"$1\""))
        .arg("editor")
        .arg(file)
        .kill_on_drop(true);
    command
}

/// Edits the text where a terminal is at hand and nobody else uses it.
pub async fn edit(name: &str, text: &str) -> Result<String, String> {
    let draft = Draft::new(name, text).map_err(|e| format!("cannot write a file to edit: {e}"))?;
    let status = command(draft.path()).status().await;
    finished(status, &draft)
}

/// The text that the editor left, if it ended well.
pub fn finished(status: io::Result<std::process::ExitStatus>, draft: &Draft) -> Result<String, String> {
    match status {
        Ok(status) if status.success() => draft.read(),
        Ok(status) => Err(format!("the editor ended with {status}")),
        Err(e) => Err(format!("the editor cannot be started: {e}")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn draft_is_for_its_user_alone_and_goes() {
        let draft = Draft::new("render", "{}").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(draft.path()), mode(&draft.folder)), (0o600, 0o700));
        fs::write(draft.folder.join("render.json~"), "left by an editor").unwrap();
        assert_eq!(draft.read().unwrap(), "{}");
        let folder = draft.folder.clone();
        drop(draft);
        assert!(!folder.exists());
    }
}
