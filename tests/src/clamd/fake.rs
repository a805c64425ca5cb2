//! A clamd that does what it is told, in a thread of its own: it goes on while a test waits for something else.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::packs::eicar;

/// Bytes it accepts of one stream.
const MOST_BYTES: usize = 64 << 20;
/// Those who try whether a scanner works send less than this.
const TRIAL_BYTES: usize = 100;

/// Its behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manner {
    /// As clamd does.
    Well,
    /// Its socket is gone.
    Absent,
    /// The socket is there, and nobody listens.
    Refuses,
    /// Takes connections and says nothing, whatever it is asked; as during a reload.
    Silent,
    /// Says who it is, and never says what it thinks of a stream.
    HangsOnStreams,
    /// Closes the connection in the middle of a stream.
    ClosesMidStream,
    /// Says this of every stream, and closes.
    Says(&'static [u8]),
    /// Says this of every stream but those of who tries whether it works, and of those with malware.
    SaysOfFiles(&'static [u8]),
}

struct State {
    /// The number and the date of the signatures.
    version: String,
    /// Names and bytes of what it finds.
    known: Vec<(String, Vec<u8>)>,
}

/// The scanner; gone when dropped.
pub struct FakeClamd {
    folder: TempDir,
    manner: watch::Sender<Manner>,
    state: Arc<Mutex<State>>,
    streams: Arc<AtomicU64>,
    runtime: Option<Runtime>,
}

impl Drop for FakeClamd {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl FakeClamd {
    /// A scanner with fresh signatures that behaves well.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("tradepost-fake-clamd-")
            .tempdir()
            .expect("a temporary folder");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let state = State {
            version: "ClamAV 1.4.6".to_owned(),
            known: vec![("Eicar-Signature".to_owned(), eicar())],
        };
        let mut fake = Self {
            folder,
            manner: watch::channel(Manner::Well).0,
            state: Arc::new(Mutex::new(state)),
            streams: Arc::default(),
            runtime: None,
        };
        fake.update(27_800);
        let server = Server {
            socket: fake.socket(),
            manner: fake.manner.subscribe(),
            state: fake.state.clone(),
            streams: fake.streams.clone(),
        };
        runtime.spawn(server.run());
        fake.runtime = Some(runtime);
        fake
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("clamd.sock")
    }

    /// Behaves so from now on, for what it has in hand too.
    pub fn behave(&self, manner: Manner) {
        self.manner.send_replace(manner);
    }

    /// Gets signatures of this number, made just now.
    pub fn update(&self, number: u32) {
        self.date(number, time_text(0));
    }

    /// Reports no number of its signatures any more, as without its daily database.
    pub fn lose_number(&self) {
        self.lock().version = "ClamAV 1.4.6".to_owned();
    }

    /// Its signatures are so many hours old.
    pub fn age(&self, number: u32, hours: i64) {
        self.date(number, time_text(hours));
    }

    fn date(&self, number: u32, date: String) {
        self.lock().version = format!("ClamAV 1.4.6/{number}/{date}");
    }

    /// Finds these bytes from now on, wherever they are.
    pub fn learn(&self, name: &str, bytes: &[u8]) {
        self.lock().known.push((name.to_owned(), bytes.to_vec()));
    }

    /// Forgets everything: it finds nothing any more.
    pub fn forget_everything(&self) {
        self.lock().known.clear();
    }

    /// Streams it was given.
    pub fn streams(&self) -> u64 {
        self.streams.load(Ordering::Relaxed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }
}

/// `Mon Nov 10 08:38:16 2025`, as `date` writes it.
fn time_text(hours_ago: i64) -> String {
    let output = std::process::Command::new("date")
        .args(["-u", "-d", &format!("{hours_ago} hours ago"), "+%a %b %e %H:%M:%S %Y"])
        .env("LC_ALL", "C")
        .output()
        .expect("there is a date");
    String::from_utf8(output.stdout)
        .expect("a date is text")
        .trim()
        .to_owned()
}

#[derive(Clone)]
struct Server {
    socket: PathBuf,
    manner: watch::Receiver<Manner>,
    state: Arc<Mutex<State>>,
    streams: Arc<AtomicU64>,
}

impl Server {
    async fn run(mut self) {
        loop {
            let manner = self.manner.borrow_and_update().clone();
            match manner {
                Manner::Absent => remove(&self.socket),
                Manner::Refuses => {
                    remove(&self.socket);
                    // The file stays when its listener is dropped.
                    drop(UnixListener::bind(&self.socket));
                }
                _ => {
                    remove(&self.socket);
                    let listener = UnixListener::bind(&self.socket).expect("the folder is ours");
                    self.listen(listener).await;
                    if self.manner.has_changed().is_err() {
                        return;
                    }
                    continue;
                }
            }
            if self.manner.changed().await.is_err() {
                return;
            }
        }
    }

    /// Serves until it is told not to listen any more.
    async fn listen(&self, listener: UnixListener) {
        let mut told = self.manner.clone();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                stops = told.changed() => match stops {
                    Ok(()) if !matches!(*told.borrow_and_update(), Manner::Absent | Manner::Refuses) => continue,
                    _ => return,
                },
            };
            if let Ok((connection, _)) = accepted {
                let server = self.clone();
                tokio::spawn(async move {
                    // The peer may hang up at any time.
                    let _ = server.serve(connection).await;
                });
            }
        }
    }

    async fn serve(mut self, mut connection: UnixStream) -> io::Result<()> {
        // A silent scanner stays silent until it is changed.
        let _ = self.manner.wait_for(|manner| *manner != Manner::Silent).await;
        match read_command(&mut connection).await?.as_slice() {
            b"zPING" => connection.write_all(b"PONG\0").await,
            b"zVERSION" => {
                let version = self.state.lock().expect("nobody panics with it").version.clone();
                connection.write_all(format!("{version}\0").as_bytes()).await
            }
            b"zINSTREAM" => {
                let reply = self.scan(&mut connection).await?;
                connection.write_all(&reply).await
            }
            b"zIDSESSION" => self.session(connection).await,
            _ => connection.write_all(b"UNKNOWN COMMAND\0").await,
        }
    }

    /// Numbers its replies to streams, until it is told that the session ends.
    async fn session(mut self, mut connection: UnixStream) -> io::Result<()> {
        for number in 1.. {
            if read_command(&mut connection).await? != b"zINSTREAM" {
                break;
            }
            let reply = self.scan(&mut connection).await?;
            if reply.is_empty() {
                break;
            }
            connection.write_all(format!("{number}: ").as_bytes()).await?;
            connection.write_all(&reply).await?;
        }
        Ok(())
    }

    /// Reads a stream and answers with the reply; with nothing when it closes the connection.
    async fn scan(&mut self, connection: &mut UnixStream) -> io::Result<Vec<u8>> {
        self.streams.fetch_add(1, Ordering::Relaxed);
        let mut bytes = Vec::new();
        loop {
            let length = connection.read_u32().await? as usize;
            if length == 0 {
                break;
            }
            if bytes.len() + length > MOST_BYTES {
                return Ok(b"INSTREAM size limit exceeded. ERROR\0".to_vec());
            }
            let start = bytes.len();
            bytes.resize(start + length, 0);
            connection.read_exact(&mut bytes[start..]).await?;
            if *self.manner.borrow() == Manner::ClosesMidStream {
                return Ok(Vec::new());
            }
        }
        let _ = self.manner.wait_for(|manner| *manner != Manner::HangsOnStreams).await;
        let manner = self.manner.borrow().clone();
        let found = self.find(&bytes);
        Ok(match (manner, found) {
            (Manner::Says(reply), _) => reply.to_vec(),
            (Manner::SaysOfFiles(reply), None) if bytes.len() > TRIAL_BYTES => reply.to_vec(),
            (_, Some(name)) => format!("stream: {name} FOUND\0").into_bytes(),
            (_, None) => b"stream: OK\0".to_vec(),
        })
    }

    fn find(&self, bytes: &[u8]) -> Option<String> {
        let state = self.state.lock().expect("nobody panics with it");
        let known = state
            .known
            .iter()
            .find(|(_, known)| bytes.windows(known.len()).any(|window| window == known));
        known.map(|(name, _)| name.clone())
    }
}

/// A command without the zero that ends it.
async fn read_command(connection: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut command = Vec::new();
    loop {
        match connection.read_u8().await? {
            0 => return Ok(command),
            byte => command.push(byte),
        }
    }
}

fn remove(socket: &Path) {
    // It may never have been there.
    let _ = std::fs::remove_file(socket);
}
