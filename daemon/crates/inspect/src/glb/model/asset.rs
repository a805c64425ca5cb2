//! The asset object: the version of glTF.

use crate::glb::fields::Fields;
use crate::glb::issue::codes;
use crate::glb::known::ObjectKind;

/// Reads the asset of the document; false when the rest cannot be checked, because it is not glTF 2.
pub fn is_version_2(root: &Fields<'_, '_>) -> bool {
    root.need("asset");
    let asset = root.object("asset", &["copyright", "generator", "version", "minVersion"]);
    // Something else than an object is not even an asset without a version.
    let Some(asset) = asset else { return false };
    asset.string("copyright");
    asset.string("generator");
    asset.need("version");
    let version = version(&asset, "version");
    let min_version = self::version(&asset, "minVersion");
    asset.finish(ObjectKind::Other);
    if let (Some(version), Some(min_version)) = (version, min_version)
        && min_version > version
    {
        asset.report_at(codes::ASSET_MIN_VERSION_GREATER_THAN_VERSION, "minVersion", || {
            "The minimum version is greater than the version.".to_owned()
        });
    }
    match version {
        None => false,
        Some((2, minor)) => {
            if minor > 0 {
                asset.report_at(codes::UNKNOWN_ASSET_MINOR_VERSION, "version", || {
                    format!("glTF 2.{minor} is not known; it was checked as 2.0.")
                });
            }
            true
        }
        Some((major, _)) => {
            asset.report_at(codes::UNKNOWN_ASSET_MAJOR_VERSION, "version", || {
                format!("This is glTF {major}; only glTF 2 is read.")
            });
            false
        }
    }
}

/// Major and minor, from `2.0`.
fn version(asset: &Fields<'_, '_>, name: &str) -> Option<(u64, u64)> {
    let text = asset.string(name)?;
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than fit are a great number all the same.
        plain.then(|| digits.parse().unwrap_or(u64::MAX))
    };
    let version = text
        .split_once('.')
        .and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
    if version.is_none() {
        asset.report_at(codes::PATTERN_MISMATCH, name, || {
            format!("{text:?} is not a version such as \"2.0\".")
        });
    }
    version
}
