//! Joints and their weights, which have to be looked at together.

use std::collections::HashMap;

use crate::glb::gl::{AccessorType, Component};
use crate::glb::issue::codes;
use crate::glb::model::Model;
use crate::glb::model::elements::ElementReader;
use crate::glb::model::primitive::Primitive;
use crate::glb::path::Path;

/// The rounding error that each weight adds to the sum.
const THRESHOLD_STEP: f64 = 2e-7;

/// Checks all skinned meshes that some node uses with a skin.
pub fn check(model: &Model<'_>) {
    let limits = joint_limits(model);
    let path = Path::ROOT.name("meshes");
    for (at, mesh) in model.all_meshes() {
        let Some(&joints) = limits.get(&at) else { continue };
        let path = path.index(at);
        let path = path.name("primitives");
        for (at, primitive) in mesh.primitives().iter().enumerate() {
            if primitive.joint_sets() > 0 {
                let path = path.index(at);
                check_primitive(model, primitive, joints, &path.name("attributes"));
            }
        }
    }
}

/// The least number of joints that a mesh is used with.
fn joint_limits(model: &Model<'_>) -> HashMap<usize, usize> {
    let mut limits = HashMap::new();
    for (_, node) in model.all_nodes() {
        let joints = model.skin(node.skin).map_or(0, |skin| skin.joints().len());
        if let Some(mesh) = node.mesh
            && joints > 0
        {
            let limit = limits.entry(mesh).or_insert(joints);
            *limit = joints.min(*limit);
        }
    }
    limits
}

/// A set of four joints for each vertex, and their weights.
struct Set<'m> {
    joints: ElementReader<'m>,
    weights: ElementReader<'m>,
    joints_name: String,
    weights_name: String,
    joint_values: [f64; 16],
    weight_values: [f64; 16],
}

fn check_primitive(model: &Model<'_>, primitive: &Primitive, joint_count: usize, path: &Path<'_>) {
    let Some(vertices) = primitive.vertex_count.get() else {
        return;
    };
    let mut sets = Vec::new();
    for number in 0..primitive.joint_sets() {
        let Some(set) = Set::new(model, primitive, number, vertices) else {
            return;
        };
        sets.push(set);
    }
    let cost = (sets.len() as u64).saturating_pow(2).saturating_mul(8);
    if !model.context.spend(vertices.saturating_mul(cost)) {
        return;
    }
    let mut vertex = Vertex::default();
    while sets.iter_mut().all(Set::step) {
        for component in 0..4 {
            for set in &sets {
                vertex.influence(model, set, component, joint_count, path);
            }
        }
        vertex.finish(model, &sets, path);
    }
}

impl<'m> Set<'m> {
    /// `None` when the accessors are wrong, which was reported before.
    fn new(model: &'m Model<'_>, primitive: &Primitive, number: u64, vertices: u64) -> Option<Self> {
        let (joints_name, weights_name) = (format!("JOINTS_{number}"), format!("WEIGHTS_{number}"));
        if !model.context.spend(primitive.attributes.len() as u64) {
            return None;
        }
        let elements = |name: &str| {
            let accessor = model.accessor(primitive.attribute(name))?;
            let elements = ElementReader::new(model, accessor)?;
            (accessor.kind == Some(AccessorType::Vec4) && elements.count() == vertices).then_some(elements)
        };
        let joints = elements(&joints_name).filter(|joints| joints.component() != Component::F32)?;
        let weights = elements(&weights_name)?;
        Some(Self {
            joints,
            weights,
            joints_name,
            weights_name,
            joint_values: [0.0; 16],
            weight_values: [0.0; 16],
        })
    }

    /// Goes to the next vertex; false after the last one.
    fn step(&mut self) -> bool {
        self.joints.next_into(&mut self.joint_values).is_some()
            && self.weights.next_into(&mut self.weight_values).is_some()
    }
}

/// One vertex, and the sum of its weights as exact as floats of four bytes are.
#[derive(Default)]
struct Vertex {
    number: u64,
    seen: Vec<f64>,
    sum: f32,
    threshold: f64,
}

impl Vertex {
    fn influence(&mut self, model: &Model<'_>, set: &Set<'_>, component: usize, joint_count: usize, path: &Path<'_>) {
        let joint = set.joint_values[component];
        let weight = scaled(set.weight_values[component], set.weights.component());
        let report = |code, name: &str, message: &str| {
            model.context.add(code, &path.name(name), || {
                let number = self.number;
                format!("At vertex {number}, the joint {joint} with the weight {weight} {message}.")
            });
        };
        if joint >= joint_count as f64 {
            report(
                codes::ACCESSOR_JOINTS_INDEX_OOB,
                &set.joints_name,
                "is beyond the joints of the skin",
            );
        } else if weight == 0.0 {
            if joint != 0.0 {
                report(
                    codes::ACCESSOR_JOINTS_USED_ZERO_WEIGHT,
                    &set.joints_name,
                    "should be joint 0",
                );
            }
        } else {
            let unique = !self.seen.contains(&joint);
            if !unique {
                report(
                    codes::ACCESSOR_JOINTS_INDEX_DUPLICATE,
                    &set.joints_name,
                    "is used twice",
                );
            }
            if weight < 0.0 {
                report(codes::ACCESSOR_WEIGHTS_NEGATIVE, &set.weights_name, "is negative");
            } else if unique {
                self.sum = (f64::from(self.sum) + weight) as f32;
                self.threshold += THRESHOLD_STEP;
            }
            self.seen.push(joint);
        }
    }

    fn finish(&mut self, model: &Model<'_>, sets: &[Set<'_>], path: &Path<'_>) {
        let (number, sum) = (self.number, self.sum);
        if (f64::from(sum) - 1.0).abs() > self.threshold {
            for set in sets {
                model.context.add(
                    codes::ACCESSOR_WEIGHTS_NON_NORMALIZED,
                    &path.name(&set.weights_name),
                    || format!("The weights of vertex {number} add up to {sum}, not 1."),
                );
            }
        }
        self.number += 1;
        self.seen.clear();
        (self.sum, self.threshold) = (0.0, 0.0);
    }
}

/// Whole numbers stand for zero to one, whether or not the accessor says so.
fn scaled(weight: f64, component: Component) -> f64 {
    match component {
        Component::F32 => weight,
        _ => (weight * (1.0 / component.max() as f64)).max(-1.0),
    }
}
