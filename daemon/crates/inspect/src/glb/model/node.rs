//! Nodes: the tree of transforms.

pub mod lights;

use std::cell::Cell;

use self::lights::LightReference;
use crate::glb::context::unresolved;
use crate::glb::extensions::Extensions;
use crate::glb::fields::{Fields, FloatList};
use crate::glb::issue::codes;
use crate::glb::known::{Known, ObjectKind};
use crate::glb::matrix::{self, Matrix};
use crate::glb::model::Model;
use crate::glb::model::accessor::checks::QUATERNION_THRESHOLD;
use crate::glb::model::mesh::Mesh;
use crate::glb::path::Path;

/// A step from a node to the next costs about as much as looking at this many numbers.
pub const STEP_COST: u64 = 8;

/// A node.
#[derive(Debug)]
pub struct Node {
    camera: Option<usize>,
    children: Option<Vec<Option<usize>>>,
    pub skin: Option<usize>,
    pub mesh: Option<usize>,
    /// Column by column.
    pub matrix: Option<[f64; 16]>,
    pub translation: Option<[f64; 3]>,
    /// A unit quaternion: x, y, z, w.
    pub rotation: Option<[f64; 4]>,
    pub scale: Option<[f64; 3]>,
    /// `KHR_node_visibility`; false hides the children as well.
    pub is_visible: bool,
    /// Those of the mesh's morph targets.
    pub weights: Option<Vec<f64>>,
    light: Option<LightReference>,
    /// It has extensions or extras, which may give an empty node a use.
    annotated: bool,
    pub(crate) parent: Cell<Option<usize>>,
    pub(crate) is_joint: Cell<bool>,
    pub(crate) used: Cell<bool>,
}

const MEMBERS: [&str; 10] = [
    "camera",
    "children",
    "skin",
    "matrix",
    "mesh",
    "rotation",
    "scale",
    "translation",
    "weights",
    "name",
];

impl Node {
    pub(crate) const MEMBERS: &'static [&'static str] = &MEMBERS;

    pub(crate) fn read(fields: &Fields<'_, '_>) -> Self {
        let matrix = fields.array("matrix", FloatList::ANY);
        let translation = fields.array("translation", FloatList::ANY);
        let rotation = fields.array("rotation", FloatList::ANY.from(-1.0).to(1.0));
        if let Some(rotation) = rotation {
            check_rotation(fields, matrix::rounded(rotation));
        }
        let mut node = Self {
            matrix,
            translation,
            rotation,
            scale: fields.array("scale", FloatList::ANY),
            camera: fields.index("camera"),
            children: fields.indices("children"),
            mesh: fields.index("mesh"),
            skin: fields.index("skin"),
            weights: fields.floats("weights", FloatList::ANY),
            is_visible: true,
            light: None,
            annotated: false,
            parent: Cell::new(None),
            is_joint: Cell::new(false),
            used: Cell::new(false),
        };
        node.check(fields);
        fields.string("name");
        let extensions = Extensions::read(fields, ObjectKind::Node, &mut |entry| match entry.known {
            Known::Lights => node.light = Some(lights::read_reference(&entry)),
            Known::Visibility => {
                let visibility = entry.fields(&["visible"]);
                node.is_visible = visibility.flag("visible").unwrap_or(true);
                visibility.finish(ObjectKind::Other);
            }
            _ => {}
        });
        fields.extras();
        let extras = !matches!(fields.map.get("extras"), None | Some(crate::glb::json::Value::Null));
        node.annotated = extras || !extensions.is_empty();
        node
    }

    fn check(&self, fields: &Fields<'_, '_>) {
        if self.mesh.is_none() {
            for (name, there) in [("skin", self.skin.is_some()), ("weights", self.weights.is_some())] {
                if there {
                    fields.report_at(codes::UNSATISFIED_DEPENDENCY, name, || "This needs a mesh.".to_owned());
                }
            }
        }
        let Some(matrix) = self.matrix.map(matrix::rounded) else {
            return;
        };
        if self.translation.is_some() || self.rotation.is_some() || self.scale.is_some() {
            fields.report_at(codes::NODE_MATRIX_TRS, "matrix", || {
                "A node has either a matrix, or translation, rotation and scale.".to_owned()
            });
        }
        if matrix == matrix::IDENTITY {
            fields.report_at(codes::NODE_MATRIX_DEFAULT, "matrix", || {
                "The matrix does nothing; leave it out.".to_owned()
            });
        } else if !matrix::is_decomposable(&matrix) {
            fields.report_at(codes::NODE_MATRIX_NON_TRS, "matrix", || {
                "The matrix is not made of a translation, a rotation and a scale.".to_owned()
            });
        }
    }

    /// The nodes below this one.
    pub fn children(&self) -> impl Iterator<Item = usize> {
        self.children.iter().flatten().flatten().copied()
    }

    /// The transform relative to the parent.
    pub(crate) fn local_matrix(&self) -> Matrix {
        self.matrix.map_or_else(
            || {
                matrix::compose(
                    self.translation.map(matrix::rounded).unwrap_or_default(),
                    self.rotation.map_or([0.0, 0.0, 0.0, 1.0], matrix::rounded),
                    self.scale.map_or([1.0; 3], matrix::rounded),
                )
            },
            matrix::rounded,
        )
    }

    pub(crate) fn has_transform(&self) -> bool {
        self.matrix
            .map(matrix::rounded)
            .is_some_and(|matrix| matrix != matrix::IDENTITY)
            || self
                .translation
                .map(matrix::rounded)
                .is_some_and(|translation| translation != [0.0; 3])
            || self
                .rotation
                .map(matrix::rounded)
                .is_some_and(|rotation| rotation != [0.0, 0.0, 0.0, 1.0])
            || self.scale.map(matrix::rounded).is_some_and(|scale| scale != [1.0; 3])
    }

    /// The node has no content and is not a joint.
    pub(crate) fn is_empty(&self, model: &Model<'_>) -> bool {
        !self.is_joint.get()
            && self.children.is_none()
            && model.mesh(self.mesh).is_none()
            && model.camera(self.camera).is_none()
            && !self.annotated
    }

    /// Links the node with the number `number`.
    pub(crate) fn link(&self, model: &Model<'_>, number: usize, path: &Path<'_>) {
        let context = model.context;
        if let Some(index) = self.camera {
            match model.camera(self.camera) {
                Some(camera) => camera.used.set(true),
                None => unresolved(context, &path.name("camera"), index),
            }
        }
        if let Some(index) = self.skin {
            match model.skin(self.skin) {
                Some(skin) => skin.used.set(true),
                None => unresolved(context, &path.name("skin"), index),
            }
        }
        if let Some(index) = self.mesh {
            match model.mesh(self.mesh) {
                Some(mesh) => {
                    mesh.used.set(true);
                    if !mesh.primitives().is_empty() {
                        self.link_mesh(model, mesh, path);
                    }
                }
                None => unresolved(context, &path.name("mesh"), index),
            }
        }
        let path = path.name("children");
        link_nodes(model, self.children.as_deref(), &path, |child, index, path| {
            if child.parent.get().is_some() {
                context.add(codes::NODE_PARENT_OVERRIDE, path, || {
                    format!("The node {index} already has a parent.")
                });
            }
            child.parent.set(Some(number));
        });
    }

    fn link_mesh(&self, model: &Model<'_>, mesh: &Mesh, path: &Path<'_>) {
        let context = model.context;
        match &self.weights {
            Some(weights) if mesh.target_count() != Some(weights.len()) => {
                context.add(codes::NODE_WEIGHTS_INVALID, &path.name("weights"), || {
                    let targets = mesh.target_count().unwrap_or(0);
                    format!("There are {} weights for {targets} morph targets.", weights.len())
                });
            }
            None if mesh.weights.is_some() => mesh.weights_used.set(true),
            _ => {}
        }
        match (model.skin(self.skin).is_some(), mesh.is_skinned) {
            (true, false) => context.add(codes::NODE_SKIN_WITH_NON_SKINNED_MESH, path, || {
                "The node has a skin, but its mesh has no joints.".to_owned()
            }),
            (false, true) => context.add(codes::NODE_SKINNED_MESH_WITHOUT_SKIN, path, || {
                "The mesh of the node has joints, but the node has no skin.".to_owned()
            }),
            _ => {}
        }
    }

    /// Comes after all nodes were linked.
    pub(crate) fn link_light(&self, model: &Model<'_>) {
        if let Some(light) = &self.light {
            model.lights.link(light, model);
        }
    }
}

/// Resolves a list of nodes; `each` gets every one that is there, with its number and its place in the list.
pub fn link_nodes<'m>(
    model: &'m Model<'_>,
    list: Option<&[Option<usize>]>,
    path: &Path<'_>,
    mut each: impl FnMut(&'m Node, usize, &Path<'_>),
) {
    for (at, index) in list.iter().copied().flatten().enumerate() {
        let Some(index) = *index else { continue };
        let path = path.index(at);
        match model.node(Some(index)) {
            Some(node) => {
                node.used.set(true);
                each(node, index, &path);
            }
            None => unresolved(model.context, &path, index),
        }
    }
}

fn check_rotation(fields: &Fields<'_, '_>, rotation: [f32; 4]) {
    let square: f64 = rotation.iter().map(|part| f64::from(*part) * f64::from(*part)).sum();
    if (1.0 - square.sqrt()).abs() > QUATERNION_THRESHOLD {
        fields.report_at(codes::ROTATION_NON_UNIT, "rotation", || {
            format!("The length of the quaternion is {}, not 1.", square.sqrt())
        });
    }
}
