//! A range of a buffer view.

use crate::glb::context::Context;
use crate::glb::issue::codes;
use crate::glb::model::view::View;
use crate::glb::path::Path;

/// The bytes of a buffer view that an object refers to.
#[derive(Debug, Clone, Copy)]
pub struct ViewRange {
    pub offset: Option<u64>,
    /// It must begin at a multiple of this.
    pub unit: u64,
    pub length: u128,
}

impl ViewRange {
    /// True when the view has these bytes, aligned.
    pub fn fits(&self, view: &View) -> bool {
        let (Some(offset), Some(start), Some(available)) = (self.offset, view.offset, view.length) else {
            return false;
        };
        offset % self.unit == 0
            && (u128::from(start) + u128::from(offset)) % u128::from(self.unit) == 0
            && u128::from(offset) + self.length <= u128::from(available)
    }

    /// Reports every fault; `path` is the object whose bytes they are.
    pub fn check(&self, view: &View, context: &Context<'_>, path: &Path<'_>) {
        let Some(offset) = self.offset else { return };
        let unit = self.unit;
        if offset % unit != 0 {
            context.add(codes::ACCESSOR_OFFSET_ALIGNMENT, &path.name("byteOffset"), || {
                format!("The offset {offset} is not a multiple of the component length {unit}.")
            });
        }
        let Some(start) = view.offset else { return };
        let total = u128::from(start) + u128::from(offset);
        if total % u128::from(unit) != 0 {
            context.add(codes::ACCESSOR_TOTAL_OFFSET_ALIGNMENT, path, || {
                format!("The total offset {total} is not a multiple of the component length {unit}.")
            });
        }
        let available = view.length.map_or(-1, i128::from);
        let length = i128::try_from(self.length).unwrap_or(i128::MAX);
        let too_long = |path: &Path<'_>| {
            context.add(codes::ACCESSOR_TOO_LONG, path, || {
                format!("{length} bytes from {offset} do not fit the {available} bytes of the buffer view.")
            });
        };
        if i128::from(offset) > available {
            too_long(&path.name("byteOffset"));
        } else if i128::from(offset).saturating_add(length) > available {
            too_long(path);
        }
    }
}
