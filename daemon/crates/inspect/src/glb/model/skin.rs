//! Skins: the joints that move a mesh.

use std::cell::{Cell, OnceCell};
use std::collections::HashSet;

use super::node::{STEP_COST, link_nodes};
use crate::glb::context::unresolved;
use crate::glb::fields::Fields;
use crate::glb::gl::{AccessorType, Component, Format};
use crate::glb::issue::codes;
use crate::glb::known::ObjectKind;
use crate::glb::model::Model;
use crate::glb::model::accessor::checks::{Check, Rule};
use crate::glb::model::accessor::{Accessor, Usage};
use crate::glb::model::view::ViewUsage;
use crate::glb::path::Path;

const MEMBERS: [&str; 4] = ["inverseBindMatrices", "skeleton", "joints", "name"];

/// A skin.
#[derive(Debug)]
pub struct Skin {
    /// The accessor of a matrix for each joint.
    pub inverse_bind_matrices: Option<usize>,
    skeleton: Option<usize>,
    joints: Option<Vec<Option<usize>>>,
    /// The nodes that are above all joints (or are all joints), lowest first.
    common_roots: OnceCell<Vec<usize>>,
    top_root: OnceCell<Option<usize>>,
    pub(crate) used: Cell<bool>,
}

impl Skin {
    pub(crate) const MEMBERS: &'static [&'static str] = &MEMBERS;

    /// The nodes that move the vertices, in the order of the numbers in `JOINTS_0`.
    pub fn joints(&self) -> impl ExactSizeIterator<Item = Option<usize>> {
        self.joints.as_deref().unwrap_or_default().iter().copied()
    }

    pub(crate) fn read(fields: &Fields<'_, '_>) -> Self {
        fields.need("joints");
        let skin = Self {
            inverse_bind_matrices: fields.index("inverseBindMatrices"),
            skeleton: fields.index("skeleton"),
            joints: fields.indices("joints"),
            common_roots: OnceCell::new(),
            top_root: OnceCell::new(),
            used: Cell::new(false),
        };
        fields.finish_named(ObjectKind::Other);
        skin
    }

    /// The root of the tree that has all joints, if there is one.
    pub(crate) fn top_root(&self, model: &Model<'_>) -> Option<usize> {
        *self.top_root.get_or_init(|| {
            let is_top = |root: &&usize| model.node(Some(**root)).is_some_and(|node| node.parent.get().is_none());
            self.common_roots.get()?.iter().find(is_top).copied()
        })
    }

    pub(crate) fn link(&self, model: &Model<'_>, path: &Path<'_>) {
        let roots = self.link_joints(model, &path.name("joints"));
        if let Some(index) = self.inverse_bind_matrices {
            let path = path.name("inverseBindMatrices");
            match model.accessor(self.inverse_bind_matrices) {
                Some(accessor) => self.link_inverse_bind(model, accessor, &path),
                None => unresolved(model.context, &path, index),
            }
        }
        if let Some(index) = self.skeleton {
            let path = path.name("skeleton");
            if model.node(self.skeleton).is_none() {
                unresolved(model.context, &path, index);
            } else if !roots.contains(&index) {
                model.context.add(codes::SKIN_SKELETON_INVALID, &path, || {
                    format!("The node {index} is not an ancestor of all joints.")
                });
            }
        }
    }

    fn link_joints(&self, model: &Model<'_>, path: &Path<'_>) -> &[usize] {
        // As Khronos does it: once nothing is common, the search begins again at the next joint. Models with joints in several trees are
        // found in the wild and shown by all viewers, so that this is not made stricter.
        let mut common: Vec<usize> = Vec::new();
        link_nodes(model, self.joints.as_deref(), path, |node, index, _| {
            node.is_joint.set(true);
            let chain = chain_of(model, index);
            if common.is_empty() {
                common = chain;
            } else {
                let chain: HashSet<usize> = chain.into_iter().collect();
                common.retain(|root| chain.contains(root));
            }
        });
        if self.joints.is_some() && common.is_empty() {
            model.context.add(codes::SKIN_NO_COMMON_ROOT, path, || {
                "The joints have no common root.".to_owned()
            });
        }
        self.common_roots.get_or_init(|| common)
    }

    fn link_inverse_bind(&self, model: &Model<'_>, accessor: &Accessor, path: &Path<'_>) {
        const FORMAT: Format = Format::plain(AccessorType::Mat4, Component::F32);
        let context = model.context;
        accessor.set_usage(Usage::InverseBind, context, path);
        if let Some(view) = model.view(accessor.view) {
            view.set_usage(ViewUsage::InverseBind, context, path);
            if view.stride.is_some() {
                context.add(codes::SKIN_IBM_ACCESSOR_WITH_BYTESTRIDE, path, || {
                    "A buffer view with inverse bind matrices cannot have a stride.".to_owned()
                });
            }
        }
        if accessor.format() == Some(FORMAT) {
            accessor.add_check(Check::new(Rule::InverseBind, path), model.context);
        } else {
            context.add(codes::SKIN_IBM_INVALID_FORMAT, path, || {
                format!("Inverse bind matrices cannot be {}.", accessor.describe())
            });
        }
        let joints = self.joints().len() as u64;
        let count = accessor.count.unwrap_or(0);
        if count < joints {
            context.add(codes::INVALID_IBM_ACCESSOR_COUNT, path, || {
                format!("There are {count} inverse bind matrices for {joints} joints.")
            });
        }
    }
}

/// The node and all that is above it.
fn chain_of(model: &Model<'_>, index: usize) -> Vec<usize> {
    let mut seen = HashSet::new();
    let mut chain = Vec::new();
    let mut here = Some(index);
    while let Some(index) = here
        && seen.insert(index)
        && model.context.spend(STEP_COST)
    {
        chain.push(index);
        here = model.node(here).and_then(|node| node.parent.get());
    }
    chain
}
