//! A proxy in front of a PostgreSQL that is far away: every byte takes half of a round trip in each direction.

use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Chunks on their way in one direction.
const IN_FLIGHT: usize = 1_024;

/// Starts a proxy to the server with this Unix socket. Answers with its port on 127.0.0.1. It ends with the runtime.
pub async fn far_from(server: PathBuf, round_trip: Duration) -> std::io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = UnixStream::connect(&server).await else {
                continue;
            };
            // Else the kernel would hold small packets back, which is another delay.
            let _ = client.set_nodelay(true);
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            tokio::spawn(carry(from_client, to_server, round_trip / 2));
            tokio::spawn(carry(from_server, to_client, round_trip / 2));
        }
    });
    Ok(port)
}

async fn carry(
    mut from: impl AsyncRead + Unpin + Send + 'static,
    mut to: impl AsyncWrite + Unpin + Send + 'static,
    delay: Duration,
) {
    let (sender, mut flying) = mpsc::channel::<(Instant, Vec<u8>)>(IN_FLIGHT);
    tokio::spawn(async move {
        while let Some((due, bytes)) = flying.recv().await {
            sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        // An error: the other side has closed it.
        let _ = to.shutdown().await;
    });
    let mut chunk = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        if sender
            .send((Instant::now() + delay, chunk[..count].to_vec()))
            .await
            .is_err()
        {
            return;
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test")]
mod tests {
    use tokio::net::{TcpStream, UnixListener};

    use super::*;

    #[tokio::test]
    async fn answer_takes_a_round_trip() {
        const ROUND_TRIP: Duration = Duration::from_millis(60);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let server = UnixListener::bind(&path).unwrap();
        tokio::spawn(async move {
            let (mut client, _) = server.accept().await.unwrap();
            let mut chunk = vec![0; 1_000];
            while let Ok(count @ 1..) = client.read(&mut chunk).await {
                client.write_all(&chunk[..count]).await.unwrap();
            }
        });
        let port = far_from(path, ROUND_TRIP).await.unwrap();
        let mut client = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let started = Instant::now();
        client.write_all(b"ping").await.unwrap();
        let mut answer = [0; 4];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"ping");
        // A lower bound only: it cannot be faster than the distance.
        assert!(started.elapsed() >= ROUND_TRIP, "{:?}", started.elapsed());
    }
}
