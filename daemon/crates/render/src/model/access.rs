//! The numbers behind accessors. Everything is checked once against the bytes that are there; after that an element is read by its number.

use std::borrow::Cow;
use std::cell::Cell;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::document::{Accessor, Document, Sparse};

/// More elements in one accessor than a picture of at most [`super::MAX_TRIANGLES`] triangles needs.
const MAX_COUNT: usize = 3 * super::MAX_TRIANGLES;

/// Of indices and bones, over the whole model.
const MAX_COPIES: usize = 10_000_000;

/// A document and the bytes it speaks of.
pub struct Data<'a> {
    pub document: &'a Document,
    buffers: Vec<Cow<'a, [u8]>>,
    /// What may still be copied out of the buffers, in numbers.
    copies_left: Cell<usize>,
}

impl<'a> Data<'a> {
    /// Buffers are the binary chunk, or part of the JSON; others are outside the file and taken for empty.
    pub fn new(document: &'a Document, bin: Option<&'a [u8]>) -> Self {
        let buffer = |(at, buffer): (usize, &'a super::document::Buffer)| match &buffer.uri {
            Some(uri) => Cow::Owned(inline(uri).unwrap_or_default()),
            None if at == 0 => Cow::Borrowed(bin.unwrap_or_default()),
            None => Cow::Borrowed(&[][..]),
        };
        Self {
            document,
            buffers: document.buffers.iter().enumerate().map(buffer).collect(),
            copies_left: Cell::new(MAX_COPIES),
        }
    }

    /// Whether so many numbers may be copied: a list that many nodes use is copied for each of them.
    pub fn may_copy(&self, numbers: usize) -> bool {
        let left = self.copies_left.get().checked_sub(numbers);
        self.copies_left.set(left.unwrap_or(0));
        left.is_some()
    }

    /// The bytes of a view.
    pub fn view(&self, index: usize) -> Option<&[u8]> {
        let view = self.document.buffer_views.get(index)?;
        let end = view.byte_offset.checked_add(view.byte_length)?;
        self.buffers.get(view.buffer)?.get(view.byte_offset..end)
    }

    /// The elements of an accessor; `None` when there is no such accessor, or its bytes are not there.
    pub fn elements(&self, index: Option<usize>) -> Option<Elements<'_>> {
        let accessor = self.document.accessors.get(index?)?;
        if accessor.count > MAX_COUNT {
            return None;
        }
        let plain = match accessor.buffer_view {
            Some(view) => Some(self.plain(accessor, view)?),
            None => None,
        };
        let sparse = match &accessor.sparse {
            Some(sparse) => Some(self.sparse(accessor, sparse)?),
            None => None,
        };
        Some(Elements {
            count: accessor.count,
            is_normalised: accessor.normalized,
            plain,
            sparse,
        })
    }

    fn plain(&self, accessor: &Accessor, view: usize) -> Option<Plain<'_>> {
        let stride = self.document.buffer_views.get(view)?.byte_stride;
        let bytes = self.view(view)?.get(accessor.byte_offset..)?;
        Plain::new(
            bytes,
            accessor.component_type,
            width(&accessor.kind)?,
            stride,
            accessor.count,
        )
    }

    fn sparse(&self, accessor: &Accessor, sparse: &Sparse) -> Option<Replaced<'_>> {
        let bytes = self
            .view(sparse.indices.buffer_view)?
            .get(sparse.indices.byte_offset..)?;
        let indices = Plain::new(bytes, sparse.indices.component_type, 1, None, sparse.count)?;
        if !self.may_copy(sparse.count) {
            return None;
        }
        let indices: Vec<u32> = (0..sparse.count).map(|at| indices.integer(at, 0)).collect();
        let bytes = self.view(sparse.values.buffer_view)?.get(sparse.values.byte_offset..)?;
        let values = Plain::new(
            bytes,
            accessor.component_type,
            width(&accessor.kind)?,
            None,
            sparse.count,
        )?;
        indices.is_sorted().then_some(Replaced { indices, values })
    }
}

/// What a `data:` URI holds.
pub fn inline(uri: &str) -> Option<Vec<u8>> {
    let (_, text) = uri.strip_prefix("data:")?.split_once(";base64,")?;
    BASE64_STANDARD.decode(text).ok()
}

/// The elements of one accessor.
pub struct Elements<'a> {
    pub count: usize,
    is_normalised: bool,
    /// All zeros without.
    plain: Option<Plain<'a>>,
    sparse: Option<Replaced<'a>>,
}

/// Elements that take the place of others.
struct Replaced<'a> {
    /// Sorted.
    indices: Vec<u32>,
    values: Plain<'a>,
}

impl Elements<'_> {
    /// The first `N` numbers of an element; what an element has not comes from `fill`. Zeros beyond the last one.
    pub fn floats<const N: usize>(&self, at: usize, fill: [f32; N]) -> [f32; N] {
        let Some((source, at)) = self.source(at) else {
            return [0.0; N];
        };
        let mut numbers = fill;
        for (part, number) in numbers.iter_mut().enumerate().take(source.width) {
            *number = source.float(at, part, self.is_normalised);
        }
        numbers
    }

    /// The first `N` whole numbers of an element, zeros where there are none.
    pub fn integers<const N: usize>(&self, at: usize) -> [u32; N] {
        let Some((source, at)) = self.source(at) else {
            return [0; N];
        };
        std::array::from_fn(|part| {
            if part < source.width {
                source.integer(at, part)
            } else {
                0
            }
        })
    }

    fn source(&self, at: usize) -> Option<(&Plain<'_>, usize)> {
        if at >= self.count {
            return None;
        }
        if let Some(replaced) = &self.sparse
            && let Ok(place) = replaced.indices.binary_search(&u32::try_from(at).ok()?)
        {
            return Some((&replaced.values, place));
        }
        self.plain.as_ref().map(|plain| (plain, at))
    }
}

/// Elements as they lie in the file.
struct Plain<'a> {
    bytes: &'a [u8],
    component: Component,
    /// Numbers in an element.
    width: usize,
    /// Bytes from one element to the next.
    stride: usize,
}

#[derive(Clone, Copy)]
enum Component {
    I8,
    U8,
    I16,
    U16,
    U32,
    F32,
}

impl<'a> Plain<'a> {
    fn new(bytes: &'a [u8], component: u32, width: usize, stride: Option<usize>, count: usize) -> Option<Self> {
        let (component, size) = match component {
            5120 => (Component::I8, 1),
            5121 => (Component::U8, 1),
            5122 => (Component::I16, 2),
            5123 => (Component::U16, 2),
            5125 => (Component::U32, 4),
            5126 => (Component::F32, 4),
            _ => return None,
        };
        let element = size * width;
        let stride = stride.unwrap_or(element);
        if count > 0 {
            let last = (count - 1).checked_mul(stride)?;
            bytes.get(..last.checked_add(element)?)?;
        }
        Some(Self {
            bytes,
            component,
            width,
            stride,
        })
    }

    fn part<const N: usize>(&self, at: usize, part: usize) -> [u8; N] {
        let start = at * self.stride + part * N;
        let bytes = self.bytes.get(start..start + N).and_then(|bytes| bytes.try_into().ok());
        bytes.unwrap_or([0; N])
    }

    fn float(&self, at: usize, part: usize, is_normalised: bool) -> f32 {
        let (value, most) = match self.component {
            Component::I8 => (f32::from(i8::from_le_bytes(self.part(at, part))), 127.0),
            Component::U8 => (f32::from(u8::from_le_bytes(self.part(at, part))), 255.0),
            Component::I16 => (f32::from(i16::from_le_bytes(self.part(at, part))), 32_767.0),
            Component::U16 => (f32::from(u16::from_le_bytes(self.part(at, part))), 65_535.0),
            Component::U32 => (u32::from_le_bytes(self.part(at, part)) as f32, 4_294_967_295.0),
            Component::F32 => return f32::from_le_bytes(self.part(at, part)),
        };
        if is_normalised { (value / most).max(-1.0) } else { value }
    }

    fn integer(&self, at: usize, part: usize) -> u32 {
        match self.component {
            Component::U8 => u8::from_le_bytes(self.part(at, part)).into(),
            Component::U16 => u16::from_le_bytes(self.part(at, part)).into(),
            Component::U32 => u32::from_le_bytes(self.part(at, part)),
            Component::I8 | Component::I16 | Component::F32 => 0,
        }
    }
}

fn width(kind: &str) -> Option<usize> {
    match kind {
        "SCALAR" => Some(1),
        "VEC2" => Some(2),
        "VEC3" => Some(3),
        "VEC4" => Some(4),
        "MAT4" => Some(16),
        _ => None,
    }
}
