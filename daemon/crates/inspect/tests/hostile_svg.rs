//! Every hostile SVG of the public corpora is refused or neutralised: its copy is read again by two other parsers, and looked at by a check that
//! shares no code with the inspection.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use html5ever::tendril::TendrilSink;
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use tradepost_base::FindingSeverity;
use tradepost_inspect::svg;
use xml::reader::{ParserConfig, XmlEvent};

const LIMIT: u64 = 10 << 20;

/// The elements of a static picture; nothing else may be in a copy.
const ELEMENTS: &str = "a animate animatemotion animatetransform circle clippath defs desc ellipse feblend fecolormatrix \
    fecomponenttransfer fecomposite feconvolvematrix fediffuselighting fedisplacementmap fedistantlight fedropshadow feflood fefunca \
    fefuncb fefuncg fefuncr fegaussianblur feimage femerge femergenode femorphology feoffset fepointlight fespecularlighting \
    fespotlight fetile feturbulence filter g image line lineargradient marker mask mpath path pattern polygon polyline \
    radialgradient rect set stop style svg switch symbol text textpath title tref tspan use view";

/// One element with its attributes, as some parser read it.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

fn read_as_xml(text: &str) -> Vec<Element> {
    let mut elements = Vec::new();
    let reader = ParserConfig::new().create_reader(text.as_bytes());
    for event in reader {
        match event.expect("a copy is well-formed") {
            XmlEvent::StartElement { name, attributes, .. } => {
                assert_eq!(name.namespace.as_deref(), Some("http://www.w3.org/2000/svg"));
                elements.push(Element {
                    name: name.local_name,
                    attributes: attributes
                        .into_iter()
                        .map(|one| (one.name.local_name, one.value))
                        .collect(),
                    text: String::new(),
                });
            }
            XmlEvent::Characters(text) | XmlEvent::CData(text) => elements.last_mut().unwrap().text.push_str(&text),
            XmlEvent::ProcessingInstruction { name, .. } => panic!("a copy has the instruction {name}"),
            XmlEvent::Comment(_) | XmlEvent::Doctype { .. } => panic!("a copy has a comment or a document type"),
            _ => {}
        }
    }
    elements
}

/// Browsers that guess the type of a file may read it as a page.
fn read_as_html(text: &str) -> Vec<Element> {
    let dom = html5ever::parse_document(RcDom::default(), Default::default()).one(text);
    let mut elements = Vec::new();
    let mut waiting: Vec<Handle> = vec![dom.document.clone()];
    while let Some(node) = waiting.pop() {
        if let NodeData::Element { name, attrs, .. } = &node.data {
            let children = node.children.borrow();
            let text = children.iter().filter_map(|child| match &child.data {
                NodeData::Text { contents } => Some(contents.borrow().to_string()),
                _ => None,
            });
            elements.push(Element {
                name: name.local.to_string(),
                attributes: attrs
                    .borrow()
                    .iter()
                    .map(|one| (one.name.local.to_string(), one.value.to_string()))
                    .collect(),
                text: text.collect(),
            });
        }
        waiting.extend(node.children.borrow().iter().cloned());
    }
    // The parser makes these three itself.
    elements.retain(|element| {
        !(matches!(element.name.as_str(), "html" | "head" | "body") && element.attributes.is_empty())
    });
    elements
}

fn assert_harmless(elements: &[Element], file: &str) {
    for element in elements {
        let name = element.name.to_lowercase();
        assert!(
            ELEMENTS.split_whitespace().any(|known| known == name),
            "{file}: <{name}>"
        );
        for (attribute, value) in &element.attributes {
            let attribute = attribute.to_lowercase();
            let plain: String = value
                .to_lowercase()
                .chars()
                .filter(|c| !c.is_whitespace() && !c.is_control())
                .collect();
            assert!(!attribute.starts_with("on"), "{file}: {attribute}");
            assert!(
                !plain.contains("script:") && !plain.contains("data:text"),
                "{file}: {attribute}={value}"
            );
            if attribute.ends_with("href") || attribute == "src" {
                assert!(
                    plain.starts_with('#') || plain.starts_with("data:image/"),
                    "{file}: {attribute}={value}"
                );
                assert!(!plain.contains("svg+xml"), "{file}: {attribute}={value}");
            } else {
                assert_loads_nothing(&plain, file);
            }
            if name == "set" || name.starts_with("animate") {
                assert!(
                    attribute != "attributename" || !(plain.contains("href") || plain.starts_with("on")),
                    "{file}: {value}"
                );
            }
        }
        if name == "style" {
            assert_loads_nothing(&element.text.to_lowercase().replace(char::is_whitespace, ""), file);
        }
    }
}

fn assert_loads_nothing(style: &str, file: &str) {
    assert!(
        !style.contains("@import") && !style.contains("expression(") && !style.contains("behavior:"),
        "{file}: {style}"
    );
    for after in style.split("url(").skip(1) {
        let address = after.trim_start_matches(['"', '\'']);
        let inside = ["#", "data:image/", "data:font/"]
            .iter()
            .any(|start| address.starts_with(start));
        assert!(inside && !address.starts_with("data:image/svg"), "{file}: {style}");
    }
}

/// The result of a file.
#[derive(Debug, PartialEq)]
enum Fate {
    Refused,
    /// Has blocking findings, and a harmless copy.
    Blocked,
    /// Has no blocking findings, and a harmless copy.
    Copied,
}

fn fate(bytes: &[u8], name: &str) -> Fate {
    let Ok(text) = svg::open(bytes, name, LIMIT) else {
        return Fate::Refused;
    };
    let Ok(document) = svg::parse(&text, name) else {
        return Fate::Refused;
    };
    let copy = svg::sanitise(&document);
    assert_harmless(&read_as_xml(&copy), name);
    assert_harmless(&read_as_html(&copy), name);
    assert_eq!(svg::inspect(&svg::parse(&copy, name).unwrap(), name), [], "{name}");
    let findings = svg::inspect(&document, name);
    assert!(
        findings
            .iter()
            .all(|finding| finding.line.is_some() && finding.excerpt.is_some())
    );
    match findings
        .iter()
        .any(|finding| finding.severity == FindingSeverity::Blocking)
    {
        true => Fate::Blocked,
        false => Fate::Copied,
    }
}

fn corpus(folder: &str) -> Option<Vec<PathBuf>> {
    let Some(corpora) = std::env::var_os("TRADEPOST_CORPORA") else {
        println!("skipped: TRADEPOST_CORPORA is not set");
        return None;
    };
    let folder = Path::new(&corpora).join("svg").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    Some(files)
}

#[test]
fn every_payload_is_refused_or_its_copy_is_harmless() {
    for (folder, least) in [("dompurify", 40), ("payloads-all-the-things", 19)] {
        let Some(files) = corpus(folder) else { return };
        assert!(files.len() >= least, "{folder} has {} files", files.len());
        for file in files {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let bytes = std::fs::read(&file).unwrap();
            let found = fate(&bytes, &name);
            println!("{folder}/{name}: {found:?}");
            // DOMPurify keeps a few honest files among its own; all others must not get through.
            let honest = ["dp-220.svg"];
            assert!(
                found != Fate::Copied || honest.contains(&name.as_str()),
                "{name} is not found to be active"
            );
        }
    }
}

/// Pieces that are put together to files: each is dangerous alone, and may hide the next one.
const PIECES: [&str; 40] = [
    "<script>alert(1)</script>",
    "<path onload='x' d='M0 0h1'/>",
    "<a href='java&#x73;cript:x' xlink:href='\tjavascript:x'>",
    "</a>",
    "<g",
    " style='fill:u\\72l(http://h/x)'",
    " style=\"a:url('javascript:x');b:c\"",
    " fill='url(//h/x)'",
    " onclick='x'",
    ">",
    "</g>",
    "<style>@import 'x'; a{b:url(http://h/)} c{d:e}",
    "<style><![CDATA[ a{b:c} </style><script>1</script> ]]>",
    "<style>&lt;/style>&lt;img src=x onerror=1>",
    "</style>",
    "<title>&lt;/title>&lt;script>1&lt;/script>",
    "</title>",
    "<desc><![CDATA[</desc><script>alert(1)</script>]]></desc>",
    "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml' onclick='x'/></foreignObject>",
    "<animate attributeName='href' values='javascript:x'/>",
    "<set attributeName='fill' to='url(http://h/)'/>",
    "<set attributeName='onload' to='x'/>",
    "<use href='http://h/#a'/>",
    "<use href='#a'/>",
    "<image href='data:image/svg+xml,&lt;svg onload=1>'/>",
    "<image href='data:image/png;base64,iVBORw0KGgo='/>",
    "<text>&lt;img src=x onerror=alert(1)&gt;",
    "</text>",
    "<!-- --><script/>",
    "<?xml-stylesheet href='x'?>",
    "<math xmlns='http://www.w3.org/1998/Math/MathML'><mi href='javascript:x'/></math>",
    "<x:y xmlns:x='urn:x' x:onload='1' href='javascript:x'/>",
    "<iframe src='javascript:x'/>",
    "<handler>1</handler>",
    "<g class='`onload=x' id='\"&gt;&lt;script&gt;'/>",
    "<path style='--a:{b:url(x)};c:var(--a)'/>",
    "<path style='behavior:url(#x);-moz-binding:url(x)'/>",
    "<style>a{b:'</style>",
    "<style>/* </style><path style='*/ @import url(x)'/>",
    "<svg><svg onload='x'/></svg>",
];

#[test]
fn whatever_is_put_together_its_copy_is_harmless() {
    let mut state = 7_u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut copied = 0;
    for _ in 0..20_000 {
        let pieces: String = (0..=random(6)).map(|_| PIECES[random(PIECES.len())]).collect();
        let text = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>{pieces}</svg>"
        );
        copied += usize::from(fate(text.as_bytes(), &text) != Fate::Refused);
    }
    assert!(copied > 1_000, "only {copied} were well-formed");
}
