//! Our painter against resvg: the same pictures, but for rounding.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use tradepost_render::paint::{self, Scratch};

const WIDTH_PX: u32 = 160;

fn tree(inside: &str) -> Tree {
    let text = format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 80'>{DEFINITIONS}{inside}</svg>");
    Tree::from_str(&text, &Options::default()).unwrap()
}

fn empty() -> Pixmap {
    Pixmap::new(WIDTH_PX, WIDTH_PX * 8 / 10).unwrap()
}

fn scale() -> Transform {
    Transform::from_scale(WIDTH_PX as f32 / 100.0, WIDTH_PX as f32 / 100.0)
}

fn ours(tree: &Tree, scratch: &mut Scratch) -> Pixmap {
    let mut ours = empty();
    paint::render(tree, scale(), &mut ours.as_mut(), scratch);
    ours
}

/// A picture of each painter.
fn both(inside: &str, scratch: &mut Scratch) -> (Pixmap, Pixmap) {
    let (tree, mut theirs) = (tree(inside), empty());
    resvg::render(&tree, scale(), &mut theirs.as_mut());
    (theirs, ours(&tree, scratch))
}

const DEFINITIONS: &str = "<defs>
  <linearGradient id='line' x2='.8' y2='.3'><stop offset='.2' stop-color='#f40'/><stop offset='.9' stop-color='#05f' stop-opacity='.3'/></linearGradient>
  <linearGradient id='wave' x2='.3' spreadMethod='reflect'><stop stop-color='#0a4'/><stop offset='1' stop-color='#fe0'/></linearGradient>
  <linearGradient id='steps' x2='.3' spreadMethod='repeat'><stop stop-color='#0a4'/><stop offset='1' stop-color='#fe0'/></linearGradient>
  <radialGradient id='ball' gradientTransform='rotate(20)'><stop stop-color='#fff'/><stop offset='.5' stop-color='#08c'/><stop offset='1' stop-color='#024'/></radialGradient>
  <radialGradient id='focus' fx='.3' fy='.3'><stop stop-color='#fff'/><stop offset='1' stop-color='#024'/></radialGradient>
  <pattern id='dots' width='9' height='9' patternUnits='userSpaceOnUse'><circle cx='4' cy='4' r='3' fill='#a0c'/></pattern>
  <clipPath id='disc'><circle cx='45' cy='40' r='30'/></clipPath>
  <clipPath id='page'><path d='M-10-10h200v200H-10z'/></clipPath>
  <clipPath id='both' clip-path='url(#disc)'><rect x='40' y='10' width='50' height='60'/></clipPath>
  <clipPath id='inner'><rect x='40' y='10' width='50' height='60' clip-path='url(#disc)'/><rect width='20' height='20'/></clipPath>
  <mask id='fade'><rect width='100' height='80' fill='url(#line)'/></mask>
  <mask id='alpha' mask-type='alpha' x='.1' y='.2' width='.7' height='.6'><rect width='100' height='80' fill='#000' opacity='.7'/></mask>
</defs>";

const SHAPES: &str = "<rect x='15' y='10' width='60' height='40' fill='#c30'/>\
    <circle cx='60' cy='45' r='25' fill='#06c' fill-opacity='.6'/><path d='M10 70L90 20' stroke='#080' stroke-width='5'/>";

/// The largest difference of any channel, and the ratio of signal to noise in decibels.
fn difference(theirs: &Pixmap, ours: &Pixmap) -> (u8, f64) {
    let apart = || theirs.data().iter().zip(ours.data()).map(|(a, b)| a.abs_diff(*b));
    let squares: f64 = apart().map(|apart| f64::from(apart) * f64::from(apart)).sum();
    let decibels = 10.0 * (65_025.0 * theirs.data().len() as f64 / squares).log10();
    (apart().max().unwrap(), decibels)
}

/// Compares with one painter's memory for all, so that what is left in it would show.
fn check<'a>(pictures: impl IntoIterator<Item = &'a str>, most: u8, least_decibels: f64) {
    let mut scratch = Scratch::default();
    for inside in pictures {
        let (theirs, ours) = both(inside, &mut scratch);
        let drawn = theirs.pixels().iter().filter(|pixel| pixel.alpha() > 0).count();
        assert!(drawn > 100, "nothing to compare: {inside}");
        let (worst, decibels) = difference(&theirs, &ours);
        assert!(
            worst <= most && decibels >= least_decibels,
            "{worst} apart, {decibels:.1} dB: {inside}"
        );
    }
}

fn filtered(effects: &str) -> String {
    filtered_in("color-interpolation-filters='sRGB'", effects)
}

fn filtered_in(attributes: &str, effects: &str) -> String {
    format!("<filter id='f' {attributes}>{effects}</filter><g filter='url(#f)'>{SHAPES}</g>")
}

#[test]
fn paths_without_gradients_are_drawn_bit_for_bit() {
    let pictures = [
        SHAPES,
        "<rect width='90' height='70' fill='url(#dots)'/>",
        "<circle cx='50' cy='40' r='30' fill='url(#focus)'/>",
        "<path d='M0 0h100v80h-100z M20 20v40h60v-40z' fill-rule='evenodd' shape-rendering='crispEdges'/>",
        "<g transform='rotate(30 50 40) skewX(10)'><rect x='20' y='20' width='50' height='30' stroke='red' paint-order='stroke'/></g>",
        "<path d='M-500-500L600 580' stroke='#00f' stroke-width='9'/><rect x='400' width='5' height='5'/>",
        "<g style='isolation:isolate'><g><circle cx='50' cy='40' r='30' fill='#0a0'/></g><rect width='30' height='30'/></g>",
    ];
    check(pictures, 0, 0.0);
}

#[test]
fn gradients_differ_by_rounding_only() {
    let shape =
        |paint: &str| format!("<path d='M5 5h90v50q-40 40-90 10z' fill='url(#{paint})' transform='rotate(7)'/>");
    let pictures = ["line", "wave", "steps", "ball"].map(shape);
    check(pictures.iter().map(String::as_str), 4, 48.0);
}

#[test]
fn layers_with_opacity_clips_masks_and_blends_look_the_same() {
    let group =
        |attributes: &str| format!("<rect y='30' width='100' height='20' fill='#ee8'/><g {attributes}>{SHAPES}</g>");
    let pictures = [
        "opacity='.4'",
        "opacity='.4' clip-path='url(#disc)'",
        "clip-path='url(#page)'",
        "clip-path='url(#both)'",
        "clip-path='url(#inner)'",
        "mask='url(#fade)'",
        "mask='url(#alpha)' opacity='.9'",
        "style='mix-blend-mode:multiply'",
        "style='mix-blend-mode:hue' opacity='.5'",
        "style='isolation:isolate'",
    ]
    .map(group);
    // Layers begin elsewhere, which at an edge can move one of sixteen samples of a pixel.
    check(pictures.iter().map(String::as_str), 16, 50.0);
    let faded = "<g opacity='.3'><g transform='scale(.9)'><circle cx='50' cy='40' r='30' fill='url(#ball)'/></g></g>";
    check([faded], 4, 48.0);
}

#[test]
fn filters_look_the_same() {
    let blur = |deviation: &str| filtered(&format!("<feGaussianBlur stdDeviation='{deviation}'/>"));
    let mut pictures: Vec<String> = ["0.02", "0.3", "0.9", "1.2", "3", "8", "20", "4 0", "0 0.6"]
        .map(blur)
        .into();
    pictures.extend(
        [
            "<feOffset dx='7' dy='-3.4'/>",
            "<feFlood flood-color='#0c4' flood-opacity='.5'/><feBlend in='SourceGraphic'/>",
            "<feFlood flood-color='#0c4'/><feComposite in2='SourceAlpha' operator='in'/>",
            "<feFlood flood-color='#0c4'/><feComposite in2='SourceAlpha' operator='out'/>",
            "<feOffset dx='9' in='SourceGraphic' result='a'/><feComposite in2='SourceGraphic' operator='atop'/>",
            "<feOffset dx='9' in='SourceAlpha'/><feComposite in2='SourceGraphic' operator='xor'/>",
            "<feOffset dx='9' in='SourceGraphic'/><feComposite in2='SourceGraphic' operator='lighter'/>",
            "<feOffset dx='9'/><feComposite in2='SourceGraphic' operator='arithmetic' k1='.3' k2='.5' k3='.4' k4='.1'/>",
            "<feOffset dx='9'/><feBlend mode='multiply' in2='SourceGraphic'/>",
            "<feColorMatrix type='saturate' values='.2'/>",
            "<feColorMatrix type='hueRotate' values='100'/>",
            "<feColorMatrix type='luminanceToAlpha'/>",
            "<feColorMatrix values='.5 .2 0 0 .1 0 1 0 0 0 0 0 .4 0 .5 0 0 0 .6 .2'/>",
            "<feComponentTransfer><feFuncR type='table' tableValues='0 1 .3'/><feFuncG type='gamma' exponent='2'/><feFuncA type='linear' slope='.5' intercept='.2'/></feComponentTransfer>",
            // resvg makes another shade of another colour.
            "<feDropShadow dx='4' dy='5' stdDeviation='2' flood-color='#f0f' flood-opacity='.6'/>",
            "<feGaussianBlur stdDeviation='2' in='SourceAlpha' x='20' y='20' width='30' height='30' result='s'/><feMerge><feMergeNode in='s'/><feMergeNode in='SourceGraphic'/></feMerge>",
            "<feTurbulence baseFrequency='.1'/><feComposite in2='SourceAlpha' operator='in'/>",
        ]
        .map(filtered),
    );
    check(pictures.iter().map(String::as_str), 3, 48.0);
}

#[test]
fn the_effects_of_drawing_programs_look_the_same() {
    let inner = "<feFlood flood-opacity='0' result='b'/><feBlend in='SourceGraphic' in2='b' result='shape'/>\
        <feColorMatrix in='SourceAlpha' values='0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 127 0' result='hardAlpha'/>\
        <feOffset dx='-3' dy='4'/><feGaussianBlur stdDeviation='2.5'/>\
        <feComposite in2='hardAlpha' operator='arithmetic' k2='-1' k3='1'/>\
        <feColorMatrix values='0 0 0 0 .9 0 0 0 0 .2 0 0 0 0 .5 0 0 0 .8 0'/><feBlend in2='shape' result='e'/>";
    let layer = format!("{inner}<feGaussianBlur stdDeviation='.6'/>");
    let pictures = [
        filtered(inner),
        filtered(&layer),
        filtered_in("", &layer),
        filtered_in(
            "filterUnits='userSpaceOnUse' x='20' y='0' width='50' height='80'",
            inner,
        ),
    ];
    // Linear light has few steps for what is dark: one of them is thirteen of ours.
    check(pictures.iter().map(String::as_str), 16, 45.0);
}

#[test]
fn filters_that_are_turned_clipped_or_far_outside_look_the_same() {
    let blur = "<filter id='f' x='-1' y='-1' width='3' height='3'><feGaussianBlur stdDeviation='6'/></filter>";
    let pictures = [
        "<g transform='rotate(20 50 40)' filter='url(#f)'>{}</g>",
        "<g filter='url(#f)' clip-path='url(#disc)' opacity='.8'>{}</g>",
        "<g filter='url(#f)' mask='url(#fade)'>{}</g>",
        "<g transform='translate(60 50)' filter='url(#f)'>{}</g>",
        "<g transform='translate(-70 -40) scale(1.5)'><g filter='url(#f)'>{}</g></g>",
        "<g opacity='.5'><g filter='url(#f)'>{}</g></g>",
    ]
    .map(|group| format!("{blur}{}", group.replace("{}", SHAPES)));
    check(pictures.iter().map(String::as_str), 16, 45.0);
}

#[test]
fn numbers_that_mean_nothing_never_panic() {
    // resvg itself panics with some of them.
    let mut scratch = Scratch::default();
    for deviation in ["1e30", "-1", "1e-30", "200", "1e9 0"] {
        for offset in ["1e30", "-1e9", "NaN"] {
            let effects = format!("<feOffset dx='{offset}' dy='1'/><feGaussianBlur stdDeviation='{deviation}'/>");
            ours(&tree(&filtered(&effects)), &mut scratch);
            let region = format!("x='-1e9' y='-1e30' width='1e30' height='{offset}' filterUnits='userSpaceOnUse'");
            ours(&tree(&filtered_in(&region, &effects)), &mut scratch);
        }
    }
    for transform in [
        "scale(1e3)",
        "scale(1e5 1)",
        "scale(1e6)",
        "scale(2 1e7)",
        "scale(1e8)",
        "scale(1e9)",
        "scale(1e12)",
        "scale(1e20)",
        "scale(0)",
        "scale(1e-20)",
        "translate(1e30)",
        "matrix(1e9 1e9 1e9 1e9 1 1)",
    ] {
        for attributes in [
            "opacity='.5'",
            "clip-path='url(#both)'",
            "mask='url(#fade)'",
            "filter='url(#f)'",
        ] {
            let group = format!(
                "<filter id='f'><feGaussianBlur stdDeviation='2'/></filter><g transform='{transform}' {attributes}>{SHAPES}<circle r='9' fill='url(#ball)'/></g>"
            );
            ours(&tree(&group), &mut scratch);
        }
    }
}
