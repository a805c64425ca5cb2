use super::*;

fn rules_of(text: &str) -> Vec<String> {
    let document = Document::parse(text).unwrap();
    judge(&document, "a.svg")
        .into_iter()
        .map(|finding| finding.rule)
        .collect()
}

fn svg(inside: &str) -> String {
    format!("<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>{inside}</svg>")
}

#[test]
fn harmless_drawings_have_no_findings() {
    for inside in [
        "<path d='M0 0h1' fill='url(#a)' style='mask: url(\"#b\")'/>",
        "<use xlink:href='#a'/><use href=' #a'/>",
        "<image href='data:image/png;base64,AAAA'/><image xlink:href='data:image/jpeg,xx'/>",
        "<style>@font-face{font-family:a;src:url(data:font/woff2;base64,AA)} .a{fill:url(#b)}</style>",
        "<animate attributeName='opacity' values='0;1'/>",
        "<metadata><rdf:RDF xmlns:rdf='urn:r'><rdf:li rdf:resource='http://example.org/'/></rdf:RDF></metadata>",
        "<title>onload=alert(1) javascript:x</title>",
    ] {
        assert_eq!(rules_of(&svg(inside)), Vec::<String>::new(), "{inside}");
    }
}

#[test]
fn every_way_to_be_active_is_found() {
    for (inside, rule) in [
        ("<script>1</script>", rules::SCRIPT),
        ("<a:script xmlns:a='http://www.w3.org/1999/xhtml'/>", rules::SCRIPT),
        ("<path onload='x'/>", rules::EVENT_HANDLER),
        ("<path OnClick='x'/>", rules::EVENT_HANDLER),
        ("<a href='javascript:x'/>", rules::SCRIPT_URL),
        ("<a xlink:href='&#9; j&#97;va\tscr&#10;ipt:x'/>", rules::SCRIPT_URL),
        ("<a href='data:text/html,x'/>", rules::SCRIPT_URL),
        ("<set to='javascript:x' attributeName='x'/>", rules::SCRIPT_URL),
        ("<use href='other.svg#a'/>", rules::EXTERNAL_REFERENCE),
        ("<use href='data:image/png,x'/>", rules::EXTERNAL_REFERENCE),
        ("<image href='//host/x.png'/>", rules::EXTERNAL_REFERENCE),
        ("<image href='data:image/svg+xml,x'/>", rules::EXTERNAL_REFERENCE),
        ("<g xml:base='http://host/'/>", rules::EXTERNAL_REFERENCE),
        ("<g fill='URL( http://host/x )'/>", rules::EXTERNAL_REFERENCE),
        ("<g style='fill:u\\72l(http://host)'/>", rules::EXTERNAL_REFERENCE),
        (
            "<style>@im/**/port 'x'; @\\69mport 'y'</style>",
            rules::EXTERNAL_REFERENCE,
        ),
        (
            "<style><![CDATA[a{b:url(\"http://host\")}]]></style>",
            rules::EXTERNAL_REFERENCE,
        ),
        ("<foreignObject/>", rules::FOREIGN_CONTENT),
        ("<b xmlns='http://www.w3.org/1999/xhtml'/>", rules::FOREIGN_CONTENT),
        ("<animate attributeName='xlink:href'/>", rules::ANIMATION),
        ("<set attributeName='onclick'/>", rules::ANIMATION),
        ("<?xml-stylesheet href='x'?>", rules::STYLESHEET),
    ] {
        assert_eq!(
            rules_of(&svg(inside)).first().map(String::as_str),
            Some(rule),
            "{inside}"
        );
    }
}

#[test]
fn a_finding_names_its_place() {
    let text = "<svg xmlns='http://www.w3.org/2000/svg'>\n <path\n  onload='x\u{7}'/></svg>".replace('\u{7}', "&#9;");
    let document = Document::parse(&text).unwrap();
    let finding = judge(&document, "a.svg").remove(0);
    assert_eq!((finding.line, finding.column), (Some(3), Some(3)));
    assert_eq!(finding.excerpt.as_deref(), Some("onload='x&#9;'"));
}

#[test]
fn findings_are_bounded() {
    let text = svg(&"<path onload='x'/>".repeat(1_000));
    assert_eq!(rules_of(&text).len(), MAX_FINDINGS);
}
