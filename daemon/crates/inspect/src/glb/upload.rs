//! The rules of the marketplace beyond valid glTF: a model is one file that holds all it needs, and every part of it can be checked.
//!
//! The rules that only we have: `NOT_GLB`, `FILE_TOO_LARGE`, `JSON_TOO_LARGE`, `JSON_TOO_DEEP`,
//! `DUPLICATE_KEY`, `EXTERNAL_RESOURCE`, `EXTENSION_NOT_ALLOWED`, `IMAGE_TOO_LARGE`, `TOO_MANY_OBJECTS`, `TOO_MUCH_WORK`.

use super::context::Context;
use super::issue::{Code, codes};
use super::json::{Map, Value};
use super::path::Path;
use super::policy::Policy;

/// The extensions that a model may use. All of them are checked to the last property; what they show is declared, never run or loaded.
///
/// Left out on purpose: `KHR_draco_mesh_compression`, `EXT_meshopt_compression` and `KHR_texture_basisu` (the bytes would have to be inflated to
/// be checked, and a small file could become a huge one), `KHR_animation_pointer` (what it moves is not checked, by nobody yet),
/// `KHR_interactivity` and `KHR_audio*` (they act), `KHR_xmp*` (metadata with references to outside), and whatever a vendor adds that others
/// cannot show.
pub const EXTENSIONS: [&str; 18] = [
    // Surfaces.
    "KHR_materials_anisotropy",
    "KHR_materials_clearcoat",
    "KHR_materials_dispersion",
    "KHR_materials_emissive_strength",
    "KHR_materials_ior",
    "KHR_materials_iridescence",
    "KHR_materials_sheen",
    "KHR_materials_specular",
    "KHR_materials_transmission",
    "KHR_materials_unlit",
    "KHR_materials_volume",
    // Choices between surfaces; all of them are in the file.
    "KHR_materials_variants",
    // The look of older files.
    "KHR_materials_pbrSpecularGlossiness",
    // Light, and what is shown at first.
    "KHR_lights_punctual",
    "KHR_node_visibility",
    // Smaller numbers for vertices, and pieces of textures.
    "KHR_mesh_quantization",
    "KHR_texture_transform",
    // Smaller pictures; their headers are read like those of the others.
    "EXT_texture_webp",
];

/// Not errors to Khronos: bytes that no reader looks at can be anything, and two readers can see two models.
const RAISED: [Code; 4] = [
    codes::GLB_UNKNOWN_CHUNK_TYPE,
    codes::GLB_EXTRA_DATA,
    codes::IMAGE_UNRECOGNIZED_FORMAT,
    codes::DUPLICATE_KEY,
];

impl Policy {
    /// The policy for uploads. A JSON value takes up to 48 bytes besides its texts and an object of the model up to 2 KB, so
    /// that the limits keep the memory of a check under 256 MiB beside the file itself.
    pub const fn upload() -> Self {
        Self {
            glb_only: true,
            embedded_only: true,
            extensions: Some(&EXTENSIONS),
            raised: &RAISED,
            max_file_bytes: 256 << 20,
            max_json_bytes: 32 << 20,
            max_json_values: 1_000_000,
            max_pixels: 50_000_000,
            max_objects: 100_000,
            free_work: 1 << 26,
        }
    }
}

/// The way to a model without the extension.
fn remedy(name: &str) -> &'static str {
    match name {
        "KHR_draco_mesh_compression" => {
            "export the model without mesh compression (in Blender: glTF export, Data, Compression off), or decode it with `gltf-transform copy in.glb out.glb`"
        }
        "EXT_meshopt_compression" | "KHR_meshopt_compression" => {
            "pack the model without compression (gltfpack without -c and -cc), or decode it with `gltf-transform copy in.glb out.glb`"
        }
        "KHR_texture_basisu" => "export its textures as PNG, JPEG or WebP (in gltf-transform: `ktxdecompress`)",
        "KHR_animation_pointer" => "export its animations as those of nodes and morph targets",
        _ => "export the model without it",
    }
}

/// Only the listed extensions may be named.
pub(super) fn check_extensions(map: &Map<'_>, context: &Context<'_>) {
    let Some(allowed) = context.policy.extensions else {
        return;
    };
    for list in ["extensionsUsed", "extensionsRequired"] {
        let path = Path::ROOT.name(list);
        let Some(Value::Array(items)) = map.get(list) else {
            continue;
        };
        for (at, item) in items.iter().enumerate() {
            if let Value::String(name) = item
                && !allowed.contains(&name.as_ref())
            {
                context.add(codes::EXTENSION_NOT_ALLOWED, &path.index(at), || {
                    format!("Models with the extension {name:?} are not accepted: {}.", remedy(name))
                });
            }
        }
    }
}
