//! The command IDSESSION: many pieces over one connection. A session only ever says that a piece is clean; whatever else comes is left to
//! [`scan`](super::scan), whose verdict counts.

use std::io;
use std::time::Instant;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::timeout;

use super::connection::{CHUNK_BYTES, Connection};
use super::{ScanError, ScanLimits, ScannerAddress};

/// Larger pieces are scanned alone.
pub const MOST_BYTES: u64 = 256 << 10;

/// For each piece: true when the scanner said once, and wholly, that it is clean.
///
/// # Errors
/// The scanner did not answer in time.
pub async fn scan_session(
    address: &ScannerAddress,
    pieces: &[&[u8]],
    limits: ScanLimits,
) -> Result<Vec<bool>, ScanError> {
    if pieces.len() < 2 {
        // Scanned alone, it costs the same.
        return Ok(vec![false; pieces.len()]);
    }
    let began = Instant::now();
    let answers = timeout(limits.timeout, ask(address, pieces))
        .await
        .map_err(|_| ScanError::Timeout(limits.timeout))?;
    let is_silent = limits
        .silent_after
        .is_some_and(|silent_after| began.elapsed() >= silent_after);
    match answers {
        Ok(answers) if !is_silent => Ok(answers.into_iter().map(|answer| answer == Some(true)).collect()),
        // A scan of its own finds out the reason for each piece.
        _ => Ok(vec![false; pieces.len()]),
    }
}

/// The answer to each piece, where there was one: true for clean.
async fn ask(address: &ScannerAddress, pieces: &[&[u8]]) -> io::Result<Vec<Option<bool>>> {
    let mut connection = Connection::open(address).await.map_err(io::Error::other)?;
    connection.write_all(b"zIDSESSION\0").await?;
    for piece in pieces {
        connection.write_all(b"zINSTREAM\0").await?;
        for chunk in piece.chunks(CHUNK_BYTES) {
            connection.write_u32(chunk.len() as u32).await?;
            connection.write_all(chunk).await?;
        }
        connection.write_u32(0).await?;
    }
    connection.flush().await?;
    let mut answers = vec![None; pieces.len()];
    let mut replies = BufReader::new(connection);
    for _ in pieces {
        let mut reply = Vec::new();
        replies.read_until(0, &mut reply).await?;
        let (number, is_clean) = parse(&reply).ok_or(io::ErrorKind::InvalidData)?;
        let answer = answers.get_mut(number).ok_or(io::ErrorKind::InvalidData)?;
        if answer.replace(is_clean).is_some() {
            // Two answers to one piece: none of them can be trusted.
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    // Every piece has its answer: a scanner that is gone by now takes none back.
    let connection = replies.get_mut();
    if connection.write_all(b"zEND\0").await.is_ok() {
        let _ = connection.flush().await;
    }
    Ok(answers)
}

/// The index of a piece and true for clean, from `1: stream: OK` with the zero that ends a reply.
fn parse(reply: &[u8]) -> Option<(usize, bool)> {
    let text = std::str::from_utf8(reply.strip_suffix(b"\0")?).ok()?;
    let (number, answer) = text.split_once(": ")?;
    let index = number.parse::<usize>().ok()?.checked_sub(1)?;
    Some((index, answer == "stream: OK"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncReadExt as _;
    use tokio::net::UnixListener;

    use super::*;

    const LIMITS: ScanLimits = ScanLimits {
        max_bytes: 1 << 20,
        timeout: Duration::from_secs(20),
        silent_after: None,
    };

    /// The answers to three pieces from a scanner that says this to them.
    async fn answers_to(replies: &'static [u8]) -> Vec<bool> {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("clamd");
        let listener = UnixListener::bind(&socket).unwrap();
        let server = tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; b"zIDSESSION\0".len() + 3 * (b"zINSTREAM\0".len() + 4 + 1 + 4)];
            connection.read_exact(&mut asked).await.unwrap();
            connection.write_all(replies).await.unwrap();
            connection.shutdown().await.unwrap();
            asked
        });
        let answers = scan_session(&socket.into(), &[b"a", b"b", b"c"], LIMITS).await.unwrap();
        let asked = server.await.unwrap();
        assert!(asked.ends_with(b"zINSTREAM\0\0\0\0\x01c\0\0\0\0"), "{asked:?}");
        answers
    }

    #[tokio::test]
    async fn only_one_whole_ok_is_clean() {
        let none = [false; 3];
        for (replies, expected) in [
            (&b"1: stream: OK\x002: stream: OK\x003: stream: OK\0"[..], [true; 3]),
            (
                b"3: stream: OK\x001: stream: Eicar FOUND\x002: stream: OK\0",
                [false, true, true],
            ),
            (b"1: stream: OK\x002: x ERROR\x003: stream: OK\0", [true, false, true]),
            (b"1: stream: OK\x001: stream: OK\x002: stream: OK\0", none),
            (b"1: stream: OK\x002: stream: OK\x003: stream: OK", none),
            (b"1: stream: OK\x002: stream: OK\0", none),
            (b"0: stream: OK\x002: stream: OK\x003: stream: OK\0", none),
            (b"1: stream: OK\x002: stream: OK\x004: stream: OK\0", none),
            (b"stream: OK\0stream: OK\0stream: OK\0", none),
            (b"UNKNOWN COMMAND\0", none),
            (b"", none),
        ] {
            assert_eq!(
                answers_to(replies).await,
                expected,
                "{}",
                String::from_utf8_lossy(replies)
            );
        }
    }

    #[tokio::test]
    async fn a_scanner_that_is_away_finds_nothing_clean() {
        let away = ScannerAddress::Unix("/nowhere/clamd".into());
        assert_eq!(scan_session(&away, &[b"a", b"b"], LIMITS).await.unwrap(), [false; 2]);
    }

    #[tokio::test]
    async fn clean_after_the_time_at_which_the_scanner_gives_up_is_not_clean() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("clamd");
        let listener = UnixListener::bind(&socket).unwrap();
        tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            connection.write_all(b"1: stream: OK\x002: stream: OK\0").await.unwrap();
            let _ = connection.read_to_end(&mut Vec::new()).await;
        });
        let limits = ScanLimits {
            silent_after: Some(Duration::ZERO),
            ..LIMITS
        };
        let answers = scan_session(&socket.into(), &[b"a", b"b"], limits).await.unwrap();
        assert_eq!(answers, [false; 2]);
    }
}
