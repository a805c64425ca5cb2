//! Issues of a model, under the codes of the Khronos validator, and the list that collects them.

use std::collections::HashMap;
use std::fmt::Display;

use crate::text::clean;

/// A broken file can break one rule in each of its numbers; more than these would only hide the others.
const MAX_KEPT_OF_ONE_RULE: usize = 100;
const MAX_MESSAGE: usize = 300;
/// A pointer can hold a name from the file, of any length.
const MAX_POINTER: usize = 500;

/// The severity of an [`Issue`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Error,
    Warning,
    Information,
}

/// A fault with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Khronos' own name, such as `ACCESSOR_TOO_LONG`; rules that only this marketplace has are named in [`super::upload`].
    pub code: &'static str,
    pub severity: Severity,
    /// A JSON pointer (RFC 6901) into the glTF document; empty when it is about the file itself.
    pub pointer: String,
    pub message: String,
}

/// A rule: its name and its severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    pub name: &'static str,
    pub severity: Severity,
}

/// The issues so far. All are counted; only the first of each code are kept.
#[derive(Debug, Default)]
pub struct Issues {
    kept: Vec<Issue>,
    counts: [usize; 3],
    counts_of_rules: HashMap<&'static str, usize>,
    /// These codes become errors.
    raised: &'static [Code],
}

impl Issues {
    pub fn new(raised: &'static [Code]) -> Self {
        Self {
            raised,
            ..Self::default()
        }
    }

    /// Adds an issue. The message is made only when the issue is kept. Only this shell is compiled once for each message.
    pub fn add(&mut self, code: Code, pointer: &dyn Display, message: impl FnOnce() -> String) {
        if let Some(severity) = self.count(code) {
            self.keep(code, severity, pointer, &message());
        }
    }

    /// Adds an issue of the whole file.
    pub fn add_to_file(&mut self, code: Code, message: impl FnOnce() -> String) {
        self.add(code, &"", message);
    }

    /// The severity of an issue that is to be kept; `None` for one that is only counted.
    fn count(&mut self, code: Code) -> Option<Severity> {
        let severity = if self.raised.contains(&code) {
            Severity::Error
        } else {
            code.severity
        };
        let count = &mut self.counts[severity as usize];
        *count = count.saturating_add(1);
        let of_rule = self.counts_of_rules.entry(code.name).or_default();
        *of_rule = of_rule.saturating_add(1);
        (*of_rule <= MAX_KEPT_OF_ONE_RULE).then_some(severity)
    }

    fn keep(&mut self, code: Code, severity: Severity, pointer: &dyn Display, message: &str) {
        self.kept.push(Issue {
            code: code.name,
            severity,
            pointer: clean(&pointer.to_string(), MAX_POINTER),
            message: clean(message, MAX_MESSAGE),
        });
    }

    /// The kept issues in the order they were found, and the number of all issues of each severity.
    pub fn into_parts(self) -> (Vec<Issue>, [usize; 3]) {
        (self.kept, self.counts)
    }
}

macro_rules! codes {
    ($($severity:ident: $($name:ident)+;)+) => {
        /// Every rule.
        pub mod codes {
            use super::{Code, Severity};
            $($(pub const $name: Code = Code { name: stringify!($name), severity: Severity::$severity };)+)+
        }
    };
}

codes! {
    // The container.
    Error: GLB_INVALID_MAGIC GLB_INVALID_VERSION GLB_LENGTH_TOO_SMALL GLB_CHUNK_LENGTH_UNALIGNED GLB_LENGTH_MISMATCH
        GLB_CHUNK_TOO_BIG GLB_EMPTY_CHUNK GLB_DUPLICATE_CHUNK GLB_UNEXPECTED_END_OF_CHUNK_HEADER
        GLB_UNEXPECTED_END_OF_CHUNK_DATA GLB_UNEXPECTED_END_OF_HEADER GLB_UNEXPECTED_FIRST_CHUNK
        GLB_UNEXPECTED_BIN_CHUNK;
    Warning: GLB_UNKNOWN_CHUNK_TYPE GLB_EXTRA_DATA;
    Information: GLB_EMPTY_BIN_CHUNK;
    // The shape of the JSON.
    Error: ARRAY_LENGTH_NOT_IN_LIST ARRAY_TYPE_MISMATCH DUPLICATE_ELEMENTS INVALID_INDEX INVALID_JSON INVALID_URI
        EMPTY_ENTITY ONE_OF_MISMATCH PATTERN_MISMATCH TYPE_MISMATCH VALUE_NOT_IN_RANGE VALUE_MULTIPLE_OF
        UNDEFINED_PROPERTY UNSATISFIED_DEPENDENCY;
    Warning: VALUE_NOT_IN_LIST UNEXPECTED_PROPERTY;
    // Meaning.
    Error: UNKNOWN_ASSET_MAJOR_VERSION ASSET_MIN_VERSION_GREATER_THAN_VERSION INVALID_GL_VALUE
        ACCESSOR_NORMALIZED_INVALID ACCESSOR_OFFSET_ALIGNMENT ACCESSOR_MATRIX_ALIGNMENT
        ACCESSOR_SPARSE_COUNT_OUT_OF_RANGE BUFFER_DATA_URI_MIME_TYPE_INVALID BUFFER_VIEW_TOO_BIG_BYTE_STRIDE
        BUFFER_VIEW_INVALID_BYTE_STRIDE CAMERA_XMAG_YMAG_ZERO CAMERA_ZFAR_LEQUAL_ZNEAR
        MESH_PRIMITIVE_INVALID_ATTRIBUTE MESH_PRIMITIVES_UNEQUAL_TARGETS_COUNT
        MESH_PRIMITIVE_INDEXED_SEMANTIC_CONTINUITY MESH_PRIMITIVE_JOINTS_WEIGHTS_MISMATCH
        MESH_INVALID_WEIGHTS_COUNT NODE_MATRIX_TRS NODE_MATRIX_NON_TRS ROTATION_NON_UNIT UNUSED_EXTENSION_REQUIRED
        NON_REQUIRED_EXTENSION NODE_SKIN_NO_SCENE SKIN_NO_COMMON_ROOT SKIN_SKELETON_INVALID
        KHR_ANIMATION_POINTER_ANIMATION_CHANNEL_TARGET_NODE KHR_ANIMATION_POINTER_ANIMATION_CHANNEL_TARGET_PATH
        KHR_LIGHTS_PUNCTUAL_LIGHT_SPOT_ANGLES;
    Warning: UNKNOWN_ASSET_MINOR_VERSION ANIMATION_CHANNEL_TARGET_NODE_SKIN CAMERA_XMAG_YMAG_NEGATIVE
        CAMERA_YFOV_GEQUAL_PI MATERIAL_ALPHA_CUTOFF_INVALID_MODE MESH_PRIMITIVE_NO_POSITION
        MESH_PRIMITIVE_TANGENT_WITHOUT_NORMAL INVALID_EXTENSION_NAME_FORMAT NODE_SKINNED_MESH_LOCAL_TRANSFORMS
        NODE_SKINNED_MESH_PARENT_TRANSFORMS NON_RELATIVE_URI MULTIPLE_EXTENSIONS
        KHR_MATERIALS_ANISOTROPY_ANISOTROPY_TEXTURE_TEXCOORD
        KHR_MATERIALS_CLEARCOAT_CLEARCOAT_NORMAL_TEXTURE_TEXCOORD KHR_MATERIALS_DISPERSION_NO_VOLUME
        KHR_MATERIALS_EMISSIVE_STRENGTH_ZERO_FACTOR KHR_MATERIALS_VOLUME_NO_TRANSMISSION
        KHR_MATERIALS_VOLUME_DOUBLE_SIDED;
    Information: NODE_MATRIX_DEFAULT NODE_EMPTY NODE_SKINNED_MESH_NON_ROOT NON_OBJECT_EXTRAS EXTRA_PROPERTY
        KHR_MATERIALS_IRIDESCENCE_THICKNESS_RANGE_WITHOUT_TEXTURE
        KHR_MATERIALS_IRIDESCENCE_THICKNESS_TEXTURE_UNUSED;
    // Consistency between parts.
    Error: ACCESSOR_TOTAL_OFFSET_ALIGNMENT ACCESSOR_SMALL_BYTESTRIDE ACCESSOR_TOO_LONG ACCESSOR_USAGE_OVERRIDE
        ANIMATION_DUPLICATE_TARGETS ANIMATION_CHANNEL_TARGET_NODE_MATRIX
        ANIMATION_CHANNEL_TARGET_NODE_WEIGHTS_NO_MORPHS ANIMATION_SAMPLER_INPUT_ACCESSOR_WITHOUT_BOUNDS
        ANIMATION_SAMPLER_INPUT_ACCESSOR_INVALID_FORMAT ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_FORMAT
        ANIMATION_SAMPLER_INPUT_ACCESSOR_TOO_FEW_ELEMENTS ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_COUNT
        ANIMATION_SAMPLER_ACCESSOR_WITH_BYTESTRIDE BUFFER_MISSING_GLB_DATA BUFFER_VIEW_TOO_LONG
        BUFFER_VIEW_TARGET_OVERRIDE IMAGE_BUFFER_VIEW_WITH_BYTESTRIDE INVALID_IBM_ACCESSOR_COUNT
        MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_INVALID_FORMAT MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_UNSIGNED_INT
        MESH_PRIMITIVE_POSITION_ACCESSOR_WITHOUT_BOUNDS MESH_PRIMITIVE_ACCESSOR_WITHOUT_BYTESTRIDE
        MESH_PRIMITIVE_ACCESSOR_UNALIGNED MESH_PRIMITIVE_INDICES_ACCESSOR_WITH_BYTESTRIDE
        MESH_PRIMITIVE_INDICES_ACCESSOR_INVALID_FORMAT MESH_PRIMITIVE_TOO_FEW_TEXCOORDS
        MESH_PRIMITIVE_NO_TANGENT_SPACE MESH_PRIMITIVE_UNEQUAL_ACCESSOR_COUNT
        MESH_PRIMITIVE_MORPH_TARGET_NO_BASE_ACCESSOR MESH_PRIMITIVE_MORPH_TARGET_INVALID_ATTRIBUTE_COUNT NODE_LOOP
        NODE_PARENT_OVERRIDE NODE_WEIGHTS_INVALID NODE_SKIN_WITH_NON_SKINNED_MESH SCENE_NON_ROOT_NODE
        SKIN_IBM_INVALID_FORMAT SKIN_IBM_ACCESSOR_WITH_BYTESTRIDE TEXTURE_INVALID_IMAGE_MIME_TYPE
        UNDECLARED_EXTENSION UNEXPECTED_EXTENSION_OBJECT UNRESOLVED_REFERENCE
        KHR_MATERIALS_VARIANTS_NON_UNIQUE_VARIANT;
    Warning: MESH_PRIMITIVE_INCOMPATIBLE_MODE MESH_PRIMITIVE_GENERATED_TANGENT_SPACE NODE_SKINNED_MESH_WITHOUT_SKIN;
    Information: BUFFER_VIEW_TARGET_MISSING INCOMPLETE_EXTENSION_SUPPORT UNSUPPORTED_EXTENSION UNUSED_OBJECT
        UNUSED_MESH_WEIGHTS UNUSED_MESH_TANGENT;
    // The bytes.
    Error: IO_ERROR BUFFER_BYTE_LENGTH_MISMATCH ACCESSOR_MIN_MISMATCH ACCESSOR_MAX_MISMATCH
        ACCESSOR_ELEMENT_OUT_OF_MIN_BOUND ACCESSOR_ELEMENT_OUT_OF_MAX_BOUND ACCESSOR_VECTOR3_NON_UNIT
        ACCESSOR_INVALID_SIGN ACCESSOR_ANIMATION_SAMPLER_OUTPUT_NON_NORMALIZED_QUATERNION ACCESSOR_NON_CLAMPED
        ACCESSOR_INVALID_FLOAT ACCESSOR_INDEX_OOB ACCESSOR_INDEX_PRIMITIVE_RESTART ACCESSOR_ANIMATION_INPUT_NEGATIVE
        ACCESSOR_ANIMATION_INPUT_NON_INCREASING ACCESSOR_SPARSE_INDICES_NON_INCREASING ACCESSOR_SPARSE_INDEX_OOB
        ACCESSOR_INVALID_IBM IMAGE_DATA_INVALID IMAGE_MIME_TYPE_INVALID IMAGE_UNEXPECTED_EOS
        IMAGE_NON_ENABLED_MIME_TYPE ACCESSOR_JOINTS_INDEX_OOB ACCESSOR_JOINTS_INDEX_DUPLICATE
        ACCESSOR_WEIGHTS_NEGATIVE ACCESSOR_WEIGHTS_NON_NORMALIZED;
    Warning: BUFFER_GLB_CHUNK_TOO_BIG IMAGE_UNRECOGNIZED_FORMAT IMAGE_FEATURES_UNSUPPORTED DATA_URI_GLB
        ACCESSOR_JOINTS_USED_ZERO_WEIGHT;
    Information: ACCESSOR_INDEX_TRIANGLE_DEGENERATE IMAGE_NPOT_DIMENSIONS URI_GLB;
    // Ours: what a browser or a viewer would read differently than we did, or not at all.
    Error: NOT_GLB FILE_TOO_LARGE JSON_TOO_LARGE JSON_TOO_DEEP TOO_MUCH_WORK EXTERNAL_RESOURCE EXTENSION_NOT_ALLOWED
        IMAGE_TOO_LARGE TOO_MANY_OBJECTS;
    Warning: DUPLICATE_KEY;
}
