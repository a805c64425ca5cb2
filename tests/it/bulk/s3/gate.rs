//! A way to the server that holds requests back, and that can be cut.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tradepost_tests::s3::Bucket;
use tradepost_tests::wait::PATIENCE;

/// Stands between a program and the server, and lets so many objects through.
pub struct Gate {
    /// The address of the server.
    pub endpoint: String,
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    server: String,
    /// The beginning of a request for an object.
    object: Vec<u8>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Lets so many more objects through.
    LetsThrough(usize),
    /// One stands before it.
    Holds,
    Open,
    Cut,
}

impl Gate {
    /// Lets everything through but objects; of these so many.
    pub fn before(bucket: &Bucket, objects: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            server: bucket.endpoint.trim_start_matches("http://").to_owned(),
            object: format!("GET /{}/icons/", bucket.name).into_bytes(),
            state: Mutex::new(State::LetsThrough(objects)),
            changed: Condvar::new(),
        });
        let of_gate = shared.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if *of_gate.state.lock().unwrap() == State::Cut {
                    return;
                }
                let (client, shared) = (client.unwrap(), of_gate.clone());
                std::thread::spawn(move || shared.serve(client));
            }
        });
        Self {
            endpoint: format!("http://{address}"),
            address,
            shared,
        }
    }

    /// Waits until an object is held back.
    pub fn wait(&self) {
        let state = self.shared.state.lock().unwrap();
        let is_early = |state: &mut State| *state != State::Holds;
        let (_state, waited) = self
            .shared
            .changed
            .wait_timeout_while(state, PATIENCE, is_early)
            .unwrap();
        assert!(!waited.timed_out(), "nobody asks for an object");
    }

    /// Lets everything through from now on.
    pub fn open(&self) {
        self.shared.set(State::Open);
    }

    /// Lets nothing through any more, and ends what is under way.
    pub fn cut(&self) {
        self.shared.set(State::Cut);
        // It looks when somebody comes.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.cut();
    }
}

impl Shared {
    fn set(&self, state: State) {
        *self.state.lock().unwrap() = state;
        self.changed.notify_all();
    }

    /// One connection; requests come one after the other and whole.
    fn serve(&self, client: TcpStream) {
        let server = TcpStream::connect(&self.server).unwrap();
        let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let returning = std::thread::spawn(move || {
            // Either side may go.
            let _ = std::io::copy(&mut answers, &mut back);
            let _ = back.shutdown(Shutdown::Both);
        });
        self.forward(&client, &server);
        let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
        returning.join().unwrap();
    }

    fn forward(&self, mut client: &TcpStream, mut server: &TcpStream) {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(bytes @ 1..) = client.read(&mut buffer) {
            let request = &buffer[..bytes];
            if !self.may_pass(request.starts_with(&self.object)) || server.write_all(request).is_err() {
                return;
            }
        }
    }

    fn may_pass(&self, is_object: bool) -> bool {
        let mut state = self.state.lock().unwrap();
        *state = match *state {
            State::LetsThrough(0) if is_object => State::Holds,
            State::LetsThrough(count) if is_object => State::LetsThrough(count - 1),
            other => other,
        };
        self.changed.notify_all();
        while is_object && *state == State::Holds {
            state = self.changed.wait(state).unwrap();
        }
        *state != State::Cut
    }
}
