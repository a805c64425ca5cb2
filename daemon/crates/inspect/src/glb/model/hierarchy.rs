//! The tree of the nodes, once all are linked: loops, skinned meshes, and which scenes have the joints.

use std::collections::HashMap;

use super::Model;
use super::node::{Node, STEP_COST};
use crate::glb::issue::codes;
use crate::glb::path::Path;

/// Checks what can only be seen from all nodes together.
pub fn check(model: &Model<'_>) {
    let path = Path::ROOT.name("nodes");
    for at in loops(model) {
        model.context.add(codes::NODE_LOOP, &path.index(at), || {
            "The node is its own ancestor.".to_owned()
        });
    }
    let scenes = Scenes::new(model);
    for (at, node) in model.all_nodes() {
        if node.is_empty(model) {
            model
                .context
                .add(codes::NODE_EMPTY, &path.index(at), || "The node is empty.".to_owned());
        }
        if model.skin(node.skin).is_some() {
            check_skinned(model, &scenes, at, node, &path.index(at));
        }
    }
}

/// The nodes from which one comes back to them by going to the parent again and again.
fn loops(model: &Model<'_>) -> Vec<usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        New,
        OnTheWay,
        Done,
    }
    let mut states = vec![Visit::New; model.node_count()];
    let mut looping = Vec::new();
    for (start, _) in model.all_nodes() {
        let mut way = Vec::new();
        let mut here = Some(start);
        while let Some(at) = here
            && states[at] == Visit::New
        {
            states[at] = Visit::OnTheWay;
            way.push(at);
            here = model.node(here).and_then(|node| node.parent.get());
        }
        if let Some(at) = here
            && states[at] == Visit::OnTheWay
        {
            looping.extend(way.iter().copied().skip_while(|node| *node != at));
        }
        for at in way {
            states[at] = Visit::Done;
        }
    }
    looping.sort_unstable();
    looping
}

fn check_skinned(model: &Model<'_>, scenes: &Scenes, at: usize, node: &Node, path: &Path<'_>) {
    let context = model.context;
    if node.has_transform() {
        context.add(codes::NODE_SKINNED_MESH_LOCAL_TRANSFORMS, path, || {
            "The transform of the node does not move its skinned mesh.".to_owned()
        });
    }
    if node.parent.get().is_some() {
        if has_transform_above(model, node) {
            context.add(codes::NODE_SKINNED_MESH_PARENT_TRANSFORMS, path, || {
                "The transforms of its ancestors do not move the skinned mesh of the node.".to_owned()
            });
        }
        context.add(codes::NODE_SKINNED_MESH_NON_ROOT, path, || {
            "A node with a skinned mesh should be at the top.".to_owned()
        });
    }
    let top = model.skin(node.skin).and_then(|skin| skin.top_root(model));
    let cost = (scenes.of_node(at).len() as u64).saturating_pow(2);
    if let Some(top) = top
        && context.spend(cost)
        && !scenes
            .of_node(at)
            .iter()
            .all(|scene| scenes.of_node(top).contains(scene))
    {
        context.add(codes::NODE_SKIN_NO_SCENE, path, || {
            "A scene has this skinned mesh, but not its joints.".to_owned()
        });
    }
}

fn has_transform_above(model: &Model<'_>, node: &Node) -> bool {
    let mut above = node.parent.get();
    // A loop ends after as many steps as there are nodes.
    for _ in 0..model.node_count() {
        let Some(parent) = model.node(above) else { return false };
        if parent.has_transform() {
            return true;
        }
        if !model.context.spend(STEP_COST) {
            return false;
        }
        above = parent.parent.get();
    }
    false
}

/// The scenes of each node for which it matters.
struct Scenes(HashMap<usize, Vec<usize>>);

impl Scenes {
    fn new(model: &Model<'_>) -> Self {
        let mut scenes: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, node) in model.all_nodes() {
            if let Some(skin) = model.skin(node.skin) {
                scenes.entry(at).or_default();
                skin.top_root(model).map(|root| scenes.entry(root).or_default());
            }
        }
        if scenes.is_empty() {
            return Self(scenes);
        }
        let mut seen = vec![usize::MAX; model.node_count()];
        for (scene, nodes) in model.all_scenes() {
            let mut waiting: Vec<usize> = nodes.nodes().collect();
            while let Some(at) = waiting.pop() {
                let Some(node) = model.node(Some(at)) else { continue };
                if seen[at] == scene || !model.context.spend(STEP_COST) {
                    continue;
                }
                seen[at] = scene;
                if let Some(scenes) = scenes.get_mut(&at) {
                    scenes.push(scene);
                }
                waiting.extend(node.children());
            }
        }
        Self(scenes)
    }

    fn of_node(&self, node: usize) -> &[usize] {
        self.0.get(&node).map_or(&[], Vec::as_slice)
    }
}
