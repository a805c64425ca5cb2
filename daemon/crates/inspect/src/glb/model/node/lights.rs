//! Lights: `KHR_lights_punctual`.

use std::cell::Cell;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

use crate::glb::extensions::ExtensionObject;
use crate::glb::fields::{Fields, FloatList, Span};
use crate::glb::issue::codes;
use crate::glb::known::ObjectKind;
use crate::glb::model::Model;
use crate::glb::path::Path;

/// The lights of the document.
#[derive(Debug, Default)]
pub struct Lights {
    /// `None` when the document does not have the extension.
    used: Option<Vec<Cell<bool>>>,
}

/// The light on a node.
#[derive(Debug)]
pub struct LightReference {
    pub pointer: String,
    pub light: Option<usize>,
}

impl Lights {
    /// Reads the extension of the document.
    pub fn read(entry: &ExtensionObject<'_>) -> Self {
        let fields = entry.fields(&["lights"]);
        let path = fields.path.name("lights");
        let maps = fields.objects("lights").unwrap_or_default();
        for (at, map) in maps.iter().enumerate() {
            const MEMBERS: [&str; 6] = ["color", "intensity", "spot", "type", "range", "name"];
            check_light(&Fields::new(map, path.index(at), fields.context, &MEMBERS));
        }
        fields.finish(ObjectKind::Other);
        Self {
            used: Some(maps.iter().map(|_| Cell::new(false)).collect()),
        }
    }

    pub fn link(&self, reference: &LightReference, model: &Model<'_>) {
        let Some(lights) = &self.used else {
            model
                .context
                .add_to(codes::UNSATISFIED_DEPENDENCY, &reference.pointer, || {
                    "The document does not define any lights.".to_owned()
                });
            return;
        };
        let Some(index) = reference.light else { return };
        match lights.get(index) {
            Some(used) => used.set(true),
            None => {
                let pointer = format!("{}/light", reference.pointer);
                model.context.add_to(codes::UNRESOLVED_REFERENCE, &pointer, || {
                    format!("There is no light with the index {index}.")
                });
            }
        }
    }

    pub fn report_unused(&self, model: &Model<'_>) {
        let path = Path::ROOT.name("extensions");
        let path = path.name("KHR_lights_punctual");
        let path = path.name("lights");
        for (at, used) in self.used.iter().flatten().enumerate() {
            if !used.get() {
                model.report_unused(&path.index(at));
            }
        }
    }
}

/// Reads the extension of a node.
pub fn read_reference(entry: &ExtensionObject<'_>) -> LightReference {
    let fields = entry.fields(&["light"]);
    let reference = LightReference {
        pointer: fields.path.to_string(),
        light: fields.need_index("light"),
    };
    fields.finish(ObjectKind::Other);
    reference
}

fn check_light(fields: &Fields<'_, '_>) {
    fields.floats("color", FloatList::unit(3));
    fields.float("intensity", Span::NOT_NEGATIVE, 1.0);
    let kind = fields.need_string_of("type", &["directional", "point", "spot"]);
    if kind == Some("spot") {
        fields.need("spot");
        if let Some(spot) = fields.object("spot", &["innerConeAngle", "outerConeAngle"]) {
            check_spot(&spot);
        }
    } else if fields.has("spot") {
        extra_property(fields, "spot");
    }
    let range = fields.float("range", Span::POSITIVE, f64::NAN);
    if kind == Some("directional") && !range.is_nan() {
        extra_property(fields, "range");
    }
    fields.finish_named(ObjectKind::Other);
}

fn extra_property(fields: &Fields<'_, '_>, name: &str) {
    fields.report_at(codes::EXTRA_PROPERTY, name, || {
        "This property has no meaning for a light of this type.".to_owned()
    });
}

fn check_spot(fields: &Fields<'_, '_>) {
    let inner = fields.float("innerConeAngle", Span::at_least(0.0).less_than(FRAC_PI_2), 0.0);
    let outer = fields.float("outerConeAngle", Span::more_than(0.0).at_most(FRAC_PI_2), FRAC_PI_4);
    if outer <= inner {
        fields.report_at(codes::KHR_LIGHTS_PUNCTUAL_LIGHT_SPOT_ANGLES, "outerConeAngle", || {
            format!("The outer angle {outer} is not greater than the inner angle {inner}.")
        });
    }
    fields.finish(ObjectKind::Other);
}
