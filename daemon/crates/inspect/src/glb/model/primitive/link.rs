//! Linking a primitive: its accessors and its material.

use super::{Primitive, formats};
use crate::glb::context::{Context, unresolved};
use crate::glb::gl::{Component, PrimitiveMode};
use crate::glb::issue::codes;
use crate::glb::model::Model;
use crate::glb::model::accessor::checks::{Check, Rule};
use crate::glb::model::accessor::{Accessor, Usage};
use crate::glb::model::material::Material;
use crate::glb::model::view::ViewUsage;
use crate::glb::path::Path;

impl Primitive {
    pub(crate) fn link(&self, model: &Model<'_>, path: &Path<'_>) {
        let extension = path.name("extensions");
        let extension = extension.name("KHR_materials_variants");
        for (at, mapping) in self.mappings.iter().enumerate() {
            let mappings = extension.name("mappings");
            model
                .variants
                .link_mapping(mapping, self, model, &mappings.index(at), at);
        }
        let attributes = path.name("attributes");
        for (name, index) in &self.attributes {
            if let Some(index) = *index {
                self.link_attribute(model, name, index, &attributes.name(name));
            }
        }
        self.link_indices(model, &path.name("indices"));
        self.check_mode(model.context, path);
        let material = self.link_material(model, path);
        if self.semantics.tangent && !material.is_some_and(|material| material.needs_tangent.get()) {
            model
                .context
                .add(codes::UNUSED_MESH_TANGENT, &attributes.name("TANGENT"), || {
                    "The tangents are not used: the material has no normal texture.".to_owned()
                });
        }
        for (set, used) in self.used_coordinates.borrow().iter().enumerate() {
            if !used {
                let name = format!("TEXCOORD_{set}");
                model.context.add(codes::UNUSED_OBJECT, &attributes.name(&name), || {
                    "These texture coordinates are not used.".to_owned()
                });
            }
        }
        self.link_targets(model, &path.name("targets"));
    }

    fn link_attribute(&self, model: &Model<'_>, name: &str, index: usize, path: &Path<'_>) {
        let context = model.context;
        let Some(accessor) = model.accessor(Some(index)) else {
            unresolved(context, path, index);
            return;
        };
        use_as_vertices(model, accessor, path);
        if name == "POSITION" {
            check_bounds(accessor, context, path);
        }
        match formats::attribute_allows(name, accessor.format(), &context.declared) {
            Some(true) => {
                if let Some(check) = attribute_check(name, accessor, path) {
                    accessor.add_check(check, context);
                }
            }
            Some(false) => invalid_format(accessor, context, path),
            None if accessor.component == Some(Component::U32) => {
                context.add(codes::MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_UNSIGNED_INT, path, || {
                    "Attributes cannot be of the component type UNSIGNED_INT.".to_owned()
                });
            }
            None => {}
        }
        check_alignment(model, accessor, path);
        match self.vertex_count.get() {
            None => {
                self.vertex_count.set(accessor.count);
                self.count.set(accessor.count);
            }
            Some(count) if Some(count) != accessor.count => {
                context.add(codes::MESH_PRIMITIVE_UNEQUAL_ACCESSOR_COUNT, path, || {
                    format!("All attributes must have the same number of elements; the first has {count}.")
                });
            }
            Some(_) => {}
        }
        if let Some(view) = model.view(accessor.view) {
            view.add_vertex_accessor(index, context, path);
        }
    }

    fn link_indices(&self, model: &Model<'_>, path: &Path<'_>) {
        let Some(index) = self.indices else { return };
        let context = model.context;
        let Some(accessor) = model.accessor(self.indices) else {
            unresolved(context, path, index);
            return;
        };
        self.count.set(accessor.count);
        accessor.set_usage(Usage::Indices, context, path);
        if let Some(view) = model.view(accessor.view) {
            view.set_usage(ViewUsage::Index, context, path);
            if view.stride.is_some() {
                context.add(codes::MESH_PRIMITIVE_INDICES_ACCESSOR_WITH_BYTESTRIDE, path, || {
                    "A buffer view with indices cannot have a stride.".to_owned()
                });
            }
        }
        let format = accessor.format().filter(|format| formats::indices_allow(Some(*format)));
        let Some(format) = format else {
            context.add(codes::MESH_PRIMITIVE_INDICES_ACCESSOR_INVALID_FORMAT, path, || {
                format!("Indices cannot be {}.", accessor.describe())
            });
            return;
        };
        let rule = Rule::indices(self.vertex_count.get(), format.component.max(), self.mode);
        accessor.add_check(Check::new(rule, path), model.context);
    }

    fn check_mode(&self, context: &Context<'_>, path: &Path<'_>) {
        let (Some(count), Some(mode)) = (self.count.get(), self.mode) else {
            return;
        };
        let wrong = match mode {
            PrimitiveMode::Points => false,
            PrimitiveMode::Lines => count % 2 != 0,
            PrimitiveMode::LineLoop | PrimitiveMode::LineStrip => count < 2,
            PrimitiveMode::Triangles => count % 3 != 0,
            PrimitiveMode::TriangleStrip | PrimitiveMode::TriangleFan => count < 3,
        };
        if wrong {
            let name = mode.name();
            context.add(codes::MESH_PRIMITIVE_INCOMPATIBLE_MODE, path, || {
                format!("{count} vertices or indices do not make whole {name}.")
            });
        }
    }

    fn link_material<'m>(&self, model: &'m Model<'_>, path: &Path<'_>) -> Option<&'m Material> {
        let index = self.material?;
        let path = path.name("material");
        let Some(material) = model.material(self.material) else {
            unresolved(model.context, &path, index);
            return None;
        };
        material.used.set(true);
        if material.needs_tangent.get() && !(self.semantics.normal && self.semantics.tangent) {
            let code = if material.can_provide_tangent() {
                codes::MESH_PRIMITIVE_GENERATED_TANGENT_SPACE
            } else {
                codes::MESH_PRIMITIVE_NO_TANGENT_SPACE
            };
            model.context.add(code, &path, || {
                "The material needs tangents, which the primitive does not have.".to_owned()
            });
        }
        self.check_coordinates(model.context, material, &path);
        Some(material)
    }

    /// The material must find the texture coordinates that it takes.
    pub(crate) fn check_coordinates(&self, context: &Context<'_>, material: &Material, path: &Path<'_>) {
        for slot in &material.slots {
            for (pointer, set) in &slot.coordinates {
                let Some(set) = *set else { continue };
                if set < self.coordinate_sets() {
                    self.use_coordinates(set);
                } else {
                    context.add(codes::MESH_PRIMITIVE_TOO_FEW_TEXCOORDS, path, || {
                        format!("The texture at {pointer} needs the attribute TEXCOORD_{set}.")
                    });
                }
            }
        }
    }

    fn link_targets(&self, model: &Model<'_>, path: &Path<'_>) {
        for (at, target) in self.targets.iter().flatten().enumerate() {
            let path = path.index(at);
            for (name, index) in target {
                if let Some(index) = *index {
                    self.link_morph(model, name, index, &path.name(name));
                }
            }
        }
    }

    fn link_morph(&self, model: &Model<'_>, name: &str, index: usize, path: &Path<'_>) {
        let context = model.context;
        let Some(accessor) = model.accessor(Some(index)) else {
            unresolved(context, path, index);
            return;
        };
        use_as_vertices(model, accessor, path);
        if !context.spend(self.attributes.len() as u64) {
            return;
        }
        match model.accessor(self.attribute(name)) {
            None => context.add(codes::MESH_PRIMITIVE_MORPH_TARGET_NO_BASE_ACCESSOR, path, || {
                "The primitive itself does not have this attribute.".to_owned()
            }),
            Some(base) if base.count != accessor.count => {
                context.add(codes::MESH_PRIMITIVE_MORPH_TARGET_INVALID_ATTRIBUTE_COUNT, path, || {
                    "The primitive itself has another number of elements.".to_owned()
                });
            }
            Some(_) => {}
        }
        if name == "POSITION" {
            check_bounds(accessor, context, path);
        }
        if formats::morph_allows(name, accessor.format(), &context.declared) == Some(false) {
            invalid_format(accessor, context, path);
        }
        check_alignment(model, accessor, path);
        if let Some(view) = model.view(accessor.view) {
            view.add_vertex_accessor(index, context, path);
        }
    }
}

fn use_as_vertices(model: &Model<'_>, accessor: &Accessor, path: &Path<'_>) {
    accessor.set_usage(Usage::Vertex, model.context, path);
    if let Some(view) = model.view(accessor.view) {
        view.set_usage(ViewUsage::Vertex, model.context, path);
    }
}

fn attribute_check(name: &str, accessor: &Accessor, path: &Path<'_>) -> Option<Check> {
    let rule = match name {
        "NORMAL" => Rule::unit(accessor),
        "TANGENT" => Rule::tangent(accessor),
        "COLOR_0" if accessor.component == Some(Component::F32) => Rule::Clamped,
        _ => return None,
    };
    Some(Check::new(rule, path))
}

fn check_bounds(accessor: &Accessor, context: &Context<'_>, path: &Path<'_>) {
    if accessor.min.is_none() || accessor.max.is_none() {
        context.add(codes::MESH_PRIMITIVE_POSITION_ACCESSOR_WITHOUT_BOUNDS, path, || {
            "The accessor of positions must have \"min\" and \"max\".".to_owned()
        });
    }
}

fn invalid_format(accessor: &Accessor, context: &Context<'_>, path: &Path<'_>) {
    context.add(codes::MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_INVALID_FORMAT, path, || {
        format!("This attribute cannot be {}.", accessor.describe())
    });
}

fn check_alignment(model: &Model<'_>, accessor: &Accessor, path: &Path<'_>) {
    let packed = model.view(accessor.view).is_some_and(|view| view.stride.is_none());
    let offset = accessor.offset.is_some_and(|offset| offset % 4 != 0);
    if offset || (packed && !accessor.element_length().is_multiple_of(4)) {
        model.context.add(codes::MESH_PRIMITIVE_ACCESSOR_UNALIGNED, path, || {
            "Vertices must begin at multiples of 4 bytes.".to_owned()
        });
    }
}
