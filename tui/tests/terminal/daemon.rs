//! A daemon with a case, a picture and a dead letter, whose event stream stays open.

use std::io::{BufReader, Cursor, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use serde_json::{Value, json};

use crate::dead::daemon::{Life, PLANNED};
use crate::fake::{self, Answer, Request, problem};
use crate::{CASE, case_detail, case_row};

/// Listens until it is dropped; what is open then is closed.
pub struct Daemon {
    socket: PathBuf,
    _folder: tempfile::TempDir,
}

impl Daemon {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("control.sock");
        let listener = UnixListener::bind(&socket).expect("the socket can be made");
        let life = Arc::new(Life::new(PLANNED));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let life = Arc::clone(&life);
                thread::spawn(move || serve(stream, &life));
            }
        });
        Self {
            socket,
            _folder: folder,
        }
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }
}

fn serve(stream: UnixStream, life: &Life) {
    let mut stream = BufReader::new(stream);
    let Some(request) = fake::read_request(&mut stream) else {
        return;
    };
    let path = request.path.split('?').next().unwrap_or_default().to_owned();
    let out = stream.get_mut();
    if path == "/v1/events" {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\nconnection: close\r\n\r\n";
        // The stream stays open until the client goes.
        if writeln!(out, "{head}{}", snapshot()).is_ok() {
            let _ = out.read(&mut [0]);
        }
    } else if path.ends_with("/picture") {
        let png = picture();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            png.len()
        );
        let _ = out.write_all(head.as_bytes()).and_then(|()| out.write_all(&png));
    } else {
        fake::send(out, &answer(&request, &path, life));
    }
}

fn answer(request: &Request, path: &str, life: &Life) -> Answer {
    let case = format!("/v1/cases/{CASE}");
    match (request.method.as_str(), path.strip_prefix(&case).unwrap_or(path)) {
        ("GET", "/v1/cases") => (200, json!({ "rows": [case_row()], "next": null })),
        ("GET", "") => (200, case_detail()),
        ("POST", "/claim" | "/release") => (200, case_row()),
        ("POST", "/view") => problem(404, "not-found", "No such thing"),
        _ => life.answer(request),
    }
}

fn snapshot() -> Value {
    let mut snapshot = crate::snapshot();
    snapshot["you"]["roles"] = json!(["viewer", "moderator", "operator"]);
    snapshot
}

fn picture() -> Vec<u8> {
    let mut png = Cursor::new(Vec::new());
    let picture = image::RgbaImage::from_fn(64, 64, |x, y| image::Rgba([x as u8 * 4, y as u8 * 4, 90, 255]));
    picture.write_to(&mut png, image::ImageFormat::Png).expect("PNG");
    png.into_inner()
}
