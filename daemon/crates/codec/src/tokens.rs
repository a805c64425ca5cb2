//! Repetitions: what is like its left neighbour, or like what is just above. Drawings repeat little else, and looking for more is what takes
//! other coders their time.

use super::deflate::{MAX_DISTANCE, Symbol};

/// A piece of the data: a byte, or a repetition.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token(u32);

/// A [`Token`], taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    Byte(u8),
    /// So many times the byte before.
    Left(usize),
    /// So many bytes as in the row above.
    Above(usize),
}

impl Piece {
    /// For deflate, of rows of `stride` bytes.
    #[inline]
    pub fn symbol(self, stride: usize) -> Symbol {
        match self {
            Self::Byte(value) => Symbol::Byte(value),
            Self::Left(length) => Symbol::Copy { length, distance: 1 },
            Self::Above(length) => Symbol::Copy {
                length,
                distance: stride,
            },
        }
    }
}

const KIND: u32 = 0xC000_0000;
const LEFT: u32 = 0x4000_0000;
const ABOVE: u32 = 0x8000_0000;
/// Longer repetitions are told in several pieces.
const MAX_LENGTH: usize = (1 << 30) - 1;

impl Token {
    #[inline]
    pub fn byte(value: u8) -> Self {
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
    pub fn piece(self) -> Piece {
        let length = (self.0 & !KIND) as usize;
        match self.0 & KIND {
            LEFT => Piece::Left(length),
            ABOVE => Piece::Above(length),
            _ => Piece::Byte(self.0 as u8),
        }
    }
}

/// Shorter ones cost more than their bytes.
const MIN_LEFT: usize = 4;
/// Deflate tells the distance in up to 14 bits.
const MIN_ABOVE: usize = 5;

/// Finds the repetitions of rows of `stride` bytes, one row after the other.
pub fn find(bytes: &[u8], stride: usize, tokens: &mut Vec<Token>) {
    tokens.clear();
    let Some(&first) = bytes.first() else {
        return;
    };
    tokens.push(Token::byte(first));
    // Rows that are further apart cannot be told of.
    let reach = if stride <= MAX_DISTANCE { stride } else { usize::MAX };
    let mut at = 1;
    while at < bytes.len() {
        let value = bytes[at];
        let left = if bytes[at - 1] == value {
            run(&bytes[at..], value)
        } else {
            0
        };
        let above = if at >= reach && bytes[at - stride] == value {
            matching(&bytes[at..], &bytes[at - stride..])
        } else {
            0
        };
        let (token, length) = if above > left && above >= MIN_ABOVE {
            (Token::above(above), above)
        } else if left >= MIN_LEFT {
            (Token::left(left), left)
        } else {
            (Token::byte(value), 1)
        };
        tokens.push(token);
        at += length;
    }
}

/// How many bytes at the start are `value`.
#[inline]
fn run(bytes: &[u8], value: u8) -> usize {
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

/// How many bytes at the start are the same.
#[inline]
pub fn matching(here: &[u8], there: &[u8]) -> usize {
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
