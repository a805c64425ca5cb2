//! A daemon that answers what a test wants: HTTP/1.1 by hand, one request a connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// A request as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

/// A status and a body.
pub type Answer = (u16, Value);

/// The requests that came, in their order.
pub type Seen = Arc<Mutex<Vec<Request>>>;

/// Answers on a Unix socket until the test ends.
pub fn on_socket(path: &Path, answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Seen {
    let listener = UnixListener::bind(path).expect("the socket can be made");
    let seen = Seen::default();
    let heard = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            serve(stream, &heard, &answer);
        }
    });
    seen
}

/// Answers on a port of loopback; returns its URL.
pub fn on_port(answer: impl Fn(&Request, &str) -> Answer + Send + Sync + 'static) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let seen = Seen::default();
    let (heard, base) = (Arc::clone(&seen), url.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            serve(stream, &heard, &|request: &Request| answer(request, &base));
        }
    });
    (url, seen)
}

fn serve(stream: impl Read + Write, seen: &Seen, answer: &impl Fn(&Request) -> Answer) {
    let mut stream = BufReader::new(stream);
    let Some(request) = read_request(&mut stream) else {
        return;
    };
    let answer = answer(&request);
    seen.lock().expect("no test panicked while it held this").push(request);
    send(stream.get_mut(), &answer);
}

/// The client may have gone already.
pub fn send(out: &mut impl Write, (status, body): &Answer) {
    let (kind, bytes) = match body {
        // Lines of a stream.
        Value::Array(lines) if *status == 299 => {
            let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
            ("application/x-ndjson", lines.into_bytes())
        }
        body if *status >= 400 => ("application/problem+json", body.to_string().into_bytes()),
        body => ("application/json", body.to_string().into_bytes()),
    };
    let head = format!(
        "HTTP/1.1 {status} Status\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        bytes.len()
    );
    let _ = out
        .write_all(head.as_bytes())
        .and_then(|()| out.write_all(&bytes))
        .and_then(|()| out.flush());
}

pub fn read_request(stream: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers
        .iter()
        .find(|(n, _)| n == "content-length")
        .and_then(|(_, v)| v.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some(Request {
        method,
        path,
        headers,
        body,
    })
}

pub fn problem(status: u16, code: &str, title: &str) -> Answer {
    let body = json!({ "type": format!("/docs/problems#{code}"), "status": status, "code": code, "title": title });
    (status, body)
}
