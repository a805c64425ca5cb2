//! Mesh primitives: vertices, indices and a material.

use std::cell::{Cell, RefCell};

use self::variants::Mapping;
use crate::glb::extensions::Extensions;
use crate::glb::fields::Fields;
use crate::glb::gl::PrimitiveMode;
use crate::glb::issue::codes;
use crate::glb::known::{Known, ObjectKind};
use crate::glb::path::Path;

mod formats;
mod link;
pub mod variants;

const MEMBERS: [&str; 5] = ["attributes", "indices", "material", "mode", "targets"];

type AttributeMap = Vec<(String, Option<usize>)>;

/// One primitive. Wrong indices are `None`.
#[derive(Debug)]
pub struct Primitive {
    pub(crate) attributes: AttributeMap,
    pub indices: Option<usize>,
    pub material: Option<usize>,
    pub mode: Option<PrimitiveMode>,
    pub(crate) targets: Option<Vec<AttributeMap>>,
    pub(crate) semantics: Semantics,
    mappings: Vec<Mapping>,
    /// The vertices, or the indices where there are some; set when it is linked.
    pub(crate) count: Cell<Option<u64>>,
    pub(crate) vertex_count: Cell<Option<u64>>,
    used_coordinates: RefCell<Vec<bool>>,
}

/// The attributes, by their names. Sets with gaps count as none.
#[derive(Debug, Default)]
pub struct Semantics {
    position: bool,
    normal: bool,
    tangent: bool,
    colors: Sets,
    joints: Sets,
    weights: Sets,
    coordinates: Sets,
}

/// Attributes that have a number, such as `TEXCOORD_0`.
#[derive(Debug, Default)]
struct Sets {
    count: u64,
    end: u64,
}

impl Primitive {
    pub(crate) const MEMBERS: &'static [&'static str] = &MEMBERS;

    pub(crate) fn read(fields: &Fields<'_, '_>) -> Self {
        let mode = if fields.has("mode") {
            fields.count("mode", 0..=6).and_then(PrimitiveMode::from_gl)
        } else {
            Some(PrimitiveMode::Triangles)
        };
        let mut semantics = Semantics::default();
        let path = fields.path.name("attributes");
        let attributes = fields.index_map("attributes", &mut |name| {
            if !semantics.add(name) {
                invalid_attribute(fields, &path.name(name));
            }
        });
        if attributes.is_some() {
            semantics.check(fields, &path);
        }
        let targets = fields.index_maps("targets", &mut |path, name| {
            if !is_morph_attribute(name) {
                invalid_attribute(fields, &path.name(name));
            }
        });
        let mut primitive = Self {
            attributes: owned(attributes.unwrap_or_default()),
            indices: fields.index("indices"),
            material: fields.index("material"),
            mode,
            targets: targets.map(|targets| targets.into_iter().map(owned).collect()),
            used_coordinates: RefCell::new(vec![false; usize::try_from(semantics.coordinates.count).unwrap_or(0)]),
            semantics,
            mappings: Vec::new(),
            count: Cell::new(None),
            vertex_count: Cell::new(None),
        };
        Extensions::read(fields, ObjectKind::Primitive, &mut |entry| {
            if entry.known == Known::Variants {
                primitive.mappings = variants::read_mappings(&entry);
            }
        });
        fields.extras();
        primitive
    }

    /// The accessor of an attribute, such as `POSITION` or `TEXCOORD_0`.
    pub fn attribute(&self, name: &str) -> Option<usize> {
        find(&self.attributes, name)
    }

    /// The accessor of an attribute's changes by a morph target.
    pub fn target_attribute(&self, target: usize, name: &str) -> Option<usize> {
        find(self.targets.as_ref()?.get(target)?, name)
    }

    /// The number of sets of four joints of each vertex.
    pub(crate) fn joint_sets(&self) -> u64 {
        self.semantics.joints.count
    }

    pub(crate) fn coordinate_sets(&self) -> u64 {
        self.semantics.coordinates.count
    }

    pub(crate) fn use_coordinates(&self, set: u64) {
        let set = usize::try_from(set).unwrap_or(usize::MAX);
        if let Some(used) = self.used_coordinates.borrow_mut().get_mut(set) {
            *used = true;
        }
    }

    pub(crate) fn triangle_count(&self) -> u64 {
        let count = self.count.get().unwrap_or(0);
        match self.mode {
            Some(PrimitiveMode::Triangles) => count / 3,
            Some(PrimitiveMode::TriangleStrip | PrimitiveMode::TriangleFan) => count.saturating_sub(2),
            _ => 0,
        }
    }
}

fn find(attributes: &AttributeMap, name: &str) -> Option<usize> {
    let named = attributes.iter().find(|(attribute, _)| attribute == name);
    named.and_then(|(_, index)| *index)
}

fn owned(map: Vec<(&str, Option<usize>)>) -> AttributeMap {
    map.into_iter().map(|(name, index)| (name.to_owned(), index)).collect()
}

fn invalid_attribute(fields: &Fields<'_, '_>, path: &Path<'_>) {
    fields.context.add(codes::MESH_PRIMITIVE_INVALID_ATTRIBUTE, path, || {
        "There is no attribute of this name; names of your own begin with an underscore.".to_owned()
    });
}

/// The name of a set and its number, from `TEXCOORD_0`.
fn numbered(name: &str) -> Option<(&str, u64)> {
    let (set, number) = name.split_once('_')?;
    let plain = !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && (number.len() == 1 || !number.starts_with('0'));
    plain.then(|| (set, number.parse().unwrap_or(u64::MAX)))
}

fn is_morph_attribute(name: &str) -> bool {
    name.starts_with('_')
        || matches!(name, "POSITION" | "NORMAL" | "TANGENT")
        || matches!(numbered(name), Some(("COLOR" | "TEXCOORD", _)))
}

impl Semantics {
    /// False for a name that glTF does not know.
    fn add(&mut self, name: &str) -> bool {
        match name {
            "POSITION" => self.position = true,
            "NORMAL" => self.normal = true,
            "TANGENT" => self.tangent = true,
            name if name.starts_with('_') => {}
            name => {
                let Some((set, number)) = numbered(name) else {
                    return false;
                };
                let sets = match set {
                    "COLOR" => &mut self.colors,
                    "JOINTS" => &mut self.joints,
                    "TEXCOORD" => &mut self.coordinates,
                    "WEIGHTS" => &mut self.weights,
                    _ => return false,
                };
                sets.count += 1;
                sets.end = sets.end.max(number.saturating_add(1));
            }
        }
        true
    }

    fn check(&mut self, fields: &Fields<'_, '_>, path: &Path<'_>) {
        let context = fields.context;
        if !self.position {
            context.add(codes::MESH_PRIMITIVE_NO_POSITION, path, || {
                "There is no POSITION, so nothing is drawn.".to_owned()
            });
        }
        if self.tangent && !self.normal {
            context.add(
                codes::MESH_PRIMITIVE_TANGENT_WITHOUT_NORMAL,
                &path.name("TANGENT"),
                || "TANGENT needs NORMAL.".to_owned(),
            );
        }
        for (name, sets) in [
            ("COLOR", &mut self.colors),
            ("JOINTS", &mut self.joints),
            ("WEIGHTS", &mut self.weights),
            ("TEXCOORD", &mut self.coordinates),
        ] {
            if sets.end != sets.count {
                context.add(codes::MESH_PRIMITIVE_INDEXED_SEMANTIC_CONTINUITY, path, || {
                    format!("The numbers of {name} must start with 0 and have no gaps.")
                });
                sets.count = 0;
            }
        }
        if self.joints.count != self.weights.count {
            let (joints, weights) = (self.joints.count, self.weights.count);
            context.add(codes::MESH_PRIMITIVE_JOINTS_WEIGHTS_MISMATCH, path, || {
                format!("There are {joints} sets of JOINTS, but {weights} of WEIGHTS.")
            });
            self.joints.count = 0;
            self.weights.count = 0;
        }
    }
}
