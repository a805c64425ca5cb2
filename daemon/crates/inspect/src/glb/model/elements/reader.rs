//! Sequential reading of elements, for the checks.

use super::{Elements, Stored, take};
use crate::glb::gl::Component;
use crate::glb::model::Model;
use crate::glb::model::accessor::Accessor;

/// [`ElementReader::next_block`] reads as many elements together.
const BLOCK_ELEMENTS: u64 = 512;

/// Reads the elements of an accessor in their order.
pub struct ElementReader<'m> {
    elements: Elements<'m>,
    at: u64,
    /// The position of the next index of a sparse accessor.
    sparse_position: usize,
}

impl<'m> ElementReader<'m> {
    /// `None` when there is nothing to read: the accessor is wrong, or neither it nor its sparse elements have bytes in the file.
    pub(in crate::glb) fn new(model: &'m Model<'_>, accessor: &Accessor) -> Option<Self> {
        let elements = Elements::new(model, accessor)?;
        (elements.stored.is_some() || elements.sparse.is_some()).then_some(Self {
            elements,
            at: 0,
            sparse_position: 0,
        })
    }

    /// The number of numbers in all elements.
    pub fn cost(&self) -> u64 {
        self.elements.count.saturating_mul(self.elements.width as u64)
    }

    pub fn component(&self) -> Component {
        self.elements.component
    }

    pub fn count(&self) -> u64 {
        self.elements.count
    }

    /// Numbers in an element, at least one.
    pub fn width(&self) -> usize {
        self.elements.width
    }

    /// Replaces the content of `block` with the next elements; false after the last one.
    pub fn next_block(&mut self, block: &mut Vec<f64>) -> bool {
        let count = (self.count() - self.at).min(BLOCK_ELEMENTS);
        let width = self.width();
        block.clear();
        block.resize(count as usize * width, 0.0);
        if self.elements.sparse.is_some() {
            let mut values = [0.0; 16];
            for element in block.chunks_exact_mut(width) {
                if let Some(values) = self.next_into(&mut values) {
                    element.copy_from_slice(values);
                }
            }
            return count > 0;
        }
        if let (Some(stored), Ok(at)) = (&self.elements.stored, usize::try_from(self.at)) {
            stored.decode(at, self.elements.component, width, block);
        }
        self.at += count;
        count > 0
    }

    /// Writes the next element into `values`; `None` after the last one.
    pub fn next_into<'v>(&mut self, values: &'v mut [f64; 16]) -> Option<&'v [f64]> {
        let elements = &self.elements;
        if self.at == elements.count {
            return None;
        }
        let at = self.at;
        self.at += 1;
        let values = &mut values[..elements.width];
        if let Some(sparse) = &elements.sparse
            && sparse.indices.get(self.sparse_position) == Some(at)
        {
            sparse
                .values
                .read_into(self.sparse_position, elements.component, values);
            if sparse.indices.get(self.sparse_position + 1).is_some() {
                self.sparse_position += 1;
            }
            return Some(values);
        }
        match &elements.stored {
            None => values.fill(0.0),
            Some(stored) => stored.read_into(usize::try_from(at).ok()?, elements.component, values),
        }
        Some(values)
    }
}

impl Stored<'_> {
    /// Reads elements from the one with the number `at` on. The component type is looked at once, not for each number.
    fn decode(&self, at: usize, component: Component, width: usize, block: &mut [f64]) {
        match component {
            Component::I8 => self.decode_as(at, width, block, |number| i8::from_le_bytes(number).into()),
            Component::U8 => self.decode_as(at, width, block, |number| u8::from_le_bytes(number).into()),
            Component::I16 => self.decode_as(at, width, block, |number| i16::from_le_bytes(number).into()),
            Component::U16 => self.decode_as(at, width, block, |number| u16::from_le_bytes(number).into()),
            Component::U32 => self.decode_as(at, width, block, |number| u32::from_le_bytes(number).into()),
            Component::F32 => self.decode_as(at, width, block, |number| f32::from_le_bytes(number).into()),
        }
    }

    fn decode_as<const N: usize>(&self, at: usize, width: usize, block: &mut [f64], number: impl Fn([u8; N]) -> f64) {
        for (at, element) in (at..).zip(block.chunks_exact_mut(width)) {
            let bytes = self.element(at);
            for (value, &offset) in element.iter_mut().zip(&self.offsets) {
                *value = number(take(bytes, offset));
            }
        }
    }
}
