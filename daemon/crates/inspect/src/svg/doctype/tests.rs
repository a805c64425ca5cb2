use super::*;

fn expanded(text: &str) -> Result<String, Vec<String>> {
    let messages = |findings: Vec<Finding>| findings.into_iter().map(|finding| finding.message).collect();
    expand(Cow::Borrowed(text), "a.svg")
        .map(Cow::into_owned)
        .map_err(messages)
}

#[test]
fn what_has_no_internal_subset_stays_as_it_is() {
    for text in [
        "<svg/>",
        "<?xml version='1.0'?><!-- <!DOCTYPE x [<!ENTITY a 'b'>]> --><svg/>",
        "<!DOCTYPE svg><svg/>",
        "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\"><svg/>",
    ] {
        assert!(
            matches!(expand(Cow::Borrowed(text), "a.svg"), Ok(Cow::Borrowed(same)) if same == text),
            "{text}"
        );
    }
}

#[test]
fn entities_and_default_attributes_are_put_in() {
    for (subset, body, result) in [
        (
            "<!ENTITY ns 'http://www.w3.org/2000/svg'> <!-- ] -->",
            "<svg xmlns='&ns;'/>",
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
        ),
        (
            "<!ENTITY a 'x'><!ENTITY a 'y'>",
            "<svg a='&a;'>&a;&amp;&#65;</svg>",
            "<svg a='x'>x&amp;&#65;</svg>",
        ),
        (
            "<!ENTITY a '\"&#39;>\n&#38;lt;'>",
            "<svg a='&a;'/>",
            "<svg a='&quot;&apos;&gt; &lt;'/>",
        ),
        ("<!ENTITY a 'b&b;'><!ENTITY b 'c'>", "<svg>&a;</svg>", "<svg>bc</svg>"),
        (
            "<!ENTITY a 'x'>",
            "<svg><!-- &a; --><![CDATA[&a;]]><?p &a;?>&a;</svg>",
            "<svg><!-- &a; --><![CDATA[&a;]]><?p &a;?>x</svg>",
        ),
        ("<!ENTITY a 'x'><!ELEMENT svg ANY>", "<svg>&b;</svg>", "<svg>&b;</svg>"),
        ("<!ENTITY lt 'x'>", "<svg>&lt;</svg>", "<svg>&lt;</svg>"),
        (
            "<!ATTLIST svg a CDATA #FIXED 'x' b (c | d) \"d\" e CDATA #IMPLIED f NMTOKEN #REQUIRED>",
            "<svg b = '>'><svg:svg/><g/></svg>",
            "<svg a=\"x\" b = '>'><svg:svg/><g/></svg>",
        ),
        (
            "<!ENTITY e 'y'><!ATTLIST g onload CDATA 'x&e;'>",
            "<svg><g/></svg>",
            "<svg><g onload=\"xy\"/></svg>",
        ),
    ] {
        let text = format!("<!DOCTYPE svg [{subset}]>{body}");
        let blanks: String = text[..text.len() - body.len()]
            .chars()
            .map(|c| if c == '\n' { c } else { ' ' })
            .collect();
        assert_eq!(expanded(&text), Ok(format!("{blanks}{result}")), "{text}");
    }
}

#[test]
fn what_refers_elsewhere_has_markup_or_grows_is_refused() {
    let refused =
        |subset: &str, body: &str| expanded(&format!("<!DOCTYPE svg [{subset}]><svg>{body}</svg>")).unwrap_err();
    for (subset, message) in [
        (
            "<!ENTITY a SYSTEM 'file:///etc/passwd'>",
            "the entity a, whose value is outside",
        ),
        ("<!ENTITY a SYSTEM 'http://host/'>", "outside"),
        ("<!ENTITY a PUBLIC 'a' 'http://host/' NDATA b>", "outside"),
        ("<!ENTITY % a 'http://host/'>", "parameter entity"),
        ("%a;", "does not need"),
        ("<!NOTATION a SYSTEM 'b'>", "does not need"),
        ("<!ENTITY a '<script/>'>", "markup"),
        ("<!ENTITY a '&#60;script/>'>", "markup"),
        ("<!ENTITY a '&#x3c;script/>'>", "markup"),
        ("<!ENTITY a 'b&#38;l'>", "markup"),
        ("<!ENTITY a '%b;'>", "markup"),
        ("<!ENTITY a>", "without a value"),
        ("<!ATTLIST svg a b>", "the attribute a of <svg>"),
        ("<!ATTLIST svg a CDATA '<'>", "the attribute a of <svg>"),
    ] {
        let messages = refused(subset, "");
        assert!(
            messages.len() == 1 && messages[0].contains(message),
            "{subset}: {messages:?}"
        );
    }
    let laughs = "<!ENTITY a 'ha'><!ENTITY b '&a;&a;'><!ENTITY c '&b;&b;'>";
    assert!(refused(laughs, "&c;")[0].contains("nested more than 2 deep"));
    assert!(refused("<!ENTITY a '&a;'>", "&a;")[0].contains("nested"));
    let long = format!("<!ENTITY a '{}'>", "x".repeat(1_000));
    assert!(refused(&long, &"&a;".repeat(66))[0].contains("more than 64 KiB"));
    assert!(expanded(&format!("<!DOCTYPE svg [{long}]><svg>{}</svg>", "&a;".repeat(65))).is_ok());
    let list = format!("<!ATTLIST g a CDATA '{}'>", "x".repeat(1_000));
    assert!(refused(&list, &"<g/>".repeat(66))[0].contains("more than 64 KiB"));
    let elsewhere = "<?a?><!-- --> <!doctype svg SYSTEM 'http://host/evil.dtd'><svg/>";
    assert!(expanded(elsewhere).unwrap_err()[0].contains("not one of the W3C's"));
}
