use super::*;

fn slug(name: &str) -> String {
    PackName::parse(name).unwrap().slug()
}

#[test]
fn slugs_are_ascii_and_never_empty() {
    assert_eq!(slug("Lucide"), "lucide");
    assert_eq!(slug("Arrows & Chevrons (2026)"), "arrows-chevrons-2026");
    assert_eq!(
        slug("!!!"),
        "x-6fc41b88".replace("6fc41b88", &hex::encode(&Sha256::digest(b"!!!")[..4]))
    );
    assert!(slug("花").starts_with("x-"));
    assert_ne!(slug("花"), slug("海"));
    assert_ne!(slug("Café"), slug("Cafè"));
    assert!(slug(&"é".repeat(80)).len() <= 80);
}

#[test]
fn names_are_in_nfc_and_have_no_hidden_characters() {
    assert_eq!(
        PackName::parse("Cafe\u{301}").unwrap(),
        PackName::parse("Café").unwrap()
    );
    assert!(
        PackName::parse(&"e\u{301}".repeat(80)).is_ok(),
        "the length counts afterwards"
    );
    for hidden in ['\0', '\u{202E}', '\u{E0041}'] {
        assert!(PackName::parse(&format!("a{hidden}b")).is_err());
        assert!(Description::parse(&format!("a\nb{hidden}")).is_err());
    }
}

#[test]
fn titles_are_made_of_file_names() {
    let title = |path: &str| Title::from_path(&FilePath::parse(path).unwrap()).as_str().to_owned();
    assert_eq!(title("icons/arrow-up_left.svg"), "Arrow up left");
    assert_eq!(title("été.svg"), "été");
    assert_eq!(title("-.svg"), "Untitled");
}

#[test]
fn words_keep_their_rules_through_json() {
    assert!(serde_json::from_str::<Tag>("\"Upper\"").is_err());
    assert!(serde_json::from_str::<Currency>("\"eur\"").is_err());
    assert_eq!(serde_json::from_str::<Currency>("\"EUR\"").unwrap().as_str(), "EUR");
    assert!(LicenceId::parse("CC-BY-4.0").is_ok() && LicenceId::parse("do what you want").is_err());
    assert!(Tag::parse("größe-24").is_ok() && Tag::parse("-a").is_err());
}
