//! Drawing, the published copy and fingerprints, from the outside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use tradepost_base::{Finding, FindingSeverity};
use tradepost_inspect::svg::{self, COPY_DIFFERS, TOO_COMPLEX};
use tradepost_render::engine::{Drawing, Engine};
use tradepost_render::fingerprint::{Fingerprint, LOOK_RADIUS, distance};
use tradepost_render::presets::{Format, Preset, Watermark};

const LIMIT: u64 = 10 << 20;

fn draw(text: &str) -> Result<Drawing, Vec<Finding>> {
    draw_wide(text, 128)
}

fn draw_wide(text: &str, width_px: u32) -> Result<Drawing, Vec<Finding>> {
    let preset = Preset {
        name: format!("png-{width_px}"),
        width_px,
        format: Format::Png,
        quality: 80,
        background: None,
        watermark: Watermark::None,
    };
    Engine::default().render(text.as_bytes(), "a.svg", &[preset], LIMIT)
}

fn svg(attributes: &str, inside: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' {attributes}>{inside}</svg>"
    )
}

fn square(inside: &str) -> String {
    svg("viewBox='0 0 100 100'", inside)
}

#[test]
fn an_honest_picture_has_a_copy_that_is_clean_and_draws_the_same() {
    let text = square(
        "<!-- c --><metadata>m</metadata><defs><linearGradient id='a'><stop stop-color='red'/><stop offset='1'/></linearGradient></defs>
        <style>/* x */.b { fill : url(#a) }</style><rect class='b' width='50' height='80'/><use xlink:href='#c'/>
        <g id='c' style='stroke:blue' inkscape:label='x' xmlns:inkscape='http://www.inkscape.org/namespaces/inkscape'><path d='M0 0L90 90'/></g>",
    );
    let drawing = draw(&text).unwrap();
    assert_eq!(drawing.findings, []);
    let copy = drawing.copy.unwrap();
    assert!(!copy.contains("metadata") && !copy.contains("inkscape") && !copy.contains("<!--"));
    assert_eq!(svg::inspect(&svg::parse(&copy, "copy").unwrap(), "copy"), []);
    let again = draw(&copy).unwrap();
    assert_eq!(again.pictures[0].bytes, drawing.pictures[0].bytes);
    assert_eq!(again.fingerprint, drawing.fingerprint);
    assert_eq!(again.copy.unwrap(), copy);
}

#[test]
fn active_content_blocks_and_the_copy_goes_without_it() {
    let text = square("<script>1</script><rect onload='x' width='50' height='50'/>");
    let drawing = draw(&text).unwrap();
    assert_eq!(drawing.findings.len(), 2);
    assert!(
        drawing
            .findings
            .iter()
            .all(|finding| finding.severity == FindingSeverity::Blocking)
    );
    assert!(!drawing.copy.unwrap().contains("onload"));
}

#[test]
fn a_copy_that_draws_something_else_is_not_given() {
    // The copy goes without attributes that SVG does not have, also where a style asks for them.
    let text = square("<style>[foo]{fill:red}</style><rect foo='1' width='50' height='50'/>");
    let drawing = draw(&text).unwrap();
    assert_eq!(drawing.copy, None);
    assert_eq!(drawing.findings[0].rule, COPY_DIFFERS);
}

fn chain(element: &str, reference: &str) -> String {
    let rect = |index: usize| format!("<rect width='100' height='100' {reference}='url(#m{index})'/>");
    let links = (0..50).map(|index| {
        format!(
            "<{element} id='m{index}' width='9' height='9'>{}{}</{element}>",
            rect(index + 1),
            rect(index + 1)
        )
    });
    square(&format!("{}{}", links.collect::<String>(), rect(0)))
}

#[test]
fn what_would_never_end_is_refused_at_once_and_says_so() {
    let effect = |effect: &str| {
        square(&format!(
            "<filter id='f' x='-9' y='-9' width='19' height='19'>{effect}</filter><rect width='99' height='99' filter='url(#f)'/>"
        ))
    };
    let layers = |count: usize, attributes: &str| {
        format!(
            "{}<rect width='99' height='99'/>{}",
            format!("<g {attributes}>").repeat(count),
            "</g>".repeat(count)
        )
    };
    let far = "<filter id='f' x='-5' y='-5' width='11' height='11'><feOffset dx='1'/></filter>";
    let uses: String = (1..12)
        .map(|level| {
            format!(
                "<g id='g{level}'>{}</g>",
                format!("<use href='#g{}'/>", level - 1).repeat(10)
            )
        })
        .collect();
    for text in [
        effect("<feTurbulence baseFrequency='9' numOctaves='16'/>"),
        effect("<feTurbulence baseFrequency='9' numOctaves='1000000'/>"),
        effect("<feMorphology radius='4'/>"),
        effect("<feMorphology radius='1e9'/>"),
        effect("<feConvolveMatrix order='99' kernelMatrix='1'/>"),
        effect(&"<feGaussianBlur stdDeviation='30'/>".repeat(400)),
        chain("mask", "mask"),
        chain("clipPath", "clip-path"),
        chain("pattern", "fill"),
        square(
            "<pattern id='p' width='1e6' height='1e6' patternUnits='userSpaceOnUse'><rect width='9' height='9'/></pattern><rect width='99' height='99' fill='url(#p)'/>",
        ),
        square(&layers(100_000, "")),
        square(&format!("{far}{}", layers(200, "filter='url(#f)'"))),
        square(&format!("<g id='g0'><path d='M0 0h9v9'/></g>{uses}<use href='#g11'/>")),
        square("<path d='M0 0L99 99' stroke='red' stroke-dasharray='1e-7'/>"),
        square(&format!("<path stroke='red' d='M0 0{}'/>", "l9 9-9-9".repeat(100_000))),
        square(&format!("<text>{}</text>", "x".repeat(100_000))),
        square(&"<rect width='99' height='99' opacity='.5'/>".repeat(20_000)),
        svg("viewBox='0 0 1 100000'", "<rect width='1' height='100000'/>"),
        svg("viewBox='0 0 100000 1'", "<rect width='100000' height='1'/>"),
        svg("", "<path d='M0 0L1 1e30'/>"),
    ] {
        let start = Instant::now();
        let findings = draw_wide(&text, 512).map(|drawing| drawing.findings);
        let rules = findings.map_err(|findings| findings.into_iter().map(|finding| finding.rule).collect::<Vec<_>>());
        assert_eq!(rules, Err(vec![TOO_COMPLEX.to_owned()]), "{text:.300}");
        // Far more than it takes, for slow machines.
        assert!(start.elapsed() < Duration::from_secs(20), "{text:.300}");
    }
}

#[test]
fn sizes_that_mean_nothing_never_panic() {
    for attributes in [
        "",
        "viewBox='0 0 0 0'",
        "viewBox='0 0 -1 5'",
        "viewBox='0 0 NaN NaN'",
        "viewBox='0 0 1e39 1e39'",
        "viewBox='1e38 1e38 1 1'",
        "viewBox='0 0 1e-30 1e-30'",
        "viewBox='a'",
        "width='30000' height='30000'",
        "width='1e30' height='1e30'",
        "width='0' height='0'",
        "width='-1' height='NaN'",
        "width='1e-9' height='1e9'",
    ] {
        for inside in [
            "",
            "<path d='M0 0h1'/>",
            "<rect width='9' height='9'/>",
            "<path d='M0 0h1e9v1e9z'/>",
            "<path d='M-1e38 0L1e38 1e38'/>",
        ] {
            match draw(&svg(attributes, inside)) {
                Ok(drawing) => assert!(drawing.pictures[0].height_px >= 1),
                Err(findings) => assert!(!findings.is_empty()),
            }
        }
    }
}

#[test]
fn pictures_nested_as_deep_as_allowed_are_drawn_on_a_small_stack() {
    // Tests run on threads with a stack of 2 MiB.
    for (open, close, inside) in [
        ("<g opacity='.99'>", "</g>", "<rect width='9' height='9'/>"),
        ("<svg>", "</svg>", "<rect width='9' height='9'/>"),
        ("<g clip-path='url(#c)'>", "</g>", "<rect width='9' height='9'/>"),
        ("<a>", "</a>", "<rect width='9' height='9'/>"),
    ] {
        let nested = format!("{}{inside}{}", open.repeat(240), close.repeat(240));
        let clip = "<clipPath id='c'><rect width='9' height='9'/></clipPath>";
        assert!(
            draw(&svg("viewBox='0 0 9 9'", &format!("{clip}{nested}"))).is_ok(),
            "{open}"
        );
    }
}

const CAT: &str = "<path d='M20 90V30l15 15h30l15-15v60z'/><circle cx='40' cy='60' r='6' fill='#fff'/><path d='M45 75q5 6 10 0' fill='none' stroke='#fff' stroke-width='3'/>";

fn fingerprint(text: &str) -> Fingerprint {
    draw(text).unwrap().fingerprint.unwrap()
}

#[test]
fn a_copy_has_the_same_outlines_however_it_is_written() {
    let cat = fingerprint(&square(CAT));
    for other in [
        square(
            &CAT.replace("#fff", "#e0c")
                .replace("stroke-width='3'", "stroke-width='2.5'"),
        ),
        svg(
            "viewBox='-20 -30 300 300'",
            &format!("<g id='x' transform='translate(7 9) scale(2.5)'>{CAT}</g>"),
        ),
        svg("width='512' height='512' viewBox='0 0 100 100'", CAT),
        square(&CAT.replace(
            "M20 90V30l15 15h30l15-15v60z",
            "M80 30 80 90 20 90 20 30 35 45 50 45 65 45Z",
        )),
        square(&CAT.replace(
            "<circle cx='40' cy='60' r='6' fill='#fff'/>",
            "<path d='M46 60a6 6 0 0 1-12 0 6 6 0 1 1 12 0' fill='#fff'/>",
        )),
        square(&format!("<defs><g id='c'>{CAT}</g></defs><use href='#c'/>")),
    ] {
        let copy = fingerprint(&other);
        assert_eq!(copy.geometry, cat.geometry, "{other}");
        assert!(distance(copy.look, cat.look) <= LOOK_RADIUS, "{other}");
    }
    for other in [
        CAT.replace("r='6'", "r='8'"),
        CAT.replace("q5 6", "q5 -6"),
        CAT.replace("cx='40'", "cx='60'"),
    ] {
        assert_ne!(fingerprint(&square(&other)).geometry, cat.geometry, "{other}");
    }
    assert!(!cat.plain);
}

#[test]
fn what_points_the_other_way_is_another_picture() {
    let pictures = [
        "M20 20l30 30-30 30M70 20v60",
        "M50 20l-30 30 30 30M70 20v60",
        "M20 20L50 80M70 20v60",
        "M50 20L20 80M70 20v60",
    ];
    let geometries =
        pictures.map(|d| fingerprint(&square(&format!("<path d='{d}' fill='none' stroke='red'/>"))).geometry);
    for (index, geometry) in geometries.iter().enumerate() {
        assert!(!geometries[..index].contains(geometry), "{}", pictures[index]);
    }
}

#[test]
fn a_picture_and_its_negative_look_alike_and_others_do_not() {
    let scene = |back: &str, front: &str| {
        let shapes = format!(
            "<rect width='100' height='100' fill='{back}'/><path fill='{front}' d='M10 80L50 20l20 30 10-10 15 40z'/>"
        );
        fingerprint(&square(&format!(
            "{shapes}<circle cx='25' cy='25' r='9' fill='{front}'/>"
        )))
    };
    let day = scene("#eeeeff", "#113311");
    assert!(distance(day.look, scene("#111100", "#eeccee").look) <= LOOK_RADIUS);
    assert!(distance(day.look, fingerprint(&square(CAT)).look) > LOOK_RADIUS);
}

#[test]
fn what_is_nobodys_work_is_plain() {
    for inside in [
        "<rect width='99' height='99'/>",
        "<path d='M0 9h9' stroke='red'/>",
        "<circle r='40' cx='50' cy='50'/>",
    ] {
        assert!(fingerprint(&square(inside)).plain, "{inside}");
    }
}
