//! Memory that is used again for the next layer.

/// More than this is given back to the system.
const MAX_KEPT: usize = 12;
const MAX_KEPT_BYTES: usize = 4 << 20;

/// Buffers of layers and filters, kept from picture to picture; at most 48 MB, as much as the pictures drawn needed.
#[derive(Debug, Default)]
pub struct Scratch {
    free: Vec<Vec<u8>>,
}

impl Scratch {
    /// A buffer of zeros.
    pub(super) fn zeroed(&mut self, len: usize) -> Vec<u8> {
        let mut buffer = self.free.pop().unwrap_or_default();
        buffer.clear();
        buffer.resize(len, 0);
        buffer
    }

    /// A buffer with anything in it, for what writes every byte.
    pub(super) fn any(&mut self, len: usize) -> Vec<u8> {
        let mut buffer = self.free.pop().unwrap_or_default();
        buffer.resize(len, 0);
        buffer
    }

    /// Takes a buffer back.
    pub(super) fn give(&mut self, buffer: Vec<u8>) {
        if self.free.len() < MAX_KEPT && (1..=MAX_KEPT_BYTES).contains(&buffer.capacity()) {
            self.free.push(buffer);
        }
    }
}
