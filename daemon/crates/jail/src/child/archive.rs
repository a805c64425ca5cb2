//! Unpacks an archive that need not be a pack.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::os::unix::net::UnixStream;

use tradepost_inspect::text;
use tradepost_inspect::zip::{Archive, Limits, OpenError};

use super::limits::CpuLimit;
use crate::frame::write_frame;
use crate::protocol::{Reply, Unpack};

const BUFFER_BYTES: usize = 128 << 10;

/// Sends every file of an archive; of a damaged one the reason.
pub fn unpack(socket: &UnixStream, file: File, request: &Unpack, limit: &CpuLimit) -> anyhow::Result<()> {
    let mut to = BufWriter::with_capacity(BUFFER_BYTES, socket);
    let limits = Limits {
        packed_bytes: request.packed_bytes,
        entries: request.entries,
    };
    match Archive::open(file, &limits) {
        Ok(mut archive) => send_files(&mut archive, request.file_bytes, &mut to, limit)?,
        Err(OpenError::Refused(findings)) => write_frame(&mut to, &Reply::Refused { findings }, &[])?,
        Err(OpenError::Unreadable(error)) => {
            let detail = error.to_string();
            write_frame(&mut to, &Reply::Broken { detail }, &[])?;
        }
    }
    Ok(to.flush()?)
}

fn send_files(
    archive: &mut Archive<File>,
    file_bytes: u64,
    to: &mut BufWriter<&UnixStream>,
    limit: &CpuLimit,
) -> anyhow::Result<()> {
    let files = archive.entries().iter().filter(|entry| !entry.is_folder).count() as u64;
    write_frame(&mut *to, &Reply::Listing { files }, &[])?;
    let mut bytes = Vec::new();
    for index in 0..archive.entries().len() {
        let entry = &archive.entries()[index];
        if entry.is_folder {
            continue;
        }
        let (path, crc32) = (entry.path.clone(), entry.crc32);
        limit.restart()?;
        match read_member(archive, index, file_bytes, &mut bytes) {
            Ok(()) => write_frame(&mut *to, &Reply::File { path, crc32 }, &[&bytes])?,
            Err(error) => {
                let detail = error.to_string();
                write_frame(&mut *to, &Reply::Damaged { path, detail }, &[])?;
            }
        }
    }
    write_frame(&mut *to, &Reply::UnpackEnd, &[])?;
    Ok(())
}

fn read_member(archive: &mut Archive<File>, index: usize, most: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    bytes.clear();
    archive.reader(index)?.take(most.saturating_add(1)).read_to_end(bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("is larger than {}", text::size(most));
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(())
}
