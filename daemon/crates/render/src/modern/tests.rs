use resvg::usvg::Options;
use roxmltree::Document;

use super::*;

mod stills;

fn svg(inside: &str) -> String {
    format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 50'>{inside}</svg>")
}

/// The inside as it is written out for usvg.
fn out(inside: &str) -> String {
    out_at(inside, None)
}

fn out_at(inside: &str, moment: Option<f64>) -> String {
    let text = svg(inside);
    let document = Document::parse(&text).unwrap();
    let new = Modern::from_document(&document).written_out(moment, &Options::default());
    Document::parse(&new).unwrap();
    let (_, inside) = new.split_once('>').unwrap();
    inside.strip_suffix("</svg>").unwrap().to_owned()
}

fn moments(inside: &str) -> Vec<f64> {
    let text = svg(inside);
    let document = Document::parse(&text).unwrap();
    let modern = Modern::from_document(&document);
    animation::moments(&modern.dom, &modern.sheet)
}

#[test]
fn a_variable_is_its_value_and_else_its_fallback() {
    for (inside, expected) in [
        ("<g fill='var(--x, red)'/>", "<g fill=\"red\"></g>"),
        (
            "<g fill='var(--x,var( --y , rgb(1, 2, 3)))'/>",
            "<g fill=\"#010203\"></g>",
        ),
        ("<g fill='var(--x)'/>", "<g fill=\"inherit\"></g>"),
        (
            "<style>:root{--x:#123;}.a{fill:var(--x,red)}@media print{svg{--x:red}}</style><g class='a'/>",
            "<g class=\"a\" style=\"fill:#123;\"></g>",
        ),
        (
            "<style>.a{--x:lime}</style><g class='z a'><g fill='var(--x,red)'/></g>",
            "<g class=\"z a\"><g fill=\"lime\"></g></g>",
        ),
        (
            "<a xlink:href='#b' xmlns:xlink='http://www.w3.org/1999/xlink' style='--x:red;fill:var(--x)'/>",
            "<a href=\"#b\" style=\"fill:red;\"></a>",
        ),
        ("<g fill='oklch(0 0 0)'/>", "<g fill=\"#000000\"></g>"),
        ("<g fill='hwb(var(--h, 120) 0% 0%)'/>", "<g fill=\"#00ff00\"></g>"),
    ] {
        assert_eq!(out(inside), expected, "{inside}");
    }
}

#[test]
fn values_that_name_themselves_or_each_other_many_times_end() {
    assert!(out("<style>:root{--x:var(--x)}</style><g fill='var(--x)'/>").contains("inherit"));
    let mut sheet = ":root{--a0:red;".to_owned();
    for level in 1..30 {
        sheet += &format!("--a{level}:{};", format!("var(--a{}) ", level - 1).repeat(50));
    }
    let _ = out(&format!(
        "<style>{sheet}}}</style>{}",
        "<g fill='var(--a29)'/>".repeat(100)
    ));
    let _ = out(&format!(
        "<g fill='{}red{}'/>",
        "var(--x,".repeat(9_000),
        ")".repeat(9_000)
    ));
    let _ = out(&format!("<g width='{}1{}'/>", "calc(".repeat(9_000), ")".repeat(9_000)));
    let _ = out(&format!(
        "<style>{}a{}{{fill:red}}</style><a/>",
        ":not(".repeat(9_000),
        ")".repeat(9_000)
    ));
    let _ = out(&format!("<style>{}</style>", "@media all{".repeat(9_000)));
}

#[test]
fn a_value_never_becomes_markup() {
    let sheet = "<style><![CDATA[:root{--x:\"'><script/>}]]></style><g fill='var(--x,red)'/>";
    assert!(!out(sheet).contains("<script"), "{}", out(sheet));
}

#[test]
fn selectors_select_as_in_browsers() {
    let tree = "<g id='a' class='b c' data-name='Ring two'><path/><path class='d'/><rect/></g><circle id='e'/>";
    for (selector, selected) in [
        ("g", 1),
        ("path", 2),
        ("*", 6),
        (":root", 1),
        ("#a", 1),
        (".b.c", 1),
        ("g path", 2),
        ("g > .d", 1),
        ("path + path", 1),
        ("path ~ rect", 1),
        ("g ~ circle, rect", 2),
        (":nth-child(2)", 2),
        ("path:nth-of-type(odd)", 1),
        (":nth-last-child(-n + 1)", 2),
        ("path:not(.d)", 1),
        (":not(path, svg)", 3),
        (":is(rect, circle)", 2),
        ("g :first-child", 1),
        ("g :last-child", 1),
        (":only-child", 1),
        ("[data-name]", 1),
        ("[data-name='Ring two']", 1),
        ("[data-name^=Ring]", 1),
        ("[data-name~=two]", 1),
        ("path:hover", 0),
        ("path::before", 0),
        ("path:unheard-of, rect", 0),
        ("svg > rect", 0),
    ] {
        let found = out(&format!("<style>{selector}{{fill:red}}</style>{tree}"));
        let root = usize::from(matches!(selector, ":root" | "*" | ":only-child"));
        assert_eq!(
            found.matches("fill:red").count() + root,
            selected.max(root),
            "{selector}: {found}"
        );
    }
}

#[test]
fn the_strongest_declaration_holds() {
    for (sheet, element, expected) in [
        ("g{fill:red}.a{fill:blue}g{fill:green}", "class='a'", "fill:blue"),
        ("#i{fill:red}.a{fill:blue !important}", "class='a' id='i'", "fill:blue"),
        (".a{fill:red}.a{fill:blue}", "class='a'", "fill:blue"),
        (":where(#i){fill:red}g{fill:blue}", "id='i'", "fill:blue"),
        ("g{fill:red}", "style='fill:blue'", "fill:blue"),
        ("g{fill:red!important}", "style='fill:blue'", "fill:red"),
        (
            "@media (prefers-color-scheme: dark){g{fill:red}}",
            "style='fill:blue'",
            "fill:blue",
        ),
        (
            "@media (prefers-color-scheme:light) and (min-width:10px){g{fill:red}}",
            "",
            "fill:red",
        ),
        (
            "@media (width &lt; 10px), print{g{fill:red}}",
            "style='fill:blue'",
            "fill:blue",
        ),
        ("@media not print{g{fill:red}}", "", "fill:red"),
        ("@supports (fill:red) and (not (-moz-x:y)){g{fill:red}}", "", "fill:red"),
        (
            "@supports not (display:grid){g{fill:red}}",
            "style='fill:blue'",
            "fill:blue",
        ),
        ("@layer a{g{fill:red}}", "", "fill:red"),
        (
            "@font-face{font-family:x;src:url(data:,;{})}g{fill:red}",
            "",
            "fill:red",
        ),
        ("/* g{fill:blue} */g{fill:red/**/;}", "", "fill:red"),
    ] {
        let found = out(&format!("<style>{sheet}</style><g {element}/>"));
        assert!(found.contains(expected), "{sheet}: {found}");
    }
}

#[test]
fn colours_come_out_as_browsers_show_them() {
    for (colour, expected) in [
        ("rgb(204 0 0 / 50%)", "#cc000080"),
        ("rgba(204, 0, 0, 50%)", "#cc000080"),
        ("rgb(10%, 20%, 30%)", "#1a334d"),
        ("RebeccaPurple", "#663399"),
        ("hsl(120deg 100% 50%)", "#00ff00"),
        ("hsla(0.5turn, 100%, 50%, .5)", "#00ffff80"),
        ("hwb(0 0% 50%)", "#800000"),
        ("oklch(62.8% 0.2577 29.23)", "#ff0000"),
        ("lab(54.29 80.81 69.89)", "#ff0000"),
        ("lch(29.57% 131.2 301.37)", "#0000ff"),
        ("color(display-p3 1 1 1 / 50%)", "#ffffff80"),
        ("color-mix(in srgb, #f00 50%, #00f)", "#800080"),
        ("color-mix(in srgb, currentColor 25%, white)", "#bfbfbf"),
        ("color-mix(in srgb, red 20%, blue 20%)", "#80008066"),
        ("light-dark(#0a0, #fff)", "#00aa00"),
    ] {
        let found = out(&format!("<g fill='{colour}'/>"));
        let found = found.split('"').nth(1).unwrap();
        let digits = |text: &str| {
            i64::from_str_radix(text.trim_start_matches('#'), 16)
                .unwrap()
                .to_be_bytes()
        };
        let apart = digits(found)
            .iter()
            .zip(digits(expected))
            .map(|(a, b)| a.abs_diff(b))
            .max();
        assert!(
            found.len() == expected.len() && apart <= Some(1),
            "{colour}: {found}, not {expected}"
        );
    }
    for colour in ["oklch(1 2)", "color(unheard-of 1 2 3)", "rgb(much)", "url(#a)"] {
        assert!(out(&format!("<g fill='{colour}'/>")).contains(colour), "{colour}");
    }
}

#[test]
fn expressions_and_geometry_are_numbers_of_user_units() {
    for (element, expected) in [
        (
            "<rect style='width:calc(50px + 30%);height:calc(100px / 2)'/>",
            "width=\"80\" height=\"50\"",
        ),
        ("<rect style='width:50'/>", "<rect></rect>"),
        ("<rect width='min(10px, 1em)'/>", "width=\"10\""),
        ("<circle style='r:clamp(1px, 50%, 3px);cx:1in'/>", "r=\"3\""),
        ("<path style='d:path(\"M0 0h1\")'/>", "d=\"M0 0h1\""),
        ("<g stroke-width='calc(1px * 3)'/>", "stroke-width=\"3\""),
    ] {
        let found = out(element);
        let mut words = expected.split(' ');
        assert!(words.all(|word| found.contains(word)), "{element}: {found}");
    }
}

#[test]
fn transforms_of_css_become_a_matrix() {
    for (style, expected) in [
        ("transform:translate(10px,50%)", "matrix(1 0 0 1 10 25)"),
        ("transform:scale(2) translateX(1em)", "matrix(2 0 0 2 32 0)"),
        ("transform:rotate(.25turn)", "matrix(0 1 -1 0 0 0)"),
        (
            "transform:rotate(90deg);transform-origin:10px 10px",
            "matrix(0 1 -1 0 20 0)",
        ),
        ("rotate:90deg;transform-origin:50% 100%", "matrix(0 1 -1 0 100 0)"),
        ("scale:50%;translate:4px", "matrix(0.5 0 0 0.5 4 0)"),
        (
            "transform:scale(2);transform-origin:right top",
            "matrix(2 0 0 2 -100 0)",
        ),
        ("transform:none", "matrix(1 0 0 1 0 0)"),
    ] {
        let found = out(&format!("<g style='{style}'/>"));
        assert!(found.contains(expected), "{style}: {found}");
    }
    let found = out(
        "<rect x='10' y='10' width='20' height='20' style='transform:scale(2);transform-box:fill-box;transform-origin:center'/>",
    );
    assert!(found.contains("matrix(2 0 0 2 -20 -20)"), "{found}");
}

#[test]
fn plain_drawings_cost_nothing() {
    for inside in [
        "<path fill='#123' stroke='none' d='M0 0h1' transform='rotate(3)'/>",
        "<style>.a,.b{fill:#f00;stroke:none}</style><g class='a' style='fill:url(#a);stroke-width:2px'/>",
        "<g fill='rgb(1, 2, 3)' clip-path='url(#c)' mask='url(#m)' filter='url(#f)'/><filter id='f'/>",
        "<linearGradient id='a'><stop/><stop/></linearGradient><symbol viewBox='0 0 1 1'/><use href='#a'/>",
        "<clipPath><use href='#p'/></clipPath><path id='p'/>",
        "<text>var(--x, red)</text>",
    ] {
        let text = svg(inside);
        assert!(!features::any(&Document::parse(&text).unwrap()), "{inside}");
    }
}

#[test]
fn a_transform_without_units_holds_in_attributes_only() {
    for (transform, expected) in [
        // The attribute holds.
        ("translate(49,50)", "matrix(1 0 0 1 1 2)"),
        ("rotate(45)", "matrix(1 0 0 1 1 2)"),
        ("rotate(45deg 1 2)", "matrix(1 0 0 1 1 2)"),
        ("translate(10px 20px)", "matrix(1 0 0 1 1 2)"),
        ("translate(3px,0)", "matrix(1 0 0 1 3 0)"),
        ("scale(2)", "matrix(2 0 0 2 0 0)"),
        ("matrix(1, 0, 0, 1, 5, 6)", "matrix(1 0 0 1 5 6)"),
    ] {
        let found = out(&format!(
            "<g transform='translate(1 2)' style='transform:{transform}'/>"
        ));
        assert!(found.contains(expected), "{transform}: {found}");
    }
}
