//! Cameras.

use std::cell::Cell;

use crate::glb::fields::{Fields, Span};
use crate::glb::issue::codes;
use crate::glb::known::ObjectKind;

const TYPES: [&str; 2] = ["orthographic", "perspective"];

/// A camera; all of it is checked while it is read.
#[derive(Debug)]
pub struct Camera {
    pub used: Cell<bool>,
}

impl Camera {
    pub fn read(fields: &Fields<'_, '_>) -> Self {
        if TYPES.iter().all(|name| fields.has(name)) {
            fields.report(codes::ONE_OF_MISMATCH, || {
                "A camera is either orthographic or perspective.".to_owned()
            });
        }
        match fields.need_string_of("type", &TYPES) {
            Some("orthographic") => {
                fields.need("orthographic");
                if let Some(orthographic) = fields.object("orthographic", &["xmag", "ymag", "zfar", "znear"]) {
                    check_orthographic(&orthographic);
                }
            }
            Some("perspective") => {
                fields.need("perspective");
                if let Some(perspective) = fields.object("perspective", &["aspectRatio", "yfov", "zfar", "znear"]) {
                    check_perspective(&perspective);
                }
            }
            _ => {}
        }
        fields.finish_named(ObjectKind::Other);
        Self { used: Cell::new(false) }
    }
}

fn check_orthographic(fields: &Fields<'_, '_>) {
    let magnifications = ["xmag", "ymag"].map(|name| (name, fields.need_float(name, Span::ANY)));
    let far = fields.need_float("zfar", Span::POSITIVE);
    let near = fields.need_float("znear", Span::NOT_NEGATIVE);
    check_depth(fields, far, near);
    for (name, value) in magnifications {
        if value == 0.0 {
            fields.report_at(codes::CAMERA_XMAG_YMAG_ZERO, name, || {
                "The magnification must not be zero.".to_owned()
            });
        } else if value < 0.0 {
            fields.report_at(codes::CAMERA_XMAG_YMAG_NEGATIVE, name, || {
                "The magnification should not be negative.".to_owned()
            });
        }
    }
    fields.finish(ObjectKind::Other);
}

fn check_perspective(fields: &Fields<'_, '_>) {
    let angle = fields.need_float("yfov", Span::POSITIVE);
    if angle >= std::f64::consts::PI {
        fields.report(codes::CAMERA_YFOV_GEQUAL_PI, || {
            "The vertical field of view should be less than Pi.".to_owned()
        });
    }
    let far = fields.float("zfar", Span::POSITIVE, f64::NAN);
    let near = fields.need_float("znear", Span::POSITIVE);
    check_depth(fields, far, near);
    fields.float("aspectRatio", Span::POSITIVE, f64::NAN);
    fields.finish(ObjectKind::Other);
}

fn check_depth(fields: &Fields<'_, '_>, far: f64, near: f64) {
    if far <= near {
        fields.report(codes::CAMERA_ZFAR_LEQUAL_ZNEAR, || {
            format!("The far plane at {far} is not behind the near plane at {near}.")
        });
    }
}
