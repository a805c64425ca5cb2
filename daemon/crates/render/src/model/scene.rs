//! What is where: walks the nodes of the scene that is shown.

use std::rc::Rc;

use super::access::Data;
use super::document::{Node, Skin};
use super::matrix::{IDENTITY, Matrix, compose, multiply};

/// A mesh at a place.
pub struct Placed {
    pub mesh: usize,
    /// From the mesh to the scene; what bones move does not look at it.
    pub world: Matrix,
    /// From the mesh to the scene for each bone.
    pub bones: Option<Rc<[Matrix]>>,
}

/// The meshes of the default scene, or of the first one, or of all nodes when there is no scene.
pub fn place_all(data: &Data<'_>) -> Vec<Placed> {
    let nodes = &data.document.nodes;
    let scene = data.document.scenes.get(data.document.scene.unwrap_or(0));
    let roots = scene.map_or_else(|| parentless(nodes), |scene| scene.nodes.clone());
    let mut worlds: Vec<Option<Matrix>> = vec![None; nodes.len()];
    let mut shown = Vec::new();
    let mut waiting: Vec<(usize, Matrix)> = roots.into_iter().rev().map(|root| (root, IDENTITY)).collect();
    while let Some((at, above)) = waiting.pop() {
        // Every node is walked once, whatever the lists say.
        let (Some(node), Some(world @ None)) = (nodes.get(at), worlds.get_mut(at)) else {
            continue;
        };
        let here = multiply(&above, &local(node));
        *world = Some(here);
        if node
            .extensions
            .visibility
            .as_ref()
            .is_none_or(|visibility| visibility.visible)
        {
            shown.push(at);
            waiting.extend(node.children.iter().rev().map(|&child| (child, here)));
        }
    }
    let placed = |at: usize| {
        let node = &nodes[at];
        let skin = node.skin.and_then(|skin| data.document.skins.get(skin));
        let skin = skin.filter(|skin| data.may_copy(skin.joints.len().saturating_mul(16)));
        Some(Placed {
            mesh: node.mesh?,
            world: worlds[at]?,
            bones: skin.map(|skin| bones(data, skin, &worlds)),
        })
    };
    shown.into_iter().filter_map(placed).collect()
}

fn parentless(nodes: &[Node]) -> Vec<usize> {
    let mut is_child = vec![false; nodes.len()];
    for &child in nodes.iter().flat_map(|node| &node.children) {
        if let Some(is_child) = is_child.get_mut(child) {
            *is_child = true;
        }
    }
    (0..nodes.len()).filter(|&at| !is_child[at]).collect()
}

fn local(node: &Node) -> Matrix {
    node.matrix.unwrap_or_else(|| {
        compose(
            node.translation.unwrap_or_default(),
            node.rotation.unwrap_or([0.0, 0.0, 0.0, 1.0]),
            node.scale.unwrap_or([1.0; 3]),
        )
    })
}

fn bones(data: &Data<'_>, skin: &Skin, worlds: &[Option<Matrix>]) -> Rc<[Matrix]> {
    let inverse = data.elements(skin.inverse_bind_matrices);
    let bone = |(at, &joint): (usize, &usize)| {
        let world = worlds.get(joint).copied().flatten().unwrap_or(IDENTITY);
        match &inverse {
            Some(inverse) => multiply(&world, &inverse.floats(at, [0.0; 16]).map(f64::from)),
            None => world,
        }
    };
    skin.joints.iter().enumerate().map(bone).collect()
}
