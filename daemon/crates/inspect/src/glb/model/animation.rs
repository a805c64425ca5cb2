//! Animations: samplers with values over time, and channels with the properties that they animate.

use std::cell::Cell;

use crate::glb::extensions::Extensions;
use crate::glb::fields::Fields;
use crate::glb::issue::codes;
use crate::glb::known::{Known, ObjectKind};
use crate::glb::model::accessor::checks::Interpolation;

mod link;

/// An animation; a list is `None` when it is missing or wrong.
#[derive(Debug)]
pub struct Animation<'a> {
    channels: Option<Vec<Channel<'a>>>,
    samplers: Option<Vec<AnimationSampler>>,
}

#[derive(Debug)]
struct Channel<'a> {
    sampler: Option<usize>,
    target: Option<ChannelTarget<'a>>,
}

#[derive(Debug)]
struct ChannelTarget<'a> {
    node: Option<usize>,
    path: Option<TargetPath<'a>>,
    /// The extension that targets any property.
    pointer_extension: Option<String>,
}

#[derive(Debug)]
struct AnimationSampler {
    input: Option<usize>,
    output: Option<usize>,
    /// `None` when it is not a string.
    interpolation: Option<Interpolation>,
    used: Cell<bool>,
}

/// The property that a channel animates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum TargetPath<'a> {
    Translation,
    Rotation,
    Scale,
    Weights,
    Pointer,
    /// A name that glTF does not define.
    Other(&'a str),
}

impl<'a> TargetPath<'a> {
    fn from_name(name: &'a str) -> Self {
        match name {
            "translation" => Self::Translation,
            "rotation" => Self::Rotation,
            "scale" => Self::Scale,
            "weights" => Self::Weights,
            "pointer" => Self::Pointer,
            other => Self::Other(other),
        }
    }
}

const PATHS: [&str; 5] = ["translation", "rotation", "scale", "weights", "pointer"];

impl<'a> Animation<'a> {
    pub fn read(fields: &Fields<'_, 'a>) -> Self {
        let path = fields.path.name("channels");
        let channels = fields.objects("channels").map(|maps| {
            let channel = |(at, map)| {
                read_channel(&Fields::new(
                    map,
                    path.index(at),
                    fields.context,
                    &["sampler", "target"],
                ))
            };
            maps.into_iter().enumerate().map(channel).collect()
        });
        let path = fields.path.name("samplers");
        let samplers = fields.objects("samplers").map(|maps| {
            let sampler = |(at, map)| {
                let known = ["input", "interpolation", "output"];
                read_sampler(&Fields::new(map, path.index(at), fields.context, &known))
            };
            maps.into_iter().enumerate().map(sampler).collect()
        });
        fields.finish_named(ObjectKind::Other);
        Self { channels, samplers }
    }
}

fn read_channel<'a>(fields: &Fields<'_, 'a>) -> Channel<'a> {
    fields.need("target");
    let channel = Channel {
        sampler: fields.need_index("sampler"),
        target: fields
            .object("target", &["node", "path"])
            .map(|target| read_target(&target)),
    };
    fields.finish(ObjectKind::Other);
    channel
}

fn read_target<'a>(fields: &Fields<'_, 'a>) -> ChannelTarget<'a> {
    let mut pointer_extension = None;
    Extensions::read(fields, ObjectKind::ChannelTarget, &mut |entry| {
        if entry.known == Known::AnimationPointer {
            let pointer = entry.fields(&["pointer"]);
            check_pointer(&pointer);
            pointer_extension = Some(pointer.path.to_string());
        }
    });
    let pointers = fields.context.declared.has(Known::AnimationPointer);
    let target = ChannelTarget {
        node: fields.index("node"),
        path: fields
            .need_string_of("path", if pointers { &PATHS } else { &PATHS[..4] })
            .map(TargetPath::from_name),
        pointer_extension,
    };
    fields.extras();
    target
}

/// `KHR_animation_pointer`: a JSON pointer to the property that moves.
fn check_pointer(fields: &Fields<'_, '_>) {
    fields.need("pointer");
    if let Some(text) = fields.string("pointer")
        && !is_json_pointer(text)
    {
        fields.report_at(codes::PATTERN_MISMATCH, "pointer", || {
            format!("{text:?} is not a JSON pointer.")
        });
    }
    fields.finish(ObjectKind::Other);
}

fn is_json_pointer(text: &str) -> bool {
    let escaped = |rest: &str| rest.starts_with(['0', '1']);
    (text.is_empty() || text.starts_with('/')) && text.split('~').skip(1).all(escaped)
}

fn read_sampler(fields: &Fields<'_, '_>) -> AnimationSampler {
    let interpolation = if fields.has("interpolation") {
        let name = fields.string_of("interpolation", &["LINEAR", "STEP", "CUBICSPLINE"]);
        name.map(|name| match name {
            "CUBICSPLINE" => Interpolation::CubicSpline,
            _ => Interpolation::Other,
        })
    } else {
        Some(Interpolation::Other)
    };
    let sampler = AnimationSampler {
        input: fields.need_index("input"),
        output: fields.need_index("output"),
        interpolation,
        used: Cell::new(false),
    };
    fields.finish(ObjectKind::Other);
    sampler
}
