//! The confinement of a child, tried from inside: this program starts itself, confines itself and does what an exploited decoder would.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::io;
use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};

use tradepost_jail::{Layers, confine};

const ATTEMPT: &str = "TRADEPOST_TEST_ATTEMPT";
const LAYER: &str = "TRADEPOST_TEST_LAYER";
/// The attempt failed with an error.
const REFUSED: i32 = 40;
/// The attempt succeeded.
const ESCAPED: i32 = 41;
const SIGSYS: i32 = 31;

/// Not a test by itself: the process that [`attempted`] starts runs it.
#[test]
fn attempt() {
    let Ok(attempt) = std::env::var(ATTEMPT) else { return };
    let layers = match std::env::var(LAYER).as_deref() {
        Ok("landlock") => Layers {
            seccomp: false,
            ..Layers::ALL
        },
        Ok("seccomp") => Layers {
            landlock: false,
            ..Layers::ALL
        },
        _ => Layers::ALL,
    };
    nix::sys::prctl::set_no_new_privs().unwrap();
    let confinement = confine(layers);
    assert!(
        confinement.landlock == layers.landlock && confinement.seccomp == layers.seccomp,
        "{confinement:?}"
    );
    let escaped = act(&attempt).is_ok();
    std::process::exit(if escaped { ESCAPED } else { REFUSED });
}

fn act(attempt: &str) -> io::Result<()> {
    match attempt {
        "read a file" => File::open("/etc/hostname").map(drop),
        "write a file" => File::create("/tmp/tradepost-escaped").map(drop),
        "list a folder" => std::fs::read_dir("/").map(drop),
        "read its own memory map" => File::open("/proc/self/maps").map(drop),
        "delete a file" => std::fs::remove_file("/tmp/tradepost-never-there"),
        "start a program" => Command::new("/bin/true").status().map(drop),
        "start a thread" => std::thread::Builder::new().spawn(|| ()).map(drop),
        "connect over TCP" => TcpStream::connect("127.0.0.1:9").map(drop),
        "send over UDP" => UdpSocket::bind("127.0.0.1:0").map(drop),
        "connect to a socket file" => UnixStream::connect("/run/systemd/notify").map(drop),
        "signal the parent" => {
            let parent = nix::unistd::getppid();
            Ok(nix::sys::signal::kill(parent, None)?)
        }
        "work" => {
            let pixels: Vec<u8> = (0..1 << 22).map(|n| (n % 251) as u8).collect();
            let sum: u64 = pixels.iter().map(|&pixel| u64::from(pixel)).sum();
            eprintln!("{sum}");
            Ok(())
        }
        other => panic!("nothing is called {other:?}"),
    }
}

/// Status of a process that confined itself and then made the attempt.
fn attempted(attempt: &str, layer: &str) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "attempt", "--test-threads=1"]);
    command.env(ATTEMPT, attempt).env(LAYER, layer);
    command.output().unwrap().status
}

const FORBIDDEN: [&str; 11] = [
    "read a file",
    "write a file",
    "list a folder",
    "read its own memory map",
    "delete a file",
    "start a program",
    "start a thread",
    "connect over TCP",
    "send over UDP",
    "connect to a socket file",
    "signal the parent",
];

#[test]
fn nothing_leads_out_of_the_jail() {
    for attempt in FORBIDDEN {
        let status = attempted(attempt, "both");
        assert_eq!(status.signal(), Some(SIGSYS), "{attempt}: {status}");
    }
}

#[test]
fn the_filter_holds_by_itself() {
    for attempt in FORBIDDEN {
        let status = attempted(attempt, "seccomp");
        assert_eq!(status.signal(), Some(SIGSYS), "{attempt}: {status}");
    }
}

#[test]
fn paths_and_ports_are_shut_without_the_filter() {
    for attempt in [
        "read a file",
        "write a file",
        "list a folder",
        "start a program",
        "connect over TCP",
    ] {
        let status = attempted(attempt, "landlock");
        assert_eq!(status.code(), Some(REFUSED), "{attempt}: {status}");
    }
}

#[test]
fn confined_work_goes_on() {
    assert_eq!(attempted("work", "both").code(), Some(ESCAPED));
}
