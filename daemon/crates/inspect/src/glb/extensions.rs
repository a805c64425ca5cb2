//! Reads the extensions of a document and of its objects.

use std::collections::HashSet;

use super::context::Context;
use super::fields::Fields;
use super::issue::codes;
use super::json::{Map, NO_MEMBERS, Value};
use super::known::{Declared, Known, ObjectKind};
use super::path::Path;

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
            format!("{name:?} is not a valid name of an extension.")
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

/// The object of one extension.
pub struct ExtensionObject<'a> {
    pub known: Known,
    map: &'a Map<'a>,
    path: Path<'a>,
    context: &'a Context<'a>,
}

impl<'a> ExtensionObject<'a> {
    pub fn fields(&self, known: &[&str]) -> Fields<'a, 'a> {
        Fields::new(self.map, self.path, self.context, known)
    }
}

/// The extensions of an object.
#[derive(Debug, Default)]
pub struct Extensions {
    pub known: Vec<Known>,
    /// True when the content of one was not checked.
    pub unknown: bool,
}

impl Extensions {
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && !self.unknown
    }

    /// Goes through the extensions of an object that is at `place`; hands each one that belongs there to `reader`.
    pub fn read(object: &Fields<'_, '_>, place: ObjectKind, reader: &mut dyn FnMut(ExtensionObject<'_>)) -> Self {
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
                    format!("The extension {name:?} is not allowed on this object.")
                });
                continue;
            }
            if all.len() > 1 && known.stands_alone() {
                context.add(codes::MULTIPLE_EXTENSIONS, &path, || {
                    format!("The extension {name:?} should not be combined with other extensions.")
                });
            }
            found.known.push(known);
            reader(ExtensionObject {
                known,
                map,
                path,
                context,
            });
        }
        found
    }
}

impl Fields<'_, '_> {
    /// Reads the properties that every object may have: extensions and extras.
    pub fn finish(&self, place: ObjectKind) -> Extensions {
        let extensions = Extensions::read(self, place, &mut |_| {});
        self.extras();
        extensions
    }

    /// Reads the name, extensions and extras.
    pub fn finish_named(&self, place: ObjectKind) -> Extensions {
        self.string("name");
        self.finish(place)
    }
}
