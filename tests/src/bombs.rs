//! SVG files of which each makes a renderer use all memory, or run without end.

use std::io::Write as _;

const SHAPE: &str = "<path d='M0 0h100v100H0z' fill='#c00'/>";

/// Thirty of them: what each is about, its name and its bytes.
pub fn all() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let mut bombs: Vec<(&'static str, &'static str, Vec<u8>)> = texts()
        .into_iter()
        .map(|(what, text)| (what, "svg", text.into_bytes()))
        .collect();
    bombs.push(("a gigabyte behind gzip", "svgz", gigabyte()));
    bombs
}

fn svg(inside: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 100 100'>{inside}</svg>"
    )
}

fn filtered(primitives: &str) -> String {
    svg(&format!(
        "<filter id='f' x='-5' y='-5' width='11' height='11'>{primitives}</filter><g filter='url(#f)'>{SHAPE}</g>"
    ))
}

fn texts() -> Vec<(&'static str, String)> {
    let mut texts = sizes();
    texts.extend(nests());
    texts.extend(filters());
    texts.extend(counts());
    texts
}

fn sizes() -> Vec<(&'static str, String)> {
    let sized =
        |attributes: &str, inside: &str| format!("<svg xmlns='http://www.w3.org/2000/svg' {attributes}>{inside}</svg>");
    let filter =
        format!("<filter id='f'><feGaussianBlur stdDeviation='9000'/></filter><g filter='url(#f)'>{SHAPE}</g>");
    vec![
        ("a path of 1e9 without a size", sized("", "<path d='M0 0h1e9v1e9z'/>")),
        (
            "a size of 30000 x 30000 and a filter",
            sized("width='30000' height='30000'", &filter),
        ),
        ("a size of 1e9 x 1e9", sized("width='1e9' height='1e9'", &filter)),
        ("a viewBox of 1 x 1e9", sized("viewBox='0 0 1 1e9'", &filter)),
        (
            "a pattern of tiny tiles",
            svg(
                "<pattern id='p' width='1e-5' height='1e-5' patternUnits='userSpaceOnUse'><path d='M0 0h1v1z'/></pattern><path d='M0 0h99v99z' fill='url(#p)'/>",
            ),
        ),
        (
            "a pattern of huge tiles",
            svg(&format!(
                "<pattern id='p' width='1e5' height='1e5' patternUnits='userSpaceOnUse'>{SHAPE}</pattern><path d='M0 0h99v99z' fill='url(#p)'/>"
            )),
        ),
        (
            "dashes of nothing on a long path",
            svg("<path d='M0 0h1e7' stroke='red' stroke-width='1' stroke-dasharray='1e-4'/>"),
        ),
    ]
}

/// `depth` definitions, each of which uses the one before it twice, and a shape that uses the last.
fn nest(element: &str, id: char, attribute: &str, depth: usize) -> String {
    let shape = |level: usize| SHAPE.replace("fill=", &format!("{attribute}='url(#{id}{level})' fill="));
    let body: String = (1..=depth)
        .map(|level| {
            let inside = shape(level - 1).repeat(2);
            format!("<{element} id='{id}{level}'>{inside}</{element}>")
        })
        .collect();
    let first = format!("<{element} id='{id}0'>{SHAPE}</{element}>");
    svg(&format!("{first}{body}{}", shape(depth)))
}

fn nests() -> Vec<(&'static str, String)> {
    let laughs: String = (1..=12)
        .map(|level| {
            format!(
                "<g id='u{level}'>{}</g>",
                format!("<use xlink:href='#u{}'/>", level - 1).repeat(10)
            )
        })
        .collect();
    let patterns: String = (1..=24)
        .map(|level| format!("<pattern id='p{level}' width='.03' height='.03'><rect width='9' height='9' fill='url(#p{0})'/><rect x='9' width='9' height='9' fill='url(#p{0})'/></pattern>", level - 1))
        .collect();
    let markers: String = (1..=6)
        .map(|level| {
            format!(
                "<marker id='m{level}' markerWidth='9' markerHeight='9'><path d='{}' marker-mid='url(#m{})'/></marker>",
                "M0 0".to_owned() + &"l1 1".repeat(40),
                level - 1
            )
        })
        .collect();
    vec![
        ("nested masks", nest("mask", 'n', "mask", 24)),
        ("nested clip paths", nest("clipPath", 'c', "clip-path", 26)),
        (
            "nested patterns",
            svg(&format!("{patterns}<path d='M0 0h99v99H0z' fill='url(#p24)'/>")),
        ),
        (
            "a billion uses",
            svg(&format!("<g id='u0'>{SHAPE}</g>{laughs}<use xlink:href='#u12'/>")),
        ),
        (
            "nested markers",
            svg(&format!(
                "{markers}<path d='M0 0{}' marker-mid='url(#m6)' stroke='red'/>",
                "l1 1".repeat(40)
            )),
        ),
        (
            "groups 200,000 deep",
            svg(&format!("{}{SHAPE}{}", "<g>".repeat(200_000), "</g>".repeat(200_000))),
        ),
        (
            "900 translucent layers",
            svg(&format!(
                "{}{SHAPE}{}",
                "<g opacity='.9'>".repeat(900),
                "</g>".repeat(900)
            )),
        ),
        (
            "entities of entities",
            format!(
                "<!DOCTYPE svg [<!ENTITY a0 \"{SHAPE}\">{}]>{}",
                (1..=9)
                    .map(|level| format!("<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10)))
                    .collect::<String>(),
                svg("&a9;")
            ),
        ),
        (
            "160 KB of entities repeated",
            format!(
                "<!DOCTYPE svg [<!ENTITY big \"{}\">]>{}",
                "a".repeat(80_000),
                svg(&format!("<text y='9'>{}</text>", "&big;".repeat(16_000)))
            ),
        ),
    ]
}

fn filters() -> Vec<(&'static str, String)> {
    let chain = |primitive: &str, times: usize| filtered(&primitive.repeat(times));
    let kernel = "1 ".repeat(250_000);
    vec![
        (
            "turbulence of 200 octaves",
            chain("<feTurbulence baseFrequency='.9' numOctaves='200'/>", 1),
        ),
        (
            "turbulence of a million octaves",
            chain("<feTurbulence baseFrequency='.9' numOctaves='1000000'/>", 1),
        ),
        (
            "a hundred turbulences",
            chain("<feTurbulence baseFrequency='.9' numOctaves='9'/>", 100),
        ),
        (
            "morphology with a radius of 1000",
            chain("<feMorphology operator='dilate' radius='1000'/>", 1),
        ),
        (
            "fifty morphologies",
            chain("<feMorphology operator='erode' radius='60'/>", 50),
        ),
        (
            "a kernel of 500 x 500",
            filtered(&format!("<feConvolveMatrix order='500' kernelMatrix='{kernel}'/>")),
        ),
        ("2,000 blurs", chain("<feGaussianBlur stdDeviation='40'/>", 2_000)),
        (
            "1,000 lights",
            chain(
                "<feDiffuseLighting surfaceScale='9'><fePointLight x='9' y='9' z='9'/></feDiffuseLighting>",
                1_000,
            ),
        ),
        (
            "300 displacements",
            chain("<feDisplacementMap in2='SourceGraphic' scale='900'/>", 300),
        ),
    ]
}

fn counts() -> Vec<(&'static str, String)> {
    let paths = "<path d='M0 0h100v100H0z' fill='#00f' fill-opacity='.01'/>".repeat(150_000);
    let rules: String = (0..20_000)
        .map(|n| format!("g g g g path.c{n}~path{{fill:#{n:06x}}}"))
        .collect();
    let classes: String = (0..20_000)
        .map(|n| format!("<path class='c{n}' d='M0 0h9v9z'/>"))
        .collect();
    let curves = "C9 9 80 80 9 90S90 9 9 9".repeat(350_000);
    let strokes = "M0 0L99 99L0 1L99 98".repeat(250_000);
    vec![
        ("150,000 translucent paths", svg(&paths)),
        (
            "20,000 rules for 20,000 paths",
            svg(&format!("<style>{rules}</style><g><g><g><g>{classes}</g></g></g></g>")),
        ),
        (
            "a path of 700,000 curves with round dashes",
            svg(&format!(
                "<path d='M0 0{curves}' fill='none' stroke='red' stroke-linejoin='round' stroke-dasharray='1'/>"
            )),
        ),
        (
            "a million strokes",
            svg(&format!(
                "<path d='{strokes}' stroke='red' stroke-width='9' stroke-linejoin='round' stroke-linecap='round'/>"
            )),
        ),
    ]
}

/// 1 GiB of blanks in an SVG, in about a megabyte.
fn gigabyte() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder
        .write_all(b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>")
        .expect("writing to memory");
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..1_024 {
        encoder.write_all(&blanks).expect("writing to memory");
    }
    encoder
        .write_all(b"<path d='M0 0h9v9z'/></svg>")
        .expect("writing to memory");
    encoder.finish().expect("writing to memory")
}
