//! The elements of accessors as numbers, whatever their component type and layout are.

mod reader;

pub use self::reader::ElementReader;
use super::Model;
use super::accessor::{Accessor, Sparse, SparsePart, ViewRange};
use crate::glb::gl::{AccessorType, Component};

/// The elements of one accessor. Every read is checked against the bytes that are there; missing numbers are zero.
pub struct Elements<'m> {
    component: Component,
    is_normalized: bool,
    /// Numbers in an element, at least one.
    width: usize,
    count: u64,
    /// All elements are zero where there is no buffer view.
    stored: Option<Stored<'m>>,
    sparse: Option<SparseElements<'m>>,
}

/// Elements in the bytes of a buffer view.
struct Stored<'m> {
    bytes: &'m [u8],
    /// Bytes from one element to the next.
    stride: usize,
    /// The offset of an element's first number.
    offsets: [usize; 16],
}

/// The elements that a sparse accessor replaces.
struct SparseElements<'m> {
    indices: SparseIndices<'m>,
    values: Stored<'m>,
}

/// The indices of a sparse accessor.
#[derive(Clone, Copy)]
pub struct SparseIndices<'m> {
    bytes: &'m [u8],
    component: Component,
}

impl<'m> Elements<'m> {
    /// `None` when a property of the accessor is missing or wrong, or its bytes are not in the file.
    pub(in crate::glb) fn new(model: &'m Model<'_>, accessor: &Accessor) -> Option<Self> {
        let (component, count, kind) = (accessor.component?, accessor.count?, accessor.kind?);
        if kind == AccessorType::Unknown {
            return None;
        }
        let view = model.view(accessor.view);
        let stride = accessor.stride(view);
        let stored = match view {
            None => None,
            Some(_) if stride < accessor.element_length() => return None,
            Some(view) => {
                let length = accessor.byte_length(Some(view));
                let bytes = piece_bytes(model, accessor.view, accessor.offset, component.size(), length)?;
                let (rows, column) = kind.columns(component);
                Some(Stored::new(bytes, stride, |at| {
                    at / rows * column + at % rows * component.size()
                })?)
            }
        };
        let sparse = match &accessor.sparse {
            None => None,
            Some(sparse) => Some(SparseElements::new(model, sparse, component, kind, count)?),
        };
        Some(Self {
            component,
            is_normalized: accessor.normalized,
            width: kind.components(),
            count,
            stored,
            sparse,
        })
    }

    /// The number of elements that the accessor declares. An accessor without a buffer view has no bytes that limit it.
    pub fn len(&self) -> usize {
        usize::try_from(self.count).unwrap_or(usize::MAX)
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The first `N` numbers of an element, normalized where the accessor says so. Numbers that an element does not have come from `fill`;
    /// all are zero behind the last element.
    pub fn floats<const N: usize>(&self, at: usize, fill: [f32; N]) -> [f32; N] {
        let Some((stored, at)) = self.find(at) else {
            return [0.0; N];
        };
        let element = stored.element(at);
        let mut numbers = fill;
        let parts = numbers.iter_mut().zip(&stored.offsets).take(self.width);
        if self.component == Component::F32 {
            parts.for_each(|(number, &offset)| *number = f32::from_le_bytes(take(element, offset)));
            return numbers;
        }
        let most = self.component.max() as f32;
        for (number, &offset) in parts {
            let value = number_at(element, offset, self.component) as f32;
            *number = if self.is_normalized {
                (value / most).max(-1.0)
            } else {
                value
            };
        }
        numbers
    }

    /// The first `N` numbers of an element of unsigned integers, zero where there are none.
    pub fn integers<const N: usize>(&self, at: usize) -> [u32; N] {
        let Some((stored, at)) = self.find(at) else {
            return [0; N];
        };
        let element = stored.element(at);
        let mut numbers = [0; N];
        for (number, &offset) in numbers.iter_mut().zip(&stored.offsets).take(self.width) {
            *number = match self.component {
                Component::U8 => take::<1>(element, offset)[0].into(),
                Component::U16 => u16::from_le_bytes(take(element, offset)).into(),
                Component::U32 => u32::from_le_bytes(take(element, offset)),
                Component::I8 | Component::I16 | Component::F32 => 0,
            };
        }
        numbers
    }

    fn find(&self, at: usize) -> Option<(&Stored<'m>, usize)> {
        if at >= self.len() {
            return None;
        }
        if let Some(sparse) = &self.sparse
            && let Some(position) = sparse.indices.position(at as u64)
        {
            return Some((&sparse.values, position));
        }
        self.stored.as_ref().map(|stored| (stored, at))
    }
}

impl<'m> Stored<'m> {
    fn new(bytes: &'m [u8], stride: u64, offset: impl Fn(u64) -> u64) -> Option<Self> {
        let mut offsets = [0; 16];
        for (at, place) in (0..).zip(&mut offsets) {
            *place = usize::try_from(offset(at)).ok()?;
        }
        Some(Self {
            bytes,
            stride: usize::try_from(stride).ok()?,
            offsets,
        })
    }

    /// The bytes from the first number of an element on.
    fn element(&self, at: usize) -> &'m [u8] {
        let start = at.checked_mul(self.stride);
        start.and_then(|start| self.bytes.get(start..)).unwrap_or_default()
    }

    fn read_into(&self, at: usize, component: Component, values: &mut [f64]) {
        let element = self.element(at);
        for (value, &offset) in values.iter_mut().zip(&self.offsets) {
            *value = number_at(element, offset, component);
        }
    }
}

impl<'m> SparseElements<'m> {
    fn new(
        model: &'m Model<'_>,
        sparse: &Sparse,
        component: Component,
        kind: AccessorType,
        count: u64,
    ) -> Option<Self> {
        if sparse.count > count {
            return None;
        }
        let size = component.size();
        let stride = size * kind.components() as u64;
        let length = u128::from(stride) * u128::from(sparse.count);
        let values = part_bytes(model, &sparse.values, size, length)?;
        Some(Self {
            indices: SparseIndices::new(model, sparse)?,
            values: Stored::new(values, stride, |at| at * size)?,
        })
    }
}

impl<'m> SparseIndices<'m> {
    /// `None` when their bytes are not there.
    pub(in crate::glb) fn new(model: &'m Model<'_>, sparse: &Sparse) -> Option<Self> {
        let component = sparse.index_component?;
        let length = u128::from(component.size()) * u128::from(sparse.count);
        let bytes = part_bytes(model, &sparse.indices, component.size(), length)?;
        Some(Self { bytes, component })
    }

    fn get(&self, position: usize) -> Option<u64> {
        let size = self.component.size() as usize;
        let bytes = self.bytes.get(position.checked_mul(size)?..)?;
        // Indices are whole and not negative.
        (bytes.len() >= size).then(|| number_at(bytes, 0, self.component) as u64)
    }

    /// The position of an index in the list, which is sorted in every valid model.
    fn position(&self, index: u64) -> Option<usize> {
        let (mut low, mut high) = (0, self.bytes.len() / self.component.size() as usize);
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle)?.cmp(&index) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    pub(in crate::glb) fn iter(self) -> impl Iterator<Item = u64> + use<'m> {
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
    if !(ViewRange { offset, unit, length }).fits(view) {
        return None;
    }
    let bytes = model.buffer(view.buffer)?.bytes.get()?;
    let start = usize::try_from(view.offset?.checked_add(offset?)?).ok()?;
    let end = start.checked_add(usize::try_from(length).ok()?)?;
    bytes.get(start..end)
}

fn number_at(bytes: &[u8], at: usize, component: Component) -> f64 {
    match component {
        Component::I8 => i8::from_le_bytes(take(bytes, at)).into(),
        Component::U8 => u8::from_le_bytes(take(bytes, at)).into(),
        Component::I16 => i16::from_le_bytes(take(bytes, at)).into(),
        Component::U16 => u16::from_le_bytes(take(bytes, at)).into(),
        Component::U32 => u32::from_le_bytes(take(bytes, at)).into(),
        Component::F32 => f32::from_le_bytes(take(bytes, at)).into(),
    }
}

/// The bytes of a number; zero where they are not all there.
fn take<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let number = bytes.get(at..).and_then(|rest| rest.first_chunk());
    number.copied().unwrap_or([0; N])
}
