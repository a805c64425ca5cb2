//! Many files a conversation: one frame carries a batch, one small frame comes back for each file.
//!
//! What one conversation a file costs (about a millisecond of announcing, JSON and wake-ups) is more than an icon takes to draw. The limits hold for
//! each file all the same. When a child dies, hangs or breaks the protocol, the answers that had come count, and the other files of its batch are
//! done again one by one, so that the file that did it is the one that is blamed.

mod lane;

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::anyhow;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tradepost_render::presets::Preset;

pub use self::lane::Lane;
use super::{Jail, JailError, Published, Rendered, Rendition};

/// The most files in one batch.
pub const BATCH_FILES: usize = 64;
/// The most bytes in one batch; a larger file goes alone.
pub const BATCH_BYTES: usize = 4 << 20;

/// A file that is in memory.
#[derive(Debug, Clone)]
pub struct Loose {
    /// Says what the file should be, by its extension; otherwise only for the findings.
    pub path: String,
    pub bytes: Bytes,
}

/// The pictures of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// The width and height the file asks for, in its own units; only of what has a picture.
    pub size: Option<(f32, f32)>,
    /// One for each preset, in the order of the presets; none of what has no picture.
    pub pictures: Vec<DrawnPicture>,
}

/// One encoded picture; format and width are the preset's.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnPicture {
    pub height_px: u32,
    pub bytes: Vec<u8>,
}

/// Whose work may wait for whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Like everything else on the machine.
    Normal,
    /// The lowest: what is left over by everybody else. On a busy machine the clock runs out four times later.
    Lowest,
}

impl Jail {
    /// Draws files that were judged before, at the lowest priority and without a place of the uploads': one answer for each file, in their order.
    ///
    /// Findings, copy and fingerprint are left empty. At most [`Jail::new`]'s `children` calls work at once; the others wait. Dropping the future
    /// ends the work and its child.
    pub async fn render_many(&self, files: Vec<Loose>, presets: &Arc<[Preset]>) -> Vec<Result<Rendered, JailError>> {
        self.render_many_measured(files, presets).await.0
    }

    /// The same, with the time of the processor that the children took.
    pub async fn render_many_measured(
        &self,
        files: Vec<Loose>,
        presets: &Arc<[Preset]>,
    ) -> (Vec<Result<Rendered, JailError>>, Duration) {
        let count = files.len();
        let place = match self.inner.bulk.place().await {
            Ok(place) => place,
            Err(error) => return (lost(Vec::new(), count, &error), Duration::ZERO),
        };
        let (lane, presets) = (self.lane(presets, Priority::Lowest), Arc::clone(presets));
        let leash = Leash::default();
        let _ends_with_this = EndOnDrop(leash.clone());
        let work = tokio::task::spawn_blocking(move || {
            let mut answers = Vec::with_capacity(files.len());
            let mut lane = lane.on(leash);
            let done = lane.draw(&files, |_, answer| {
                answers.push(answer.map(|drawn| rendered(drawn, &presets)));
                Ok(())
            });
            // The place travels with the work, so that it stays taken when nobody waits any more.
            drop(place);
            let answers = match done {
                Ok(()) => answers,
                Err(error) => lost(answers, files.len(), &error),
            };
            (answers, lane.cpu())
        });
        match work.await {
            Ok(measured) => measured,
            Err(error) => (lost(Vec::new(), count, &error.into()), Duration::ZERO),
        }
    }

    /// A way to draw many files from a thread that may block.
    pub fn lane(&self, presets: &Arc<[Preset]>, priority: Priority) -> Lane {
        Lane::new(Arc::clone(&self.inner), Arc::clone(presets), priority)
    }
}

/// The files that no child could be found for.
fn lost(
    mut answers: Vec<Result<Rendered, JailError>>,
    count: usize,
    error: &anyhow::Error,
) -> Vec<Result<Rendered, JailError>> {
    answers.resize_with(count, || Err(JailError::Broken(anyhow!("{error:#}"))));
    answers
}

fn rendered(drawn: Drawn, presets: &[Preset]) -> Rendered {
    let rendition = |(picture, preset): (DrawnPicture, &Preset)| Rendition {
        preset: preset.name.clone(),
        format: preset.format,
        width_px: preset.width_px,
        height_px: picture.height_px,
        sha256: Sha256::digest(&picture.bytes).into(),
        bytes: picture.bytes.into(),
    };
    Rendered {
        size: drawn.size,
        findings: Vec::new(),
        renditions: drawn.pictures.into_iter().zip(presets).map(rendition).collect(),
        published: Published::Nothing,
        fingerprint: None,
    }
}

/// Ends the conversations of a lane from outside, this one and the next.
#[derive(Debug, Clone, Default)]
pub struct Leash(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    is_pulled: bool,
    socket: Option<UnixStream>,
}

impl Leash {
    /// Ends what is going on; nothing new begins.
    pub fn pull(&self) {
        let mut held = self.held();
        held.is_pulled = true;
        if let Some(socket) = held.socket.take() {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Remembers the conversation that begins; false when none may begin any more.
    pub(super) fn hold(&self, socket: UnixStream) -> bool {
        let mut held = self.held();
        held.socket = Some(socket);
        !held.is_pulled
    }

    /// The conversation is over; false when it was ended from outside.
    pub(super) fn let_go(&self) -> bool {
        let mut held = self.held();
        held.socket = None;
        !held.is_pulled
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct EndOnDrop(Leash);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.pull();
    }
}
