//! Materials to choose from: `KHR_materials_variants`.

use std::cell::Cell;
use std::cell::RefCell;
use std::collections::HashSet;

use crate::glb::context::unresolved;
use crate::glb::extensions::ExtensionObject;
use crate::glb::fields::Fields;
use crate::glb::issue::codes;
use crate::glb::known::ObjectKind;
use crate::glb::model::Model;
use crate::glb::model::primitive::Primitive;
use crate::glb::path::Path;

/// The variants of the document.
#[derive(Debug, Default)]
pub struct Variants {
    /// `None` when the document does not have the extension.
    used: Option<Vec<Cell<bool>>>,
    /// Those of the primitive that is linked now.
    seen: RefCell<HashSet<usize>>,
}

/// A material, and the variants in which a primitive has it.
#[derive(Debug)]
pub struct Mapping {
    variants: Option<Vec<Option<usize>>>,
    material: Option<usize>,
}

impl Variants {
    /// Reads the extension of the document.
    pub fn read(entry: &ExtensionObject<'_>) -> Self {
        let fields = entry.fields(&["variants"]);
        let path = fields.path.name("variants");
        let maps = fields.objects("variants").unwrap_or_default();
        for (at, map) in maps.iter().enumerate() {
            let variant = Fields::new(map, path.index(at), fields.context, &["name"]);
            variant.need("name");
            variant.finish_named(ObjectKind::Other);
        }
        fields.finish(ObjectKind::Other);
        Self {
            used: Some(maps.iter().map(|_| Cell::new(false)).collect()),
            seen: RefCell::default(),
        }
    }

    /// Links the mapping with the number `at` of a primitive.
    pub fn link_mapping(
        &self,
        mapping: &Mapping,
        primitive: &Primitive,
        model: &Model<'_>,
        path: &Path<'_>,
        at: usize,
    ) {
        let context = model.context;
        let Some(variants) = &self.used else {
            context.add(codes::UNSATISFIED_DEPENDENCY, path, || {
                "The document does not define any variants.".to_owned()
            });
            return;
        };
        let mut seen = self.seen.borrow_mut();
        if at == 0 {
            seen.clear();
        }
        let variants_path = path.name("variants");
        for (at, index) in mapping.variants.iter().flatten().enumerate() {
            let Some(index) = *index else { continue };
            let path = variants_path.index(at);
            if !seen.insert(index) {
                context.add(codes::KHR_MATERIALS_VARIANTS_NON_UNIQUE_VARIANT, &path, || {
                    format!("The primitive already has a material for the variant {index}.")
                });
            }
            match variants.get(index) {
                Some(used) => used.set(true),
                None => unresolved(context, &path, index),
            }
        }
        let Some(index) = mapping.material else { return };
        let path = path.name("material");
        match model.material(mapping.material) {
            None => unresolved(context, &path, index),
            Some(material) => {
                material.used.set(true);
                primitive.check_coordinates(context, material, &path);
            }
        }
    }

    pub fn report_unused(&self, model: &Model<'_>) {
        let path = Path::ROOT.name("extensions");
        let path = path.name("KHR_materials_variants");
        let path = path.name("variants");
        for (at, used) in self.used.iter().flatten().enumerate() {
            if !used.get() {
                model.report_unused(&path.index(at));
            }
        }
    }
}

/// Reads the extension of a primitive.
pub fn read_mappings(entry: &ExtensionObject<'_>) -> Vec<Mapping> {
    let fields = entry.fields(&["mappings"]);
    let path = fields.path.name("mappings");
    let maps = fields.objects("mappings").unwrap_or_default();
    let mappings = maps.into_iter().enumerate().map(|(at, map)| {
        let fields = Fields::new(map, path.index(at), fields.context, &["variants", "material", "name"]);
        fields.need("variants");
        let mapping = Mapping {
            variants: fields.indices("variants"),
            material: fields.need_index("material"),
        };
        fields.finish_named(ObjectKind::Other);
        mapping
    });
    let mappings = mappings.collect();
    fields.finish(ObjectKind::Other);
    mappings
}
