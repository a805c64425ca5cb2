//! Counts and size of a model.

use super::matrix::{self, Matrix};
use super::model::Model;
use super::model::node::{Node, STEP_COST};

/// Counts, and how large the model is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    pub meshes: usize,
    /// The primitives of all meshes.
    pub primitives: usize,
    pub materials: usize,
    /// Stored vertices: a mesh that is used twice counts once.
    pub vertices: u64,
    pub triangles: u64,
    pub textures: usize,
    pub images: usize,
    pub animations: usize,
    pub skins: usize,
    pub nodes: usize,
    pub has_morph_targets: bool,
    /// The corners of the box around the default scene (or else the first one) at rest, in metres; `None` when nothing is drawn.
    pub bounds: Option<[[f32; 3]; 2]>,
}

impl Summary {
    /// Comes after the model was checked; a model with errors gets a summary as far as that goes.
    pub(super) fn new(model: &Model<'_>) -> Self {
        let primitives = || {
            let meshes = model.all_meshes();
            meshes.flat_map(|(_, mesh)| mesh.primitives())
        };
        Self {
            meshes: model.all_meshes().count(),
            primitives: primitives().count(),
            materials: model.all_materials().count(),
            vertices: primitives().fold(0, |sum, one| sum.saturating_add(one.vertex_count.get().unwrap_or(0))),
            triangles: primitives().fold(0, |sum, one| sum.saturating_add(one.triangle_count())),
            textures: model.all_textures().count(),
            images: model.all_images().count(),
            animations: model.all_animations().count(),
            skins: model.all_skins().count(),
            nodes: model.all_nodes().count(),
            has_morph_targets: primitives().any(|primitive| primitive.targets.is_some()),
            bounds: bounds(model),
        }
    }
}

/// Goes through the scene once; a node that is in it twice was refused before and counts where it is found first.
fn bounds(model: &Model<'_>) -> Option<[[f32; 3]; 2]> {
    let scene = model.scene(model.default_scene.or(Some(0)))?;
    let mut waiting: Vec<(usize, Matrix)> = scene.nodes().map(|node| (node, matrix::IDENTITY)).collect();
    let mut seen = vec![false; model.node_count()];
    let mut bounds: Option<[[f32; 3]; 2]> = None;
    while let Some((at, above)) = waiting.pop() {
        let Some(node) = model.node(Some(at)) else { continue };
        if std::mem::replace(&mut seen[at], true) || !model.context.spend(STEP_COST) {
            continue;
        }
        let here = matrix::multiply(&above, &node.local_matrix());
        add_mesh(model, node, &here, &mut bounds);
        waiting.extend(node.children().map(|child| (child, here)));
    }
    bounds.filter(|corners| corners.iter().flatten().all(|number| number.is_finite()))
}

fn add_mesh(model: &Model<'_>, node: &Node, here: &Matrix, bounds: &mut Option<[[f32; 3]; 2]>) {
    let Some(mesh) = model.mesh(node.mesh) else { return };
    for primitive in mesh.primitives() {
        // One mesh can be drawn by many nodes.
        if !model.context.spend(8 + primitive.attributes.len() as u64) {
            return;
        }
        let accessor = model.accessor(primitive.attribute("POSITION"));
        let Some((min, max)) = accessor.and_then(|accessor| accessor.min.as_ref().zip(accessor.max.as_ref())) else {
            continue;
        };
        let (&[x0, y0, z0], &[x1, y1, z1]) = (min.as_slice(), max.as_slice()) else {
            continue;
        };
        for corner in 0..8 {
            let pick = |bit: u32, low: f64, high: f64| {
                if corner >> bit & 1 == 0 {
                    low as f32
                } else {
                    high as f32
                }
            };
            let corner = matrix::transform(here, [pick(0, x0, x1), pick(1, y0, y1), pick(2, z0, z1)]);
            let [low, high] = bounds.get_or_insert([corner, corner]);
            for axis in 0..3 {
                low[axis] = low[axis].min(corner[axis]);
                high[axis] = high[axis].max(corner[axis]);
            }
        }
    }
}
