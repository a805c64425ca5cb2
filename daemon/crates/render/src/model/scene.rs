//! Places the meshes of the scene that is shown.

use std::rc::Rc;

use glam::{DMat4, DQuat, DVec3, DVec4};
use tradepost_inspect::glb::{Model, Node, Skin};

/// Numbers of joint matrices, over the whole model: a skin that many nodes use is evaluated for each of them.
const MAX_JOINT_NUMBERS: usize = 10_000_000;

/// A mesh in the scene.
pub struct PlacedMesh {
    pub mesh: usize,
    /// From the mesh to the scene; skinned vertices do not use it.
    pub world: DMat4,
    /// From the mesh to the scene for each joint.
    pub joints: Option<Rc<[DMat4]>>,
    /// Weights of the morph targets.
    pub weights: Vec<f64>,
}

/// The meshes of the default scene, or of the first one, or of all nodes when there is no scene.
pub fn place_meshes(model: &Model<'_>) -> Vec<PlacedMesh> {
    let scene = model.scene(Some(model.default_scene.unwrap_or(0)));
    let roots = scene.map_or_else(|| model.root_nodes(), |scene| scene.nodes().collect());
    let mut worlds: Vec<Option<DMat4>> = vec![None; model.node_count()];
    let mut shown = Vec::new();
    let mut waiting: Vec<(usize, DMat4)> = roots.into_iter().rev().map(|root| (root, DMat4::IDENTITY)).collect();
    while let Some((at, above)) = waiting.pop() {
        // Every node is visited once, whatever the lists say.
        let (Some(node), Some(world @ None)) = (model.node(Some(at)), worlds.get_mut(at)) else {
            continue;
        };
        let here = above * local_transform(node);
        *world = Some(here);
        if node.is_visible {
            shown.push((at, node));
            let children: Vec<usize> = node.children().collect();
            waiting.extend(children.into_iter().rev().map(|child| (child, here)));
        }
    }
    let mut numbers_left = MAX_JOINT_NUMBERS;
    let mut place = |(at, node): (usize, &Node)| {
        let skin = model.skin(node.skin).filter(|skin| {
            let left = numbers_left.checked_sub(skin.joints().len().saturating_mul(16));
            numbers_left = left.unwrap_or(0);
            left.is_some()
        });
        let mesh = node.mesh?;
        let default = || model.mesh(Some(mesh)).and_then(|mesh| mesh.weights.clone());
        Some(PlacedMesh {
            mesh,
            world: worlds[at]?,
            weights: node.weights.clone().or_else(default).unwrap_or_default(),
            joints: skin.map(|skin| joint_matrices(model, skin, &worlds)),
        })
    };
    shown.into_iter().filter_map(&mut place).collect()
}

fn local_transform(node: &Node) -> DMat4 {
    if let Some(matrix) = &node.matrix {
        return DMat4::from_cols_array(matrix);
    }
    let rotation = node.rotation.map_or(DQuat::IDENTITY, |rotation| {
        let rotation = DVec4::from(rotation);
        let length = rotation.length();
        if length > 1e-9 {
            DQuat::from_vec4(rotation / length)
        } else {
            DQuat::IDENTITY
        }
    });
    DMat4::from_scale_rotation_translation(
        node.scale.map_or(DVec3::ONE, DVec3::from),
        rotation,
        node.translation.map_or(DVec3::ZERO, DVec3::from),
    )
}

fn joint_matrices(model: &Model<'_>, skin: &Skin, worlds: &[Option<DMat4>]) -> Rc<[DMat4]> {
    let inverse = super::elements(model, skin.inverse_bind_matrices);
    let matrix = |(at, joint): (usize, Option<usize>)| {
        let world = joint.and_then(|joint| worlds.get(joint).copied().flatten());
        let world = world.unwrap_or(DMat4::IDENTITY);
        match &inverse {
            Some(inverse) => world * DMat4::from_cols_array(&inverse.floats(at, [0.0; 16]).map(f64::from)),
            None => world,
        }
    };
    skin.joints().enumerate().map(matrix).collect()
}
