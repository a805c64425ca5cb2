//! Accessors: typed views of buffer views.

use std::cell::{Cell, RefCell};

use crate::glb::context::{Context, unresolved};
use crate::glb::fields::{Fields, FloatList};
use crate::glb::gl::{AccessorType, COMPONENT_TYPES, Component, Format};
use crate::glb::issue::codes;
use crate::glb::known::ObjectKind;
use crate::glb::model::Model;
use crate::glb::model::accessor::checks::Check;
use crate::glb::model::view::View;
use crate::glb::path::Path;

pub mod checks;
mod sparse;
mod view_range;

pub use self::sparse::{Sparse, SparsePart};
pub use self::view_range::ViewRange;

/// The use of an accessor; it can have only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    AnimationInput,
    AnimationOutput,
    InverseBind,
    Indices,
    Vertex,
}

/// `None` where the property is missing or wrong.
#[derive(Debug)]
pub struct Accessor {
    pub view: Option<usize>,
    pub offset: Option<u64>,
    pub component: Option<Component>,
    pub count: Option<u64>,
    pub kind: Option<AccessorType>,
    pub normalized: bool,
    pub min: Option<Vec<f64>>,
    pub max: Option<Vec<f64>>,
    pub sparse: Option<Sparse>,
    usage: Cell<Option<Usage>>,
    pub used: Cell<bool>,
    /// The rules for its elements, added by the objects that use it.
    pub checks: RefCell<Vec<Check>>,
}

const MEMBERS: [&str; 10] = [
    "bufferView",
    "byteOffset",
    "componentType",
    "count",
    "type",
    "normalized",
    "max",
    "min",
    "sparse",
    "name",
];

impl Accessor {
    pub const MEMBERS: &'static [&'static str] = &MEMBERS;

    pub fn read(fields: &Fields<'_, '_>) -> Self {
        let view = fields.index("bufferView");
        let offset = if view.is_some() {
            fields.count_or_zero("byteOffset")
        } else {
            if fields.has("byteOffset") {
                fields.report_at(codes::UNSATISFIED_DEPENDENCY, "byteOffset", || {
                    "An offset needs a buffer view.".to_owned()
                });
            }
            Some(0)
        };
        let component = fields
            .need_number_of("componentType", &COMPONENT_TYPES)
            .and_then(Component::from_gl);
        let count = fields.need_count("count", 1..=u64::MAX);
        let kind = fields
            .need_string_of("type", &AccessorType::NAMES)
            .map(AccessorType::from_name);
        let normalized = fields.flag("normalized").unwrap_or(false);
        let bound = |name| read_bound(fields, name, kind?, component?);
        let accessor = Self {
            view,
            offset,
            component,
            count,
            kind,
            normalized,
            min: bound("min"),
            max: bound("max"),
            sparse: Sparse::read(fields),
            usage: Cell::new(None),
            used: Cell::new(false),
            checks: RefCell::default(),
        };
        accessor.check_layout(fields);
        fields.finish_named(ObjectKind::Other);
        *accessor.checks.borrow_mut() = Check::of_accessor(&accessor, &fields.path);
        accessor
    }

    fn check_layout(&self, fields: &Fields<'_, '_>) {
        if self.normalized && matches!(self.component, Some(Component::F32 | Component::U32)) {
            fields.report_at(codes::ACCESSOR_NORMALIZED_INVALID, "normalized", || {
                "Only whole numbers of one or two bytes can be normalized.".to_owned()
            });
        }
        if self.kind.is_some_and(AccessorType::is_matrix) && self.offset.is_some_and(|offset| offset % 4 != 0) {
            fields.report_at(codes::ACCESSOR_MATRIX_ALIGNMENT, "byteOffset", || {
                "Matrices must begin at a multiple of 4 bytes.".to_owned()
            });
        }
    }

    /// `None` when a property is missing or wrong.
    pub fn format(&self) -> Option<Format> {
        Some(Format {
            kind: self.kind?,
            component: self.component?,
            normalized: self.normalized,
        })
    }

    /// Type, component type and normalization, for messages.
    pub fn describe(&self) -> String {
        let kind = self.kind.map_or("of no type", AccessorType::name);
        let component = self.component.map_or("no component type", Component::name);
        let normalized = if self.normalized { " normalized" } else { "" };
        format!("{kind} {component}{normalized}")
    }

    pub fn element_length(&self) -> u64 {
        match (self.kind, self.component) {
            (Some(kind), Some(component)) => kind.element_length(component),
            // As four bytes each, so that alignment is not reported on top.
            (Some(kind), None) => 4 * kind.components() as u64,
            _ => 0,
        }
    }

    /// The bytes from one element to the next.
    pub fn stride(&self, view: Option<&View>) -> u64 {
        let packed = match (self.kind, self.component) {
            (Some(kind), Some(component)) => kind.packed_stride(component),
            _ => 0,
        };
        view.and_then(|view| view.stride).unwrap_or(packed)
    }

    pub fn byte_length(&self, view: Option<&View>) -> u128 {
        let count = u128::from(self.count.unwrap_or(0)).saturating_sub(1);
        u128::from(self.stride(view)) * count + u128::from(self.element_length())
    }

    pub fn link(&self, model: &Model<'_>, path: &Path<'_>) {
        let (Some(component), Some(count), Some(kind)) = (self.component, self.count, self.kind) else {
            return;
        };
        if let Some(index) = self.view {
            match model.view(self.view) {
                None => unresolved(model.context, &path.name("bufferView"), index),
                Some(view) => self.link_view(model.context, view, component, path),
            }
        }
        if let Some(sparse) = &self.sparse {
            let values = component.size() as u128 * kind.components() as u128;
            sparse.link(model, count, component.size(), values, &path.name("sparse"));
        }
    }

    fn link_view(&self, context: &Context<'_>, view: &View, component: Component, path: &Path<'_>) {
        view.used.set(true);
        if let Some(stride) = view.stride
            && stride < self.element_length()
        {
            context.add(codes::ACCESSOR_SMALL_BYTESTRIDE, path, || {
                format!(
                    "The stride {stride} is less than an element of {} bytes.",
                    self.element_length()
                )
            });
        }
        let piece = ViewRange {
            offset: self.offset,
            unit: component.size(),
            length: self.byte_length(Some(view)),
        };
        piece.check(view, context, path);
    }

    /// Adds a rule for the elements, unless another object added it already.
    pub fn add_check(&self, check: Check, context: &Context<'_>) {
        let mut checks = self.checks.borrow_mut();
        if context.spend(checks.len() as u64) && !checks.iter().any(|other| other.is_same_rule(&check)) {
            checks.push(check);
        }
    }

    /// Records a use; `path` is the property that uses it.
    pub fn set_usage(&self, usage: Usage, context: &Context<'_>, path: &Path<'_>) {
        self.used.set(true);
        match self.usage.replace(Some(self.usage.get().unwrap_or(usage))) {
            Some(before) if before != usage => context.add(codes::ACCESSOR_USAGE_OVERRIDE, path, || {
                format!("The accessor was used as {before:?} before and is used as {usage:?} here.")
            }),
            _ => {}
        }
    }
}

fn read_bound(fields: &Fields<'_, '_>, name: &str, kind: AccessorType, component: Component) -> Option<Vec<f64>> {
    let length = kind.components();
    if length == 0 {
        return None;
    }
    if component == Component::F32 {
        let numbers = fields.floats(name, FloatList::with_length(length))?;
        // Compared with floats of four bytes, so they are rounded like them.
        return Some(numbers.into_iter().map(|number| f64::from(number as f32)).collect());
    }
    fields.integers(name, length, component.range(), component.name())
}
