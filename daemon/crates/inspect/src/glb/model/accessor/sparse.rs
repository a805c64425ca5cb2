//! Sparse accessors: elements that replace some of the others.

use super::ViewRange;
use crate::glb::context::unresolved;
use crate::glb::fields::Fields;
use crate::glb::gl::{Component, INDEX_TYPES};
use crate::glb::issue::codes;
use crate::glb::known::ObjectKind;
use crate::glb::model::Model;
use crate::glb::model::view::ViewUsage;
use crate::glb::path::Path;

/// Elements that replace some of the others.
#[derive(Debug)]
pub struct Sparse {
    pub count: u64,
    pub indices: SparsePart,
    pub index_component: Option<Component>,
    pub values: SparsePart,
}

#[derive(Debug)]
pub struct SparsePart {
    pub view: Option<usize>,
    pub offset: Option<u64>,
}

impl Sparse {
    /// Reads the property `sparse` of an accessor.
    pub fn read(fields: &Fields<'_, '_>) -> Option<Self> {
        let sparse = fields.object("sparse", &["count", "indices", "values"])?;
        let count = sparse.need_count("count", 1..=u64::MAX);
        sparse.need("indices");
        let indices = sparse.object("indices", &["bufferView", "byteOffset", "componentType"]);
        let indices = indices.map(|indices| {
            let part = read_part(&indices);
            let component = indices.need_number_of("componentType", &INDEX_TYPES);
            (part, component.and_then(Component::from_gl))
        });
        sparse.need("values");
        let values = sparse.object("values", &["bufferView", "byteOffset"]);
        let values = values.map(|values| read_part(&values));
        let (count, (indices, index_component), values) = (count?, indices?, values?);
        sparse.finish(ObjectKind::Other);
        Some(Self {
            count,
            indices,
            index_component,
            values,
        })
    }

    /// Links its parts; `value_length` is that of one element.
    pub fn link(&self, model: &Model<'_>, base_count: u64, value_unit: u64, value_length: u128, path: &Path<'_>) {
        if self.count > base_count {
            model
                .context
                .add(codes::ACCESSOR_SPARSE_COUNT_OUT_OF_RANGE, &path.name("count"), || {
                    format!("{} elements are replaced, but there are only {base_count}.", self.count)
                });
        }
        let count = u128::from(self.count);
        let index_size = self.index_component.map(Component::size);
        let indices = index_size.map(|size| ViewRange {
            offset: self.indices.offset,
            unit: size,
            length: u128::from(size) * count,
        });
        link_part(model, &self.indices, indices, &path.name("indices"));
        let values = ViewRange {
            offset: self.values.offset,
            unit: value_unit,
            length: value_length.saturating_mul(count),
        };
        link_part(model, &self.values, Some(values), &path.name("values"));
    }
}

fn link_part(model: &Model<'_>, part: &SparsePart, piece: Option<ViewRange>, path: &Path<'_>) {
    let Some(index) = part.view else { return };
    let view_path = path.name("bufferView");
    let Some(view) = model.view(part.view) else {
        unresolved(model.context, &view_path, index);
        return;
    };
    view.set_usage(ViewUsage::Other, model.context, &view_path);
    if view.stride.is_some() {
        model
            .context
            .add(codes::BUFFER_VIEW_INVALID_BYTE_STRIDE, &view_path, || {
                "Only vertex data can have a stride.".to_owned()
            });
    }
    if let Some(piece) = piece {
        piece.check(view, model.context, path);
    }
}

fn read_part(fields: &Fields<'_, '_>) -> SparsePart {
    let part = SparsePart {
        view: fields.need_index("bufferView"),
        offset: fields.count_or_zero("byteOffset"),
    };
    fields.finish(ObjectKind::Other);
    part
}
