//! Extensions: which ones are known, where in the document each may stand, and what the document declares.

use std::collections::HashSet;

use super::context::Context;
use super::fields::Fields;
use super::issue::codes;
use super::json::{Map, NO_MEMBERS, Value};
use super::path::Path;

/// The kinds of objects that a known extension can be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Root,
    ChannelTarget,
    Material,
    Node,
    Primitive,
    Texture,
    TextureInfo,
    /// Everything that no known extension extends.
    Other,
}

/// The extensions whose content is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    TextureWebp,
    AnimationPointer,
    Lights,
    Anisotropy,
    Clearcoat,
    Dispersion,
    EmissiveStrength,
    Ior,
    Iridescence,
    SpecularGlossiness,
    Sheen,
    Specular,
    Transmission,
    Unlit,
    Variants,
    Volume,
    Quantization,
    Visibility,
    TextureTransform,
}

const NAMES: [(&str, Known); 19] = [
    ("EXT_texture_webp", Known::TextureWebp),
    ("KHR_animation_pointer", Known::AnimationPointer),
    ("KHR_lights_punctual", Known::Lights),
    ("KHR_materials_anisotropy", Known::Anisotropy),
    ("KHR_materials_clearcoat", Known::Clearcoat),
    ("KHR_materials_dispersion", Known::Dispersion),
    ("KHR_materials_emissive_strength", Known::EmissiveStrength),
    ("KHR_materials_ior", Known::Ior),
    ("KHR_materials_iridescence", Known::Iridescence),
    ("KHR_materials_pbrSpecularGlossiness", Known::SpecularGlossiness),
    ("KHR_materials_sheen", Known::Sheen),
    ("KHR_materials_specular", Known::Specular),
    ("KHR_materials_transmission", Known::Transmission),
    ("KHR_materials_unlit", Known::Unlit),
    ("KHR_materials_variants", Known::Variants),
    ("KHR_materials_volume", Known::Volume),
    ("KHR_mesh_quantization", Known::Quantization),
    ("KHR_node_visibility", Known::Visibility),
    ("KHR_texture_transform", Known::TextureTransform),
];

impl Known {
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, known)| *known)
    }

    fn stands_on(self, place: Place) -> bool {
        match self {
            Self::TextureWebp => place == Place::Texture,
            Self::AnimationPointer => place == Place::ChannelTarget,
            Self::Lights => matches!(place, Place::Root | Place::Node),
            Self::Variants => matches!(place, Place::Root | Place::Primitive),
            Self::Visibility => place == Place::Node,
            Self::TextureTransform => place == Place::TextureInfo,
            // It only widens what accessors may be.
            Self::Quantization => false,
            _ => place == Place::Material,
        }
    }

    /// Must not be beside other extensions.
    fn stands_alone(self) -> bool {
        matches!(self, Self::SpecularGlossiness | Self::Unlit)
    }
}

/// What `extensionsUsed` and `extensionsRequired` say.
#[derive(Debug, Default)]
pub struct Declared<'a> {
    used: HashSet<&'a str>,
    known: Vec<Known>,
}

impl<'a> Declared<'a> {
    /// Reads both lists of the document.
    pub fn read(root: &Fields<'_, 'a>) -> Self {
        if root.has("extensionsRequired") && !root.has("extensionsUsed") {
            root.report_at(codes::UNSATISFIED_DEPENDENCY, "extensionsRequired", || {
                "Extensions are required, but \"extensionsUsed\" is missing.".to_owned()
            });
        }
        let used = root.strings("extensionsUsed").unwrap_or_default();
        let required = root.strings("extensionsRequired").unwrap_or_default();
        let mut declared = Self {
            used: used.iter().copied().collect(),
            known: Vec::new(),
        };
        for known in used.iter().copied().filter_map(Known::named) {
            if !declared.has(known) {
                declared.known.push(known);
            }
        }
        let required_set: HashSet<&str> = required.iter().copied().collect();
        let path = root.path.name("extensionsUsed");
        for (at, name) in used.iter().enumerate() {
            check_used(root.context, &path.index(at), name, &required_set);
        }
        let path = root.path.name("extensionsRequired");
        for (at, name) in required.iter().enumerate() {
            if !declared.used.contains(name) {
                root.context.add(codes::UNUSED_EXTENSION_REQUIRED, &path.index(at), || {
                    format!("The extension {name:?} is required, but not among those used.")
                });
            }
        }
        declared
    }

    pub fn has(&self, known: Known) -> bool {
        self.known.contains(&known)
    }
}

fn check_used(context: &Context<'_>, path: &Path<'_>, name: &str, required: &HashSet<&str>) {
    let prefix = name.split_once('_');
    let sound = prefix.is_some_and(|(prefix, rest)| {
        let upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        !prefix.is_empty()
            && prefix.bytes().all(upper)
            && !rest.is_empty()
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    });
    if !sound {
        context.add(codes::INVALID_EXTENSION_NAME_FORMAT, path, || {
            format!("{name:?} is not how extensions are named.")
        });
    }
    match Known::named(name) {
        None => context.add(codes::UNSUPPORTED_EXTENSION, path, || {
            format!("The content of the extension {name:?} cannot be checked.")
        }),
        Some(Known::Quantization) if !required.contains(name) => {
            context.add(codes::NON_REQUIRED_EXTENSION, path, || {
                format!("The extension {name:?} changes what data means, so it must be required.")
            });
        }
        Some(_) => {}
    }
}

/// One extension object, to be read by who knows it.
pub struct Entry<'a> {
    pub known: Known,
    map: &'a Map<'a>,
    path: Path<'a>,
    context: &'a Context<'a>,
}

impl<'a> Entry<'a> {
    pub fn fields(&self, known: &[&str]) -> Fields<'a, 'a> {
        Fields::new(self.map, self.path, self.context, known)
    }
}

/// Which extensions an object has.
#[derive(Debug, Default)]
pub struct Extensions {
    pub known: Vec<Known>,
    /// There is one whose content was not judged.
    pub unknown: bool,
}

impl Extensions {
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && !self.unknown
    }

    /// Goes through the extensions of an object that is at `place`; hands each one that belongs there to `reader`.
    pub fn read(object: &Fields<'_, '_>, place: Place, reader: &mut dyn FnMut(Entry<'_>)) -> Self {
        let mut found = Self::default();
        let all = match object.map.get("extensions") {
            None => return found,
            Some(Value::Object(all)) => all,
            Some(_) => {
                object.report_at(codes::TYPE_MISMATCH, "extensions", || {
                    "The property must be an object.".to_owned()
                });
                return found;
            }
        };
        let context = object.context;
        let path = object.path.name("extensions");
        for (name, value) in all.iter() {
            let path = path.name(name);
            let map = match value {
                Value::Object(map) => map,
                _ => {
                    context.add(codes::TYPE_MISMATCH, &path, || {
                        "The property must be an object.".to_owned()
                    });
                    &NO_MEMBERS
                }
            };
            let Some(known) = Known::named(name).filter(|known| context.declared.has(*known)) else {
                if !context.declared.used.contains(name) {
                    context.add(codes::UNDECLARED_EXTENSION, &path, || {
                        format!("The extension {name:?} is not in \"extensionsUsed\".")
                    });
                }
                found.unknown = true;
                continue;
            };
            if !known.stands_on(place) {
                context.add(codes::UNEXPECTED_EXTENSION_OBJECT, &path, || {
                    format!("The extension {name:?} does not belong here.")
                });
                continue;
            }
            if all.len() > 1 && known.stands_alone() {
                context.add(codes::MULTIPLE_EXTENSIONS, &path, || {
                    format!("The extension {name:?} may not agree with the others beside it.")
                });
            }
            found.known.push(known);
            reader(Entry {
                known,
                map,
                path,
                context,
            });
        }
        found
    }
}
