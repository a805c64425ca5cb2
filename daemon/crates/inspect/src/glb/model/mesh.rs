//! Meshes.

use std::cell::Cell;

use super::primitive::Primitive;
use crate::glb::fields::{Fields, FloatList};
use crate::glb::issue::codes;
use crate::glb::known::ObjectKind;
use crate::glb::model::Model;
use crate::glb::path::Path;

/// A mesh.
#[derive(Debug)]
pub struct Mesh {
    /// `None` when they are missing or wrong; never empty.
    primitives: Option<Vec<Primitive>>,
    /// Those of the morph targets, where no node tells others.
    pub weights: Option<Vec<f64>>,
    /// A primitive has joints.
    pub(crate) is_skinned: bool,
    pub(crate) weights_used: Cell<bool>,
    pub(crate) used: Cell<bool>,
}

impl Mesh {
    pub fn primitives(&self) -> &[Primitive] {
        self.primitives.as_deref().unwrap_or_default()
    }

    pub(crate) fn read(fields: &Fields<'_, '_>) -> Self {
        let weights = fields.floats("weights", FloatList::ANY);
        let primitives = read_primitives(fields);
        let targets = primitives.as_deref().map(target_count);
        if let (Some(weights), Some(targets)) = (&weights, targets)
            && weights.len() != targets.unwrap_or(0)
        {
            fields.report_at(codes::MESH_INVALID_WEIGHTS_COUNT, "weights", || {
                format!(
                    "There are {} weights for {} morph targets.",
                    weights.len(),
                    targets.unwrap_or(0)
                )
            });
        }
        fields.finish_named(ObjectKind::Other);
        Self {
            is_skinned: primitives.iter().flatten().any(|primitive| primitive.joint_sets() != 0),
            primitives,
            weights,
            weights_used: Cell::new(false),
            used: Cell::new(false),
        }
    }

    pub(crate) fn link(&self, model: &Model<'_>, path: &Path<'_>) {
        let path = path.name("primitives");
        for (at, primitive) in self.primitives().iter().enumerate() {
            primitive.link(model, &path.index(at));
        }
    }

    /// The number of morph targets, if it has some.
    pub(crate) fn target_count(&self) -> Option<usize> {
        target_count(self.primitives.as_deref()?)
    }
}

fn target_count(primitives: &[Primitive]) -> Option<usize> {
    Some(primitives.first()?.targets.as_ref()?.len())
}

fn read_primitives(fields: &Fields<'_, '_>) -> Option<Vec<Primitive>> {
    let path = fields.path.name("primitives");
    let mut primitives: Vec<Primitive> = Vec::new();
    for (at, map) in fields.objects("primitives")?.into_iter().enumerate() {
        let path = path.index(at);
        let one = Fields::new(map, path, fields.context, Primitive::MEMBERS);
        let primitive = Primitive::read(&one);
        let count = primitive.targets.as_ref().map_or(0, Vec::len);
        if at > 0 && count != target_count(&primitives).unwrap_or(0) {
            let place = if count > 0 { path.name("targets") } else { path };
            fields
                .context
                .add(codes::MESH_PRIMITIVES_UNEQUAL_TARGETS_COUNT, &place, || {
                    "All primitives must have the same number of morph targets.".to_owned()
                });
        }
        primitives.push(primitive);
    }
    Some(primitives)
}
