//! The allow-list of the published copy: elements and attributes of SVG that draw, describe or animate.

use roxmltree::Node;

use super::NAMESPACE;

/// Sorted.
#[rustfmt::skip]
const ELEMENTS: &[&str] = &[
    "a", "animate", "animateMotion", "animateTransform", "circle", "clipPath", "defs", "desc", "ellipse", "feBlend",
    "feColorMatrix", "feComponentTransfer", "feComposite", "feConvolveMatrix", "feDiffuseLighting",
    "feDisplacementMap", "feDistantLight", "feDropShadow", "feFlood", "feFuncA", "feFuncB", "feFuncG", "feFuncR",
    "feGaussianBlur", "feImage", "feMerge", "feMergeNode", "feMorphology", "feOffset", "fePointLight",
    "feSpecularLighting", "feSpotLight", "feTile", "feTurbulence", "filter", "g", "image", "line", "linearGradient",
    "marker", "mask", "mpath", "path", "pattern", "polygon", "polyline", "radialGradient", "rect", "set", "stop",
    "style", "svg", "switch", "symbol", "text", "textPath", "title", "tref", "tspan", "use", "view",
];

/// Presentation attributes and numbers, which an animation may change as well. Sorted.
#[rustfmt::skip]
const ANIMATABLE: &[&str] = &[
    "alignment-baseline", "amplitude", "azimuth", "background-color", "baseFrequency", "baseline-shift", "bias",
    "clip-path", "clip-rule", "color", "color-interpolation", "color-interpolation-filters", "cursor", "cx", "cy",
    "d", "diffuseConstant", "direction", "display", "divisor", "dominant-baseline", "dx", "dy", "edgeMode",
    "elevation", "enable-background", "exponent", "fill", "fill-opacity", "fill-rule", "filter", "flood-color",
    "flood-opacity", "font", "font-family", "font-feature-settings", "font-kerning", "font-size", "font-size-adjust",
    "font-stretch", "font-style", "font-variant", "font-variation-settings", "font-weight", "fr", "fx", "fy",
    "glyph-orientation-horizontal", "glyph-orientation-vertical", "gradientTransform", "height", "image-rendering",
    "in", "in2", "inline-size", "intercept", "isolation", "k1", "k2", "k3", "k4", "kernelMatrix", "kerning",
    "lengthAdjust", "letter-spacing", "lighting-color", "limitingConeAngle", "line-height", "marker", "marker-end",
    "marker-mid", "marker-start", "markerHeight", "markerWidth", "mask", "mask-type", "mix-blend-mode", "mode",
    "numOctaves", "offset", "opacity", "operator", "order", "orient", "overflow", "paint-order", "pathLength",
    "patternTransform", "pointer-events", "points", "pointsAtX", "pointsAtY", "pointsAtZ", "preserveAlpha",
    "preserveAspectRatio", "r", "radius", "refX", "refY", "result", "rotate", "rx", "ry", "scale", "seed",
    "shape-inside", "shape-rendering", "slope", "solid-color", "specularConstant", "specularExponent", "startOffset",
    "stdDeviation", "stitchTiles", "stop-color", "stop-opacity", "stroke", "stroke-dasharray", "stroke-dashoffset",
    "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-opacity", "stroke-width", "surfaceScale",
    "tableValues", "targetX", "targetY", "text-anchor", "text-decoration", "text-orientation", "text-rendering",
    "textLength", "transform", "transform-box", "transform-origin", "type", "unicode-bidi", "vector-effect",
    "viewBox", "visibility", "white-space", "width", "word-spacing", "writing-mode", "x", "x1", "x2",
    "xChannelSelector", "y", "y1", "y2", "yChannelSelector", "z",
];

/// Attributes that no animation of ours changes. Sorted.
#[rustfmt::skip]
const FIXED: &[&str] = &[
    "accumulate", "additive", "attributeName", "attributeType", "baseProfile", "begin", "by", "calcMode", "class",
    "clipPathUnits", "dur", "end", "filterRes", "filterUnits", "from", "gradientUnits", "href", "id",
    "kernelUnitLength", "keyPoints", "keySplines", "keyTimes", "lang", "markerUnits", "maskContentUnits", "maskUnits",
    "max", "media", "method", "min", "origin", "path", "patternContentUnits", "patternUnits", "primitiveUnits",
    "repeatCount", "repeatDur", "requiredExtensions", "requiredFeatures", "restart", "role", "side", "space", "spacing",
    "spreadMethod", "style", "systemLanguage", "tabindex", "to", "values", "version", "zoomAndPan",
];

/// Elements whose text is shown or read out.
const WITH_TEXT: &[&str] = &["a", "desc", "text", "textPath", "title", "tref", "tspan"];

/// Elements for the metadata of editors and licences; nothing loads what is named there.
const PRIVATE: &[&str] = &[
    "http://creativecommons.org/ns",
    "http://ns.adobe.com/",
    "http://purl.org/dc/",
    "http://sodipodi.sourceforge.net/",
    "http://web.resource.org/cc/",
    "http://www.bohemiancoding.com/sketch/",
    "http://www.inkscape.org/namespaces/",
    "http://www.serif.com/",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns",
    "https://creativecommons.org/ns",
];

pub(super) fn is_element(name: &str) -> bool {
    ELEMENTS.binary_search(&name).is_ok()
}

/// True when text in this element is kept.
pub(super) fn has_text(name: &str) -> bool {
    WITH_TEXT.contains(&name)
}

/// Attributes without a name space.
pub(super) fn is_attribute(name: &str) -> bool {
    is_animatable(name) || FIXED.binary_search(&name).is_ok() || is_aria(name)
}

pub(super) fn is_animatable(name: &str) -> bool {
    ANIMATABLE.binary_search(&name).is_ok()
}

/// True when an element belongs to an editor or to the description of a licence.
pub(super) fn is_private(node: Node<'_, '_>) -> bool {
    let namespace = node.tag_name().namespace().unwrap_or(NAMESPACE);
    namespace != NAMESPACE && PRIVATE.iter().any(|private| namespace.starts_with(private))
}

fn is_aria(name: &str) -> bool {
    name.strip_prefix("aria-")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_hold_nothing_that_runs() {
        for list in [ELEMENTS, ANIMATABLE, FIXED] {
            assert!(
                list.is_sorted_by(|a, b| a < b),
                "{:?}",
                list.windows(2).find(|pair| pair[0] >= pair[1])
            );
            assert!(!list.iter().any(|name| name.starts_with("on")));
        }
        assert!(!is_element("script") && !is_element("foreignObject") && !is_element("metadata"));
        assert!(!is_animatable("href") && !is_animatable("style"));
    }
}
