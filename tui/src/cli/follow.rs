//! Following work of the daemon: it is read again and again, and leaving does not stop it.

use std::io::IsTerminal;
use std::time::Duration;

use crate::client::Reply;
use crate::text;

/// The first readings come sooner: a small plan or canary takes no time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_millis(500);

/// Reads the value until it is as wanted.
pub async fn until<T>(
    mut value: T,
    mut is_reached: impl FnMut(&T) -> bool,
    read: impl AsyncFn(&T) -> Reply<T>,
) -> Reply<T> {
    let mut pause = FIRST_PAUSE;
    while !is_reached(&value) {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LAST_PAUSE);
        value = read(&value).await?;
    }
    Ok(value)
}

/// Shows the progress on standard error until there is none. `None` if Ctrl-C left it.
pub async fn follow<T>(
    first: T,
    progress: impl Fn(&T) -> Option<String>,
    read: impl AsyncFn(&T) -> Reply<T>,
) -> Reply<Option<T>> {
    let is_live = std::io::stderr().is_terminal();
    let mut shown = String::new();
    let is_over = |value: &T| {
        let line = progress(value).map(|line| text::clean(&line).into_owned());
        match &line {
            _ if is_live => eprint!("\r\x1b[2K{}", line.as_deref().unwrap_or_default()),
            Some(line) if *line != shown => {
                eprintln!("{line}");
                shown.clone_from(line);
            }
            _ => {}
        }
        line.is_none()
    };
    tokio::select! {
        last = until(first, is_over, read) => last.map(Some),
        _ = tokio::signal::ctrl_c() => {
            eprintln!();
            Ok(None)
        }
    }
}
