//! Models: glTF 2, as a GLB file.
//!
//! The rules are those of the Khronos glTF validator, under its own names, so that a contributor can look each of them up; the verdicts are
//! compared with it. [`Policy::upload`] adds what the marketplace asks for on top: one file, nothing outside it, nothing that could not be judged.
//!
//! Everything here is linear in the size of the file, or pays for what is more from a budget (`Context::spend`): a
//! count, a stride or a length that a model declares never decides how much memory or time it takes.

mod container;
mod context;
mod data;
mod elements;
mod ext;
mod extensions;
mod fields;
mod findings;
mod gl;
mod hierarchy;
mod issue;
mod json;
mod matrix;
mod model;
mod objects;
mod path;
mod picture;
mod resources;
mod summary;
pub mod upload;
mod uri;

#[cfg(test)]
mod tests;

pub use self::container::is_glb;
pub use self::elements::Elements;
pub use self::findings::to_findings;
pub use self::gl::{Component, PrimitiveMode, Wrap};
pub use self::issue::{Code, Issue, Severity};
pub use self::model::Model;
pub use self::objects::accessor::Accessor;
pub use self::objects::image::Image;
pub use self::objects::material::{
    AlphaMode, Material, MetallicRoughness, SpecularGlossiness, TextureInfo, TextureTransform,
};
pub use self::objects::mesh::Mesh;
pub use self::objects::node::Node;
pub use self::objects::primitive::Primitive;
pub use self::objects::scene::Scene;
pub use self::objects::skin::Skin;
pub use self::objects::texture::{Sampler, Texture};
pub use self::summary::Summary;

use self::context::Context;
use self::extensions::Declared;
use self::fields::Fields;
use self::issue::{Issues, codes};
use self::json::{JsonError, Map, Value};
use self::path::Path;
use self::resources::Files;

/// What is allowed.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// The container must be GLB; otherwise a JSON document will do.
    glb_only: bool,
    /// Whatever is outside the file is an error.
    embedded_only: bool,
    /// The only extensions that a model may use; `None` for all.
    extensions: Option<&'static [&'static str]>,
    /// Errors here, though they are not errors by themselves.
    raised: &'static [Code],
    max_file_bytes: usize,
    max_json_bytes: usize,
    max_json_values: usize,
    max_pixels: u64,
    /// Of all kinds together.
    max_objects: usize,
    /// Steps that need no bytes behind them.
    free_work: u64,
}

impl Policy {
    /// The rules of the Khronos validator and no others, so that verdicts can be compared. Only what no machine could carry is refused as well.
    pub const fn khronos() -> Self {
        Self {
            glb_only: false,
            embedded_only: false,
            extensions: None,
            raised: &[],
            max_file_bytes: usize::MAX,
            max_json_bytes: usize::MAX,
            max_json_values: usize::MAX,
            max_pixels: u64::MAX,
            max_objects: usize::MAX,
            free_work: 1 << 28,
        }
    }
}

/// The verdict on a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// As it was given, for the findings.
    pub path: String,
    /// The first hundred of each code, in the order they were found.
    pub issues: Vec<Issue>,
    /// How many there are in all.
    pub errors: usize,
    pub warnings: usize,
    pub information: usize,
    /// What is in the model; `None` when it could not be read at all.
    pub summary: Option<Summary>,
}

impl Report {
    pub fn is_valid(&self) -> bool {
        self.errors == 0
    }
}

/// Judges a model that is one file. `path` is its name; where the policy allows glTF as well as GLB, its extension says which of them it is.
pub fn check(bytes: &[u8], path: &str, policy: &Policy) -> Report {
    check_with_files(bytes, path, policy, &|_| None)
}

/// The same for a model that may refer to files beside it: `files` gives the one that has a relative path.
pub fn check_with_files(bytes: &[u8], path: &str, policy: &Policy, files: Files<'_>) -> Report {
    let mut issues = Issues::new(policy.raised);
    let (summary, issues) = match open(bytes, path, policy, &mut issues) {
        None => (None, issues),
        Some(parts) => {
            let work = policy.free_work.saturating_add((bytes.len() as u64).saturating_mul(2));
            read(parts, *policy, issues, work, files)
        }
    };
    let (issues, [errors, warnings, information]) = issues.into_parts();
    Report {
        path: path.to_owned(),
        issues,
        errors,
        warnings,
        information,
        summary,
    }
}

/// Reads a GLB in which [`check`] found no error, and hands its model to `visit`; `None` when the bytes are not a GLB with glTF 2.
///
/// Nothing is checked again beyond what keeps reading safe: objects and properties that are wrong are left out or have their defaults.
pub fn read_model<T>(bytes: &[u8], visit: impl FnOnce(&Model<'_>) -> T) -> Option<T> {
    let policy = Policy::khronos();
    let mut issues = Issues::new(policy.raised);
    let chunks = container::read(bytes, &mut issues)?;
    let value = read_json(chunks.json?, &policy, &mut issues)?;
    let (map, context) = read_root(&value, policy, issues, true, 0).ok()?;
    let model = Model::read(map, &context)?;
    resources::load_buffers(&model, chunks.bin, &|_| None);
    Some(visit(&model))
}

/// The JSON document and the binary chunk of a GLB that [`check`] found no error in; `None` when it is no such file.
pub fn chunks(bytes: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let chunks = container::read(bytes, &mut Issues::new(&[]))?;
    Some((chunks.json?, chunks.bin))
}

/// The JSON document and the binary chunk.
struct Parts<'a> {
    is_glb: bool,
    json: &'a [u8],
    bin: Option<&'a [u8]>,
}

fn open<'a>(bytes: &'a [u8], path: &str, policy: &Policy, issues: &mut Issues) -> Option<Parts<'a>> {
    if bytes.len() > policy.max_file_bytes {
        issues.add_to_file(codes::FILE_TOO_LARGE, || {
            format!(
                "The model has {} bytes; at most {} are allowed.",
                bytes.len(),
                policy.max_file_bytes
            )
        });
        return None;
    }
    if policy.glb_only && !is_glb(bytes) {
        issues.add_to_file(codes::NOT_GLB, || {
            "This is no GLB file. Export the model as glTF Binary (.glb).".to_owned()
        });
        return None;
    }
    let parts = if is_container(bytes, path, policy) {
        let chunks = container::read(bytes, issues)?;
        Parts {
            is_glb: true,
            json: chunks.json?,
            bin: chunks.bin,
        }
    } else {
        Parts {
            is_glb: false,
            json: bytes,
            bin: None,
        }
    };
    if parts.json.len() > policy.max_json_bytes {
        issues.add_to_file(codes::JSON_TOO_LARGE, || {
            format!(
                "The JSON has {} bytes; at most {} are allowed.",
                parts.json.len(),
                policy.max_json_bytes
            )
        });
        return None;
    }
    Some(parts)
}

fn is_container(bytes: &[u8], path: &str, policy: &Policy) -> bool {
    let extension = path
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        _ if policy.glb_only => true,
        Some("glb") => true,
        Some("gltf") => false,
        _ => is_glb(bytes),
    }
}

fn read(
    parts: Parts<'_>,
    policy: Policy,
    mut issues: Issues,
    work: u64,
    files: Files<'_>,
) -> (Option<Summary>, Issues) {
    let Some(value) = read_json(parts.json, &policy, &mut issues) else {
        return (None, issues);
    };
    let (map, context) = match read_root(&value, policy, issues, parts.is_glb, work) {
        Ok(root) => root,
        Err(issues) => return (None, issues),
    };
    upload::check_extensions(map, &context);
    let summary = Model::read(map, &context).map(|model| {
        model.link();
        resources::load_buffers(&model, parts.bin, files);
        resources::check_images(&model, files);
        data::check(&model);
        Summary::of(&model)
    });
    (summary, context.into_issues())
}

/// The root object of the document, and a context with its extensions.
fn read_root<'a>(
    value: &'a Value<'a>,
    policy: Policy,
    mut issues: Issues,
    is_glb: bool,
    work: u64,
) -> Result<(&'a Map<'a>, Context<'a>), Issues> {
    let Value::Object(map) = value else {
        issues.add_to_file(codes::TYPE_MISMATCH, || "The document must be an object.".to_owned());
        return Err(issues);
    };
    let mut context = Context::new(policy, issues, is_glb, work);
    let path = Path::ROOT;
    let declared = Declared::read(&Fields {
        map,
        path,
        context: &context,
    });
    context.declared = declared;
    Ok((map, context))
}

fn read_json<'a>(bytes: &'a [u8], policy: &Policy, issues: &mut Issues) -> Option<Value<'a>> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if text.len() < bytes.len() {
        issues.add_to_file(codes::INVALID_JSON, || {
            "The JSON begins with a byte order mark.".to_owned()
        });
    }
    let document = match json::parse(text, policy.max_json_values) {
        Ok(document) => document,
        Err(error) => {
            match error {
                JsonError::Syntax { offset, what } => issues.add_to_file(codes::INVALID_JSON, || {
                    format!("The JSON is wrong at byte {offset}: {what}.")
                }),
                JsonError::TooDeep => {
                    issues.add_to_file(codes::JSON_TOO_DEEP, || "The JSON is nested too deeply.".to_owned())
                }
                JsonError::TooManyValues => issues.add_to_file(codes::JSON_TOO_LARGE, || {
                    format!("The JSON has more than {} values.", policy.max_json_values)
                }),
            }
            return None;
        }
    };
    for (key, offset) in document.repeated_keys {
        issues.add_to_file(codes::DUPLICATE_KEY, || {
            format!("The object at byte {offset} of the JSON has the key {key:?} more than once; readers differ in which one counts.")
        });
    }
    Some(document.value)
}
