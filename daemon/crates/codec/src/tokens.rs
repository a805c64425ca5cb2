//! Finds runs: bytes that repeat their left neighbour, or the row above. Drawings repeat little else, and searching for more is where other
//! encoders spend their time.

use super::deflate::{self, MAX_DISTANCE, Symbol};

/// A literal or a run in 32 bits: its kind in the highest two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token(u32);

/// An unpacked [`Token`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Literal(u8),
    /// Repeats the byte before so many times.
    Left(usize),
    /// Repeats so many bytes of the row above.
    Above(usize),
}

const KIND: u32 = 0xC000_0000;
const LEFT: u32 = 0x4000_0000;
const ABOVE: u32 = 0x8000_0000;
/// Longer runs take several tokens.
const MAX_LENGTH: usize = (1 << 30) - 1;

impl Token {
    #[inline]
    pub fn literal(value: u8) -> Self {
        Self(u32::from(value))
    }

    #[inline]
    pub fn left(length: usize) -> Self {
        Self(LEFT | length as u32)
    }

    #[inline]
    pub fn above(length: usize) -> Self {
        Self(ABOVE | length as u32)
    }

    #[inline]
    pub fn kind(self) -> TokenKind {
        let length = (self.0 & !KIND) as usize;
        match self.0 & KIND {
            LEFT => TokenKind::Left(length),
            ABOVE => TokenKind::Above(length),
            _ => TokenKind::Literal(self.0 as u8),
        }
    }
}

/// Appends the zlib stream of rows of `stride` bytes with their tokens to `target`.
pub fn zlib(rows: &[u8], tokens: &[Token], stride: usize, target: &mut Vec<u8>) {
    let symbol = |token: Token| match token.kind() {
        TokenKind::Literal(value) => Symbol::Literal(value),
        TokenKind::Left(length) => Symbol::Match { length, distance: 1 },
        TokenKind::Above(length) => Symbol::Match {
            length,
            distance: stride,
        },
    };
    deflate::zlib(rows, tokens, symbol, target);
}

/// Shorter runs cost more than their bytes.
const MIN_LEFT: usize = 4;
/// DEFLATE writes the distance with up to 13 extra bits.
const MIN_ABOVE: usize = 5;

/// Finds the runs in rows of `stride` bytes.
pub fn find(bytes: &[u8], stride: usize, tokens: &mut Vec<Token>) {
    tokens.clear();
    let Some(&first) = bytes.first() else {
        return;
    };
    tokens.push(Token::literal(first));
    // No token reaches further back than DEFLATE's window.
    let reach = if stride <= MAX_DISTANCE { stride } else { usize::MAX };
    let mut at = 1;
    while at < bytes.len() {
        let value = bytes[at];
        let left = if bytes[at - 1] == value {
            run_length(&bytes[at..], value)
        } else {
            0
        };
        let above = if at >= reach && bytes[at - stride] == value {
            common_prefix(&bytes[at..], &bytes[at - stride..])
        } else {
            0
        };
        let (token, length) = if above > left && above >= MIN_ABOVE {
            (Token::above(above), above)
        } else if left >= MIN_LEFT {
            (Token::left(left), left)
        } else {
            (Token::literal(value), 1)
        };
        tokens.push(token);
        at += length;
    }
}

/// The number of bytes at the start that are `value`.
#[inline]
fn run_length(bytes: &[u8], value: u8) -> usize {
    let bytes = &bytes[..bytes.len().min(MAX_LENGTH)];
    let (words, _) = bytes.as_chunks::<8>();
    let wanted = u64::from_le_bytes([value; 8]);
    let mut same = 0;
    for word in words {
        let difference = u64::from_le_bytes(*word) ^ wanted;
        if difference != 0 {
            return same + difference.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    same + bytes[same..].iter().take_while(|&&byte| byte == value).count()
}

/// The number of bytes at the start that are the same.
#[inline]
pub fn common_prefix(here: &[u8], there: &[u8]) -> usize {
    let most = here.len().min(there.len()).min(MAX_LENGTH);
    let (here, there) = (&here[..most], &there[..most]);
    let mut same = 0;
    for (left, right) in here.as_chunks::<8>().0.iter().zip(there.as_chunks::<8>().0) {
        let difference = u64::from_le_bytes(*left) ^ u64::from_le_bytes(*right);
        if difference != 0 {
            return same + difference.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    let rest = here[same..].iter().zip(&there[same..]);
    same + rest.take_while(|(left, right)| left == right).count()
}
