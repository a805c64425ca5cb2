//! A proxy in front of an HTTP server that fails when it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// The fate of the next request, instead of an answer.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// An answer with this status and this code of S3.
    Status(u16, &'static str),
    /// The connection ends after so many bytes of the answer.
    CutAfter(usize),
    /// Nothing comes any more after so many bytes of the answer.
    StallAfter(usize),
    /// The connection ends at once, and the server hears nothing.
    Refuse,
}

type Plan = Arc<Mutex<VecDeque<Fault>>>;

/// A running proxy. It ends with the test.
pub struct Proxy {
    /// `http://127.0.0.1:<port>`.
    pub endpoint: String,
    plan: Plan,
}

impl Proxy {
    /// Starts a proxy to the server at this URL.
    pub async fn to(endpoint: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let (plan, server) = (Plan::default(), endpoint.trim_start_matches("http://").to_owned());
        let faults = plan.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if let Ok(server) = TcpStream::connect(&server).await {
                    tokio::spawn(carry(client, server, faults.clone()));
                }
            }
        });
        Self {
            endpoint: format!("http://{address}"),
            plan,
        }
    }

    /// Lets the next requests fail like this, one each, and no others.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        *self.plan.lock().expect("nobody panics") = faults.into_iter().collect();
    }
}

/// Carries requests and answers until either side ends.
async fn carry(client: TcpStream, server: TcpStream, plan: Plan) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut chunk, mut answer) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    // Bytes of the answer until the fault, if there is to be one.
    let mut left: Option<(usize, Fault)> = None;
    loop {
        tokio::select! {
            read = from_client.read(&mut chunk) => {
                let Ok(count @ 1..) = read else { return };
                let is_start = starts_request(&chunk[..count]);
                if let Some(fault) = is_start.then(|| next(&plan)).flatten() {
                    match fault {
                        Fault::Refuse => return,
                        Fault::Status(status, code) => return refuse(from_client, to_client, status, code).await,
                        Fault::CutAfter(bytes) | Fault::StallAfter(bytes) => left = Some((bytes, fault)),
                    }
                }
                if to_server.write_all(&chunk[..count]).await.is_err() { return }
            }
            read = from_server.read(&mut answer) => {
                let Ok(count @ 1..) = read else { return };
                let count = match &mut left {
                    None => count,
                    Some((bytes, fault)) if *bytes < count => {
                        let _ = to_client.write_all(&answer[..*bytes]).await;
                        if matches!(fault, Fault::StallAfter(_)) {
                            // Until the client gives up.
                            while let Ok(1..) = from_client.read(&mut chunk).await {}
                        }
                        return;
                    }
                    Some((bytes, _)) => { *bytes -= count; count }
                };
                if to_client.write_all(&answer[..count]).await.is_err() { return }
            }
        }
    }
}

fn next(plan: &Plan) -> Option<Fault> {
    plan.lock().expect("nobody panics").pop_front()
}

fn starts_request(bytes: &[u8]) -> bool {
    ["GET ", "PUT ", "POST ", "HEAD ", "DELETE "]
        .iter()
        .any(|method| bytes.starts_with(method.as_bytes()))
}

/// Answers, and takes what is left of the request, so that the answer is read before the connection ends.
async fn refuse(mut client: OwnedReadHalf, mut answer: OwnedWriteHalf, status: u16, code: &str) {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>On purpose.</Message></Error>");
    let head = format!(
        "HTTP/1.1 {status} On purpose\r\ncontent-type: application/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = answer.write_all((head + &body).as_bytes()).await;
    let _ = answer.shutdown().await;
    let mut rest = vec![0; 64 << 10];
    while let Ok(1..) = client.read(&mut rest).await {}
}
