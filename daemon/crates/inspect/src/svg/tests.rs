use roxmltree::Document;
use tradepost_base::FindingSeverity;

use super::*;

const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn rules_of(text: &str) -> Vec<String> {
    let document = Document::parse(text).unwrap();
    let rules: Vec<String> = inspect(&document, "a.svg")
        .into_iter()
        .map(|finding| finding.rule)
        .collect();
    // The copy is clean, whatever the inspection finds.
    let copy = sanitise(&document);
    let copied = parse(&copy, "copy.svg").unwrap();
    assert_eq!(inspect(&copied, "copy.svg"), [], "{copy}");
    assert_eq!(sanitise(&copied), copy, "a copy of the copy is the same");
    rules
}

fn copy_of(inside: &str) -> String {
    let text = svg(inside);
    let copy = sanitise(&Document::parse(&text).unwrap());
    let inside = copy.split_once('>').unwrap().1.trim_end();
    inside.strip_suffix("</svg>").unwrap_or(inside).to_owned()
}

fn svg(inside: &str) -> String {
    format!("<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>{inside}</svg>")
}

#[test]
fn harmless_drawings_have_no_findings() {
    for inside in [
        "<path d='M0 0h1' fill='url(#a)' style='mask: url(\"#b\")'/>",
        "<use xlink:href='#a'/><use href=' #a'/>",
        &format!("<image href='{PNG}'/><image xlink:href='data:image/jpeg;base64,/9j/4AAQ'/>"),
        "<style>@font-face{font-family:a;src:url(data:font/woff2;base64,AA)} .a{fill:url(#b)}</style>",
        "<style>@namespace url(http://www.w3.org/2000/svg); .a{behavior-x:1}</style>",
        "<animate attributeName='opacity' values='0;1'/>",
        "<metadata><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:li rdf:resource='http://example.org/' href='http://example.org/'/></rdf:RDF></metadata>",
        "<title>onload=alert(1) javascript:x</title><desc>url(http://host/)</desc>",
        "<?xpacket begin='x'?><g transform='rotate(1)' requiredFeatures='http://www.w3.org/TR/SVG11/feature#Image'/>",
        "<a><path d=''/></a><a href='#a'/><g data-name='url'/>",
    ] {
        assert_eq!(rules_of(&svg(inside)), Vec::<String>::new(), "{inside}");
    }
}

#[test]
fn every_way_to_be_active_is_found() {
    for (inside, rule) in [
        ("<script>1</script>", SCRIPT),
        ("<a:script xmlns:a='http://www.w3.org/1999/xhtml'/>", SCRIPT),
        ("<script xmlns=''/>", SCRIPT),
        (
            "<handler xmlns:ev='http://www.w3.org/2001/xml-events' ev:event='load'>1</handler>",
            SCRIPT,
        ),
        (
            "<x xmlns='http://www.w3.org/2001/xml-events' event='load'/>",
            FOREIGN_CONTENT,
        ),
        ("<path onload='x'/>", EVENT_HANDLER),
        ("<path OnClick='x'/>", EVENT_HANDLER),
        ("<a href='javascript:x'/>", SCRIPT_URL),
        ("<a xlink:href='&#9; j&#97;va\tscr&#10;ipt:x'/>", SCRIPT_URL),
        ("<a x:href='vbscript:x' xmlns:x='urn:x'/>", SCRIPT_URL),
        ("<a href='data:text/html,x'/>", SCRIPT_URL),
        ("<set to='javascript:x' attributeName='x'/>", ANIMATION),
        ("<animate values='1;data:text/html,x' attributeName='x'/>", ANIMATION),
        ("<animate by='data:image/svg+xml,x' attributeName='x'/>", ANIMATION),
        (
            "<set attributeName='fill' to='url(http://host/#a)'/>",
            EXTERNAL_REFERENCE,
        ),
        ("<use href='other.svg#a'/>", EXTERNAL_REFERENCE),
        ("<a href='https://example.org/'/>", EXTERNAL_LINK),
        ("<a href='?'/>", EXTERNAL_LINK),
        ("<a href='intent:x'/>", EXTERNAL_REFERENCE),
        ("<a href='#a' ping='//host'/>", EXTERNAL_REFERENCE),
        ("<use href='data:image/png;base64,iVBORw0KGgo='/>", EMBEDDED_DATA),
        ("<image href='//host/x.png'/>", EXTERNAL_REFERENCE),
        ("<image href='data:image/svg+xml,x'/>", EMBEDDED_DATA),
        ("<image href='data:image/png;base64,PHN2Zz4='/>", EMBEDDED_DATA),
        ("<g xml:base='http://host/'/>", EXTERNAL_REFERENCE),
        ("<g fill='URL( http://host/x )'/>", EXTERNAL_REFERENCE),
        ("<g fill='u\\72l(http://host/x)'/>", EXTERNAL_REFERENCE),
        ("<g style='fill:u\\72l(http://host)'/>", EXTERNAL_REFERENCE),
        (
            "<g style='background:image-set(\"http://host\" 1x)'/>",
            EXTERNAL_REFERENCE,
        ),
        ("<g style='behavior:url(#x)'/>", STYLE_SCRIPT),
        ("<style>@\\69mport 'y'</style>", EXTERNAL_REFERENCE),
        ("<style>@font-face{src:url(x.woff)}</style>", EXTERNAL_REFERENCE),
        ("<style>@namespace 'http://host/'</style>", EXTERNAL_REFERENCE),
        (
            "<style><![CDATA[a{b:url(\"http://host\")}]]></style>",
            EXTERNAL_REFERENCE,
        ),
        ("<style>a{b:u<!-- x -->rl(http://host)}</style>", EXTERNAL_REFERENCE),
        (
            "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>",
            FOREIGN_CONTENT,
        ),
        ("<foreignObject>x</foreignObject>", FOREIGN_CONTENT),
        (
            "<foreignObject><x:pgfRef xmlns:x='http://ns.adobe.com/x/'/></foreignObject>",
            PRIVATE_CONTENT,
        ),
        ("<b xmlns='http://www.w3.org/1999/xhtml'/>", FOREIGN_CONTENT),
        ("<mi xmlns='http://www.w3.org/1998/Math/MathML'/>", FOREIGN_CONTENT),
        ("<metadata><iframe/></metadata>", FOREIGN_CONTENT),
        ("<animate attributeName='xlink:href'/>", ANIMATION),
        ("<set attributeName=' onclick '/>", ANIMATION),
        ("<animateColor attributeName='style'/>", ANIMATION),
        ("<?xml-stylesheet href='x'?>", STYLESHEET),
        ("<?php system('x')?>", INSTRUCTION),
    ] {
        assert_eq!(
            rules_of(&svg(inside)).first().map(String::as_str),
            Some(rule),
            "{inside}"
        );
    }
}

#[test]
fn the_copy_keeps_what_draws_and_drops_the_rest() {
    for (inside, copy) in [
        (
            "<g id='a' class='b'><!-- c --><path d='M0 0'/></g>",
            "<g id=\"a\" class=\"b\"><path d=\"M0 0\"/></g>",
        ),
        ("<s:g xmlns:s='http://www.w3.org/2000/svg'>x</s:g>", "<g/>"),
        ("<metadata>x</metadata><script>1</script><unknown><path/></unknown>", ""),
        (
            "<g onload='x' data-x='y' i:label='z' xmlns:i='urn:i' aria-label='&lt;&quot;`'/>",
            "<g aria-label=\"&lt;&quot;&#96;\"/>",
        ),
        ("<a href='https://example.org/'><path/></a>", "<a><path/></a>"),
        (
            "<text xml:space='preserve'> a\tb<tspan>c]]&gt;</tspan></text>",
            "<text xml:space=\"preserve\"> a\tb<tspan>c]]&gt;</tspan></text>",
        ),
        (
            "<style type='text/css'>/* x */ a &gt; b { c : d } @import 'x';</style>",
            "<style type=\"text/css\">a &gt; b {c : d;}</style>",
        ),
        ("<style type='text/x'>a{b:c}</style>", ""),
        (
            "<g style='fill:red;filter:url(//host/#a)'/>",
            "<g style=\"fill:red;\"/>",
        ),
        (
            "<animate attributeName='x' to='1'/><animate attributeName='href' to='#b'/>",
            "<animate attributeName=\"x\" to=\"1\"/>",
        ),
        ("<title>a<image/><tspan>b</tspan></title>", "<title>a</title>"),
        ("<switch><foreignObject/><g/></switch>", "<switch><g/></switch>"),
    ] {
        assert_eq!(copy_of(inside), copy, "{inside}");
    }
    let entity =
        "<!DOCTYPE svg [<!ENTITY ns 'http://www.w3.org/2000/svg'>]><svg xmlns='&ns;'><title>&ns;</title></svg>";
    let text = open(entity.as_bytes(), "a.svg", 1 << 20).unwrap();
    let copy = sanitise(&parse(&text, "a.svg").unwrap());
    assert_eq!(
        copy,
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><title>http://www.w3.org/2000/svg</title></svg>\n"
    );
}

#[test]
fn links_are_warnings_and_everything_that_acts_is_blocking() {
    let severity = |inside: &str| {
        inspect(&Document::parse(&svg(inside)).unwrap(), "a.svg")
            .remove(0)
            .severity
    };
    assert_eq!(severity("<a href='https://example.org/'/>"), FindingSeverity::Warning);
    assert_eq!(
        severity("<image href='https://example.org/'/>"),
        FindingSeverity::Blocking
    );
    let ids: std::collections::HashSet<_> = RULES.iter().map(|(id, ..)| id).collect();
    assert_eq!(ids.len(), RULES.len());
}

#[test]
fn what_cannot_be_drawn_in_time_is_told() {
    let uses: String = (1..12)
        .map(|level| {
            format!(
                "<g id='g{level}'>{}</g>",
                format!("<use href='#g{}'/>", level - 1).repeat(10)
            )
        })
        .collect();
    let deep = format!("{}{}", "<g>".repeat(100_000), "</g>".repeat(100_000));
    for inside in [
        "<feTurbulence numOctaves='200'/>",
        "<feMorphology radius='2 5000'/>",
        "<feConvolveMatrix order='1000'/>",
        &format!("<path stroke-dasharray='{}'/>", "1 ".repeat(5_000)),
        &"<feFlood/>".repeat(1_000),
        &format!("<g id='g0'/>{uses}<use href='#g11'/>"),
        &deep,
    ] {
        let text = svg(inside);
        let findings = complexity(&parse(&text, "a.svg").unwrap(), "a.svg");
        assert_eq!(
            findings.iter().map(|finding| finding.rule.as_str()).collect::<Vec<_>>(),
            [TOO_COMPLEX]
        );
    }
    let cycle = svg("<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g><feTurbulence numOctaves='4'/>");
    assert_eq!(complexity(&parse(&cycle, "a.svg").unwrap(), "a.svg"), []);
}

#[test]
fn a_fault_in_a_style_is_told_by_its_own_place() {
    for (inside, place, excerpt) in [
        ("\n<g style='fill:red; filter:url(//h/f)'/>", (2, 28), "url(//h/f)"),
        ("\n<style>\n a{}\n @import 'x';</style>", (4, 2), "@import 'x';"),
        ("\n<style><![CDATA[\n é{b:url(x)}]]></style>", (3, 6), "url(x)"),
        ("<g style='a:&#98;;c:url(x)'/>", (1, 104), "url(x)"),
    ] {
        let text = svg(inside);
        let finding = inspect(&Document::parse(&text).unwrap(), "a.svg").remove(0);
        assert_eq!((finding.line.unwrap(), finding.column.unwrap()), place, "{inside}");
        assert_eq!(finding.excerpt.as_deref(), Some(excerpt));
    }
}

#[test]
fn a_finding_names_its_place() {
    let text = "<svg xmlns='http://www.w3.org/2000/svg'>\n <path\n  onload='x\u{7}'/></svg>".replace('\u{7}', "&#9;");
    let document = Document::parse(&text).unwrap();
    let finding = inspect(&document, "a.svg").remove(0);
    assert_eq!((finding.line, finding.column), (Some(3), Some(3)));
    assert_eq!(finding.excerpt.as_deref(), Some("onload='x&#9;'"));
}

#[test]
fn findings_are_bounded() {
    let text = svg(&"<path onload='x'/>".repeat(1_000));
    assert_eq!(rules_of(&text).len(), inspect::MAX_FINDINGS);
}
