//! Models: glTF 2, as a GLB file.
//!
//! The rules and their codes are those of the Khronos glTF validator, so that a contributor can look each of them up; tests compare every
//! verdict with it. [`Policy::upload`] adds the rules of the marketplace: one file that holds all it needs, every part of which can be checked.
//! [`read_model`] hands the parsed [`Model`] to the renderer.
//!
//! Everything here is linear in the size of the file, or pays for what is more from a budget (`Context::spend`): a
//! count, a stride or a length that a model declares never decides how much memory or time it takes.

mod container;
mod context;
mod data;
mod extensions;
mod fields;
mod findings;
mod gl;
mod issue;
mod json;
mod known;
mod matrix;
mod model;
mod path;
mod policy;
mod resources;
mod summary;
pub mod upload;
mod uri;

#[cfg(test)]
mod tests;

pub use self::container::is_glb;
pub use self::findings::to_findings;
pub use self::gl::{PrimitiveMode, Wrap};
pub use self::issue::{Code, Issue, Severity};
pub use self::model::Model;
pub use self::model::accessor::Accessor;
pub use self::model::elements::Elements;
pub use self::model::image::Image;
pub use self::model::material::{
    AlphaMode, Material, MetallicRoughness, SpecularGlossiness, TextureInfo, TextureTransform,
};
pub use self::model::mesh::Mesh;
pub use self::model::node::Node;
pub use self::model::primitive::Primitive;
pub use self::model::scene::Scene;
pub use self::model::skin::Skin;
pub use self::model::texture::{Sampler, Texture};
pub use self::policy::Policy;
pub use self::summary::Summary;

use self::container::Container;
use self::context::Context;
use self::fields::Fields;
use self::issue::{Issues, codes};
use self::json::{JsonError, Map, Value};
use self::known::Declared;
use self::path::Path;
use self::resources::Files;

/// The verdict on a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The path given to the check, for the findings.
    pub path: String,
    /// The first hundred of each code, in the order they were found.
    pub issues: Vec<Issue>,
    /// All of them, also those that are not listed.
    pub errors: usize,
    pub warnings: usize,
    pub information: usize,
    /// `None` when the model could not be read at all.
    pub summary: Option<Summary>,
}

impl Report {
    pub fn is_valid(&self) -> bool {
        self.errors == 0
    }
}

/// Checks a model that is one file. `path` is its name; where the policy allows glTF as well as GLB, its extension says which of them it is.
pub fn check(bytes: &[u8], path: &str, policy: &Policy) -> Report {
    check_with_files(bytes, path, policy, &|_| None)
}

/// As [`check`], for a model that may refer to files beside it: `files` gives the one that has a relative path.
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
    let (map, context) = read_root(&value, policy, issues, Container::Glb, 0).ok()?;
    let model = Model::read(map, &context)?;
    resources::load_buffers(&model, chunks.bin, &|_| None);
    Some(visit(&model))
}

/// The JSON document and the binary chunk.
struct Parts<'a> {
    container: Container,
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
            "This is not a GLB file. Export the model as glTF Binary (.glb).".to_owned()
        });
        return None;
    }
    let parts = if is_container(bytes, path, policy) {
        let chunks = container::read(bytes, issues)?;
        Parts {
            container: Container::Glb,
            json: chunks.json?,
            bin: chunks.bin,
        }
    } else {
        Parts {
            container: Container::Gltf,
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
    let (map, context) = match read_root(&value, policy, issues, parts.container, work) {
        Ok(root) => root,
        Err(issues) => return (None, issues),
    };
    upload::check_extensions(map, &context);
    let summary = Model::read(map, &context).map(|model| {
        model.link();
        resources::load_buffers(&model, parts.bin, files);
        resources::check_images(&model, files);
        data::check(&model);
        Summary::new(&model)
    });
    (summary, context.into_issues())
}

/// The root object of the document, and a context with its extensions.
fn read_root<'a>(
    value: &'a Value<'a>,
    policy: Policy,
    mut issues: Issues,
    container: Container,
    work: u64,
) -> Result<(&'a Map<'a>, Context<'a>), Issues> {
    let Value::Object(map) = value else {
        issues.add_to_file(codes::TYPE_MISMATCH, || "The document must be an object.".to_owned());
        return Err(issues);
    };
    let mut context = Context::new(policy, issues, container, work);
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
