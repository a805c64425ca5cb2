//! Animations: samplers that give values over time, and channels that say what they move.

use std::cell::Cell;

use crate::glb::extensions::{Extensions, Known, Place};
use crate::glb::fields::Fields;
use crate::glb::issue::codes;

mod link;

/// An animation; a list is `None` when it is missing or wrong.
#[derive(Debug)]
pub struct Animation<'a> {
    channels: Option<Vec<Channel<'a>>>,
    samplers: Option<Vec<Sampler<'a>>>,
}

#[derive(Debug)]
struct Channel<'a> {
    sampler: Option<usize>,
    target: Option<Target<'a>>,
}

#[derive(Debug)]
struct Target<'a> {
    node: Option<usize>,
    path: Option<&'a str>,
    /// Where it has the extension that targets any property.
    pointer_extension: Option<String>,
}

#[derive(Debug)]
struct Sampler<'a> {
    input: Option<usize>,
    output: Option<usize>,
    /// `None` when it is no text.
    interpolation: Option<&'a str>,
    used: Cell<bool>,
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
        fields.finish_named(Place::Other);
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
    fields.finish(Place::Other);
    channel
}

fn read_target<'a>(fields: &Fields<'_, 'a>) -> Target<'a> {
    let mut pointer_extension = None;
    Extensions::read(fields, Place::ChannelTarget, &mut |entry| {
        if entry.known == Known::AnimationPointer {
            let pointer = entry.fields(&["pointer"]);
            check_pointer(&pointer);
            pointer_extension = Some(pointer.path.to_string());
        }
    });
    let pointers = fields.context.declared.has(Known::AnimationPointer);
    let target = Target {
        node: fields.index("node"),
        path: fields.need_string_of("path", if pointers { &PATHS } else { &PATHS[..4] }),
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
    fields.finish(Place::Other);
}

fn is_json_pointer(text: &str) -> bool {
    let escaped = |rest: &str| rest.starts_with(['0', '1']);
    (text.is_empty() || text.starts_with('/')) && text.split('~').skip(1).all(escaped)
}

fn read_sampler<'a>(fields: &Fields<'_, 'a>) -> Sampler<'a> {
    let interpolation = if fields.has("interpolation") {
        fields.string_of("interpolation", &["LINEAR", "STEP", "CUBICSPLINE"])
    } else {
        Some("LINEAR")
    };
    let sampler = Sampler {
        input: fields.need_index("input"),
        output: fields.need_index("output"),
        interpolation,
        used: Cell::new(false),
    };
    fields.finish(Place::Other);
    sampler
}
