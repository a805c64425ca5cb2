//! The elements of an accessor as numbers, whatever they are stored as.

use crate::glb::gl::{Component, Kind};
use crate::glb::model::Model;
use crate::glb::objects::accessor::{Accessor, Piece, Sparse, SparsePart};

/// As many elements are looked at together.
const BLOCK_ELEMENTS: u64 = 512;

/// Goes through the elements one by one, or block by block.
pub struct Elements<'m> {
    component: Component,
    /// Where the numbers of an element begin.
    offsets: [usize; 16],
    length: usize,
    stride: usize,
    /// All elements are zero where there is no buffer view.
    bytes: Option<&'m [u8]>,
    at: u64,
    count: u64,
    replaced: Option<Replaced<'m>>,
}

/// The elements that replace others.
struct Replaced<'m> {
    indices: SparseIndices<'m>,
    values: &'m [u8],
    position: usize,
}

/// The indices of a sparse accessor.
#[derive(Clone, Copy)]
pub struct SparseIndices<'m> {
    bytes: &'m [u8],
    component: Component,
}

impl<'m> Elements<'m> {
    /// `None` when the accessor is so wrong, or its bytes so far away, that nothing can be said.
    pub fn of(model: &'m Model<'_>, accessor: &Accessor) -> Option<Self> {
        let (component, count, kind) = (accessor.component?, accessor.count?, accessor.kind?);
        let view = model.view(accessor.view);
        if kind == Kind::Unknown || (view.is_none() && accessor.sparse.is_none()) {
            return None;
        }
        let stride = accessor.stride(view);
        let bytes = match view {
            None => None,
            Some(_) if stride < accessor.element_length() => return None,
            Some(view) => {
                let length = accessor.byte_length(Some(view));
                Some(piece_bytes(
                    model,
                    accessor.view,
                    accessor.offset,
                    component.size(),
                    length,
                )?)
            }
        };
        let (rows, column) = kind.columns(component);
        let mut offsets = [0; 16];
        for (at, offset) in (0..kind.components() as u64).zip(&mut offsets) {
            *offset = usize::try_from(at / rows * column + at % rows * component.size()).ok()?;
        }
        let replaced = match &accessor.sparse {
            None => None,
            Some(sparse) => Some(Replaced::of(model, sparse, component, kind, count)?),
        };
        Some(Self {
            component,
            offsets,
            length: kind.components(),
            stride: usize::try_from(stride).ok()?,
            bytes,
            at: 0,
            count,
            replaced,
        })
    }

    /// How many numbers there are.
    pub fn cost(&self) -> u64 {
        self.count.saturating_mul(self.length as u64)
    }

    pub fn component(&self) -> Component {
        self.component
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many numbers an element has; at least one.
    pub fn width(&self) -> usize {
        self.length
    }

    /// The next elements, one behind the other, in place of what `block` had; false after the last one.
    pub fn next_block(&mut self, block: &mut Vec<f64>) -> bool {
        let count = (self.count - self.at).min(BLOCK_ELEMENTS);
        let numbers = count as usize * self.length;
        block.clear();
        block.resize(numbers, 0.0);
        if self.replaced.is_some() {
            let mut values = [0.0; 16];
            for element in block.chunks_exact_mut(self.length) {
                if let Some(values) = self.next_into(&mut values) {
                    element.copy_from_slice(values);
                }
            }
            return count > 0;
        }
        let start = usize::try_from(self.at).ok().and_then(|at| at.checked_mul(self.stride));
        if let (Some(bytes), Some(start)) = (self.bytes, start) {
            self.decode(bytes.get(start..).unwrap_or_default(), block);
        }
        self.at += count;
        count > 0
    }

    /// The type of the numbers is looked at once, not for each of them.
    fn decode(&self, bytes: &[u8], block: &mut [f64]) {
        match self.component {
            Component::I8 => self.decode_as(bytes, block, |number| i8::from_le_bytes(number).into()),
            Component::U8 => self.decode_as(bytes, block, |number| u8::from_le_bytes(number).into()),
            Component::I16 => self.decode_as(bytes, block, |number| i16::from_le_bytes(number).into()),
            Component::U16 => self.decode_as(bytes, block, |number| u16::from_le_bytes(number).into()),
            Component::U32 => self.decode_as(bytes, block, |number| u32::from_le_bytes(number).into()),
            Component::F32 => self.decode_as(bytes, block, |number| f32::from_le_bytes(number).into()),
        }
    }

    fn decode_as<const N: usize>(&self, bytes: &[u8], block: &mut [f64], number: impl Fn([u8; N]) -> f64) {
        let offsets = &self.offsets[..self.length];
        for (at, element) in block.chunks_exact_mut(self.length).enumerate() {
            let bytes = bytes.get(at * self.stride..).unwrap_or_default();
            for (value, &offset) in element.iter_mut().zip(offsets) {
                if let Some(&bytes) = bytes.get(offset..).and_then(|bytes| bytes.first_chunk()) {
                    *value = number(bytes);
                }
            }
        }
    }

    /// The next element, written into `values`.
    pub fn next_into<'v>(&mut self, values: &'v mut [f64; 16]) -> Option<&'v [f64]> {
        if self.at == self.count {
            return None;
        }
        let at = self.at;
        self.at += 1;
        let values = &mut values[..self.length];
        if let Some(replaced) = &mut self.replaced
            && replaced.take(at, self.component, values)
        {
            return Some(values);
        }
        match self.bytes {
            None => values.fill(0.0),
            Some(bytes) => {
                let start = usize::try_from(at).ok()?.checked_mul(self.stride)?;
                let element = bytes.get(start..)?;
                for (value, &offset) in values.iter_mut().zip(&self.offsets) {
                    *value = number(element, offset, self.component);
                }
            }
        }
        Some(values)
    }
}

impl<'m> Replaced<'m> {
    fn of(model: &'m Model<'_>, sparse: &Sparse, component: Component, kind: Kind, count: u64) -> Option<Self> {
        if sparse.count > count {
            return None;
        }
        let length = u128::from(component.size()) * kind.components() as u128 * u128::from(sparse.count);
        let values = part_bytes(model, &sparse.values, component.size(), length)?;
        Some(Self {
            indices: SparseIndices::of(model, sparse)?,
            values,
            position: 0,
        })
    }

    /// Whether the element is replaced; the indices are taken in their order.
    fn take(&mut self, at: u64, component: Component, values: &mut [f64]) -> bool {
        if self.indices.get(self.position) != Some(at) {
            return false;
        }
        // It is as large as all of the values together.
        let size = component.size() as usize;
        let start = self.position * values.len() * size;
        for (index, value) in values.iter_mut().enumerate() {
            *value = number(self.values, start + index * size, component);
        }
        if self.indices.get(self.position + 1).is_some() {
            self.position += 1;
        }
        true
    }
}

impl<'m> SparseIndices<'m> {
    /// `None` when their bytes are not there.
    pub fn of(model: &'m Model<'_>, sparse: &Sparse) -> Option<Self> {
        let component = sparse.index_component?;
        let length = u128::from(component.size()) * u128::from(sparse.count);
        let bytes = part_bytes(model, &sparse.indices, component.size(), length)?;
        Some(Self { bytes, component })
    }

    fn get(&self, position: usize) -> Option<u64> {
        let size = self.component.size() as usize;
        let bytes = self.bytes.get(position.checked_mul(size)?..)?;
        // Indices are whole and not negative.
        (bytes.len() >= size).then(|| number(bytes, 0, self.component) as u64)
    }

    pub fn iter(self) -> impl Iterator<Item = u64> + use<'m> {
        (0..).map_while(move |position| self.get(position))
    }
}

fn part_bytes<'m>(model: &'m Model<'_>, part: &SparsePart, unit: u64, length: u128) -> Option<&'m [u8]> {
    piece_bytes(model, part.view, part.offset, unit, length)
}

/// Bytes of a view, if the view has them and its buffer as well.
fn piece_bytes<'m>(
    model: &'m Model<'_>,
    view: Option<usize>,
    offset: Option<u64>,
    unit: u64,
    length: u128,
) -> Option<&'m [u8]> {
    let view = model.view(view)?;
    if !(Piece { offset, unit, length }).fits(view) {
        return None;
    }
    let bytes = model.buffer(view.buffer)?.bytes.get()?;
    let start = usize::try_from(view.offset?.checked_add(offset?)?).ok()?;
    let end = start.checked_add(usize::try_from(length).ok()?)?;
    bytes.get(start..end)
}

fn number(bytes: &[u8], at: usize, component: Component) -> f64 {
    fn take<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
        // The callers have made sure that it is there.
        bytes
            .get(at..)
            .and_then(|rest| rest.first_chunk())
            .copied()
            .unwrap_or([0; N])
    }
    match component {
        Component::I8 => i8::from_le_bytes(take(bytes, at)).into(),
        Component::U8 => u8::from_le_bytes(take(bytes, at)).into(),
        Component::I16 => i16::from_le_bytes(take(bytes, at)).into(),
        Component::U16 => u16::from_le_bytes(take(bytes, at)).into(),
        Component::U32 => u32::from_le_bytes(take(bytes, at)).into(),
        Component::F32 => f32::from_le_bytes(take(bytes, at)).into(),
    }
}
