//! Buffer views: the pieces of buffers.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use crate::glb::context::{Context, unresolved};
use crate::glb::fields::Fields;
use crate::glb::gl::{ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER};
use crate::glb::issue::codes;
use crate::glb::known::ObjectKind;
use crate::glb::model::Model;
use crate::glb::path::Path;

/// The use of a buffer view; a view can have only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewUsage {
    InverseBind,
    Image,
    Index,
    Other,
    Vertex,
}

/// `None` where the property is missing or wrong.
#[derive(Debug)]
pub struct View {
    pub buffer: Option<usize>,
    pub offset: Option<u64>,
    pub length: Option<u64>,
    pub stride: Option<u64>,
    target: Option<u32>,
    usage: Cell<Option<ViewUsage>>,
    pub used: Cell<bool>,
    /// The accessors that take vertices from it, when it has no stride.
    vertex_accessors: RefCell<HashSet<usize>>,
}

const MEMBERS: [&str; 6] = ["buffer", "byteOffset", "byteLength", "byteStride", "target", "name"];

impl View {
    pub const MEMBERS: &'static [&'static str] = &MEMBERS;

    pub fn read(fields: &Fields<'_, '_>) -> Self {
        let length = fields.need_count("byteLength", 1..=u64::MAX);
        let stride = fields.count("byteStride", 4..=252);
        let target = fields.number_of("target", &[ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER]);
        if let Some(stride) = stride {
            check_stride(fields, stride, length, target);
        }
        let view = Self {
            buffer: fields.need_index("buffer"),
            offset: fields.count_or_zero("byteOffset"),
            length,
            stride,
            target,
            usage: Cell::new(None),
            used: Cell::new(false),
            vertex_accessors: RefCell::default(),
        };
        fields.finish_named(ObjectKind::Other);
        view
    }

    pub fn link(&self, model: &Model<'_>, path: &Path<'_>) {
        self.usage.set(match self.target {
            Some(ARRAY_BUFFER) => Some(ViewUsage::Vertex),
            Some(ELEMENT_ARRAY_BUFFER) => Some(ViewUsage::Index),
            _ => None,
        });
        let Some(index) = self.buffer else { return };
        let Some(buffer) = model.buffer(self.buffer) else {
            unresolved(model.context, &path.name("buffer"), index);
            return;
        };
        buffer.used.set(true);
        let Some(available) = buffer.length else { return };
        // Faults of the view itself were reported before.
        let offset = self.offset.map_or(-1, i128::from);
        let length = self.length.map_or(-1, i128::from);
        let too_long = |name| {
            model.context.add(codes::BUFFER_VIEW_TOO_LONG, &path.name(name), || {
                format!("The buffer view does not fit the {available} bytes of buffer {index}.")
            });
        };
        if offset >= i128::from(available) {
            too_long("byteOffset");
        } else if offset + length > i128::from(available) {
            too_long("byteLength");
        }
    }

    /// Records a use; `path` is the property that uses it.
    pub fn set_usage(&self, usage: ViewUsage, context: &Context<'_>, path: &Path<'_>) {
        self.used.set(true);
        match self.usage.get() {
            None => {
                self.usage.set(Some(usage));
                if matches!(usage, ViewUsage::Index | ViewUsage::Vertex) {
                    context.add(codes::BUFFER_VIEW_TARGET_MISSING, path, || {
                        "The buffer view should declare its target.".to_owned()
                    });
                }
            }
            Some(before) if before != usage => context.add(codes::BUFFER_VIEW_TARGET_OVERRIDE, path, || {
                format!("The buffer view was used as {before:?} before and is used as {usage:?} here.")
            }),
            Some(_) => {}
        }
    }

    /// Two accessors for vertices can share a view only when its stride is given.
    pub fn add_vertex_accessor(&self, accessor: usize, context: &Context<'_>, path: &Path<'_>) {
        if self.stride.is_some() {
            return;
        }
        let mut accessors = self.vertex_accessors.borrow_mut();
        if accessors.insert(accessor) && accessors.len() > 1 {
            context.add(codes::MESH_PRIMITIVE_ACCESSOR_WITHOUT_BYTESTRIDE, path, || {
                "The buffer view must have a stride, because several accessors use it.".to_owned()
            });
        }
    }
}

fn check_stride(fields: &Fields<'_, '_>, stride: u64, length: Option<u64>, target: Option<u32>) {
    if let Some(length) = length
        && stride > length
    {
        fields.report_at(codes::BUFFER_VIEW_TOO_BIG_BYTE_STRIDE, "byteStride", || {
            format!("The stride {stride} is greater than the length {length}.")
        });
    }
    if !stride.is_multiple_of(4) {
        fields.report_at(codes::VALUE_MULTIPLE_OF, "byteStride", || {
            format!("The stride {stride} is not a multiple of 4.")
        });
    }
    if target == Some(ELEMENT_ARRAY_BUFFER) {
        fields.report_at(codes::BUFFER_VIEW_INVALID_BYTE_STRIDE, "byteStride", || {
            "Only vertex data can have a stride.".to_owned()
        });
    }
}
