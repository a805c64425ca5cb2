//! Linking an animation: the accessors of its samplers and the targets of its channels.

use std::collections::HashMap;

use super::{Animation, AnimationSampler, Channel, ChannelTarget, TargetPath};
use crate::glb::context::unresolved;
use crate::glb::gl::Component::{F32, I8, I16, U8, U16};
use crate::glb::gl::{AccessorType, Format};
use crate::glb::issue::codes;
use crate::glb::model::Model;
use crate::glb::model::accessor::checks::{Check, Interpolation, Rule};
use crate::glb::model::accessor::{Accessor, Usage};
use crate::glb::model::mesh::Mesh;
use crate::glb::model::view::ViewUsage;
use crate::glb::path::Path;

impl Animation<'_> {
    pub fn link(&self, model: &Model<'_>, path: &Path<'_>) {
        if let (Some(channels), Some(samplers)) = (&self.channels, &self.samplers) {
            let samplers_path = path.name("samplers");
            for (at, sampler) in samplers.iter().enumerate() {
                sampler.link(model, &samplers_path.index(at));
            }
            let channels_path = path.name("channels");
            for (at, channel) in channels.iter().enumerate() {
                channel.link(model, samplers, &channels_path.index(at));
            }
            check_targets(model, channels, &channels_path);
            for (at, sampler) in samplers.iter().enumerate() {
                if !sampler.used.get() {
                    model.report_unused(&samplers_path.index(at));
                }
            }
        }
        for target in self
            .channels
            .iter()
            .flatten()
            .filter_map(|channel| channel.target.as_ref())
        {
            target.link_pointer(model);
        }
    }
}

/// A property can be moved by one channel only.
fn check_targets(model: &Model<'_>, channels: &[Channel<'_>], path: &Path<'_>) {
    let mut later: HashMap<(usize, Option<TargetPath<'_>>), usize> = HashMap::new();
    for (at, channel) in channels.iter().enumerate().rev() {
        let Some(target) = &channel.target else { continue };
        let Some(node) = target.node else { continue };
        if let Some(other) = later.insert((node, target.path), at)
            && channel.sampler.is_some()
        {
            let path = path.index(at);
            model
                .context
                .add(codes::ANIMATION_DUPLICATE_TARGETS, &path.name("target"), || {
                    format!("The channel {other} has the same target.")
                });
        }
    }
}

impl AnimationSampler {
    fn link(&self, model: &Model<'_>, path: &Path<'_>) {
        if let Some(index) = self.input {
            let path = path.name("input");
            match model.accessor(self.input) {
                Some(accessor) => self.link_input(model, accessor, &path),
                None => unresolved(model.context, &path, index),
            }
        }
        if let Some(index) = self.output {
            let path = path.name("output");
            match model.accessor(self.output) {
                Some(accessor) => link_accessor(model, accessor, Usage::AnimationOutput, &path),
                None => unresolved(model.context, &path, index),
            }
        }
    }

    fn link_input(&self, model: &Model<'_>, accessor: &Accessor, path: &Path<'_>) {
        let context = model.context;
        link_accessor(model, accessor, Usage::AnimationInput, path);
        if accessor.format() == Some(Format::plain(AccessorType::Scalar, F32)) {
            accessor.add_check(Check::new(Rule::times(), path), model.context);
        } else {
            context.add(codes::ANIMATION_SAMPLER_INPUT_ACCESSOR_INVALID_FORMAT, path, || {
                format!("Times must be SCALAR FLOAT, not {}.", accessor.describe())
            });
        }
        if accessor.min.is_none() || accessor.max.is_none() {
            context.add(codes::ANIMATION_SAMPLER_INPUT_ACCESSOR_WITHOUT_BOUNDS, path, || {
                "The accessor of times must have \"min\" and \"max\".".to_owned()
            });
        }
        if self.interpolation == Some(Interpolation::CubicSpline) && accessor.count.unwrap_or(0) < 2 {
            context.add(codes::ANIMATION_SAMPLER_INPUT_ACCESSOR_TOO_FEW_ELEMENTS, path, || {
                "A cubic spline needs at least two times.".to_owned()
            });
        }
    }
}

fn link_accessor(model: &Model<'_>, accessor: &Accessor, usage: Usage, path: &Path<'_>) {
    accessor.set_usage(usage, model.context, path);
    let Some(view) = model.view(accessor.view) else { return };
    view.set_usage(ViewUsage::Other, model.context, path);
    if view.stride.is_some() {
        model
            .context
            .add(codes::ANIMATION_SAMPLER_ACCESSOR_WITH_BYTESTRIDE, path, || {
                "A buffer view of an animation cannot have a stride.".to_owned()
            });
    }
}

impl Channel<'_> {
    fn link(&self, model: &Model<'_>, samplers: &[AnimationSampler], path: &Path<'_>) {
        if let Some(target) = &self.target {
            target.link(model, &path.name("target"));
        }
        let Some(index) = self.sampler else { return };
        let path = path.name("sampler");
        let Some(sampler) = samplers.get(index) else {
            unresolved(model.context, &path, index);
            return;
        };
        sampler.used.set(true);
        if let (Some(target), Some(output)) = (&self.target, model.accessor(sampler.output)) {
            check_output(model, target, sampler, output, &path);
        }
    }
}

fn check_output(
    model: &Model<'_>,
    target: &ChannelTarget<'_>,
    sampler: &AnimationSampler,
    output: &Accessor,
    path: &Path<'_>,
) {
    let context = model.context;
    if target.path == Some(TargetPath::Rotation) && output.kind.is_some_and(|kind| kind.components() == 4) {
        let rule = Rule::quaternion(output, sampler.interpolation.unwrap_or(Interpolation::Other));
        output.add_check(Check::new(rule, path), model.context);
    }
    if output_allows(target.path, output.format()) == Some(false) {
        context.add(codes::ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_FORMAT, path, || {
            format!("The values of this property cannot be {}.", output.describe())
        });
    }
    let input = model.accessor(sampler.input).and_then(|input| input.count);
    let (Some(input), Some(count), Some(interpolation)) = (input, output.count, sampler.interpolation) else {
        return;
    };
    let each = if interpolation == Interpolation::CubicSpline {
        3
    } else {
        1
    };
    let parts = match target.path {
        Some(TargetPath::Weights) => target_mesh(model, target).and_then(Mesh::target_count).unwrap_or(0) as u128,
        Some(TargetPath::Translation | TargetPath::Rotation | TargetPath::Scale) => 1,
        _ => 0,
    };
    let expected = u128::from(input) * each * parts;
    if expected != 0 && expected != u128::from(count) {
        context.add(codes::ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_COUNT, path, || {
            format!("There are {count} values; there must be {expected}.")
        });
    }
}

/// True when the values of a property may have the format; `None` for an unknown property.
fn output_allows(path: Option<TargetPath<'_>>, format: Option<Format>) -> Option<bool> {
    let small = |format: Format| matches!(format.component, I8 | U8 | I16 | U16) && format.normalized;
    let (kind, may_be_small) = match path? {
        TargetPath::Translation | TargetPath::Scale => (AccessorType::Vec3, false),
        TargetPath::Rotation => (AccessorType::Vec4, true),
        TargetPath::Weights => (AccessorType::Scalar, true),
        TargetPath::Pointer | TargetPath::Other(_) => return None,
    };
    Some(format.is_some_and(|format| {
        format == Format::plain(kind, F32) || (may_be_small && format.kind == kind && small(format))
    }))
}

fn target_mesh<'m>(model: &'m Model<'_>, target: &ChannelTarget<'_>) -> Option<&'m Mesh> {
    model.mesh(model.node(target.node)?.mesh)
}

impl ChannelTarget<'_> {
    fn link(&self, model: &Model<'_>, path: &Path<'_>) {
        let Some(index) = self.node else { return };
        let context = model.context;
        let Some(node) = model.node(self.node) else {
            unresolved(context, &path.name("node"), index);
            return;
        };
        node.used.set(true);
        match self.path {
            Some(TargetPath::Translation | TargetPath::Rotation | TargetPath::Scale) => {
                if node.matrix.is_some() {
                    context.add(codes::ANIMATION_CHANNEL_TARGET_NODE_MATRIX, path, || {
                        "A node with a matrix cannot be animated like this.".to_owned()
                    });
                }
                if model.skin(node.skin).is_some() {
                    context.add(codes::ANIMATION_CHANNEL_TARGET_NODE_SKIN, &path.name("path"), || {
                        "This does not move a skinned mesh.".to_owned()
                    });
                }
            }
            Some(TargetPath::Weights) if target_mesh(model, self).and_then(Mesh::target_count).is_none() => {
                context.add(codes::ANIMATION_CHANNEL_TARGET_NODE_WEIGHTS_NO_MORPHS, path, || {
                    "The mesh of the node has no morph targets.".to_owned()
                });
            }
            _ => {}
        }
    }

    fn link_pointer(&self, model: &Model<'_>) {
        let Some(pointer) = &self.pointer_extension else { return };
        let context = model.context;
        context.add_to(codes::INCOMPLETE_EXTENSION_SUPPORT, pointer, || {
            "What this extension moves is not checked.".to_owned()
        });
        if model.node(self.node).is_some() {
            context.add_to(
                codes::KHR_ANIMATION_POINTER_ANIMATION_CHANNEL_TARGET_NODE,
                pointer,
                || "With this extension the target must not have a node.".to_owned(),
            );
        }
        if self.path != Some(TargetPath::Pointer) {
            context.add_to(
                codes::KHR_ANIMATION_POINTER_ANIMATION_CHANNEL_TARGET_PATH,
                pointer,
                || "With this extension the path of the target must be \"pointer\".".to_owned(),
            );
        }
    }
}
