//! Scenes.

use super::node::link_nodes;
use crate::glb::fields::Fields;
use crate::glb::issue::codes;
use crate::glb::known::ObjectKind;
use crate::glb::model::Model;
use crate::glb::path::Path;

/// The nodes at the top of a scene.
#[derive(Debug)]
pub struct Scene {
    nodes: Option<Vec<Option<usize>>>,
}

impl Scene {
    /// The nodes at the top.
    pub fn nodes(&self) -> impl Iterator<Item = usize> {
        self.nodes.iter().flatten().flatten().copied()
    }

    pub(crate) fn read(fields: &Fields<'_, '_>) -> Self {
        let scene = Self {
            nodes: fields.indices("nodes"),
        };
        fields.finish_named(ObjectKind::Other);
        scene
    }

    pub(crate) fn link(&self, model: &Model<'_>, path: &Path<'_>) {
        let path = path.name("nodes");
        link_nodes(model, self.nodes.as_deref(), &path, |node, index, path| {
            if node.parent.get().is_some() {
                model.context.add(codes::SCENE_NON_ROOT_NODE, path, || {
                    format!("The node {index} has a parent, so it cannot be at the top of a scene.")
                });
            }
        });
    }
}
