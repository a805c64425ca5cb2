//! Styles: what they could load or run, by the tokens that a browser reads.

mod clean;
mod tokens;

use std::ops::Range;

use cssparser::Token;

use self::tokens::{PositionedToken, tokens};
use super::embedded;
use super::url::{self, UrlTarget};

/// The search ends after this many.
const MAX_DANGERS: usize = 50;

pub(super) use self::clean::{clean_declarations, clean_sheet, is_progid};

/// A part of a style that can load or run something, with its range.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Danger {
    pub kind: DangerKind,
    pub range: Range<usize>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum DangerKind {
    Import,
    /// Old browsers run it.
    Script,
    /// An address, as it is after undoing escapes.
    Url(String),
    /// An address that is made when the style is used.
    MadeUrl,
    /// Nested deeper or longer than anything honest.
    Excess,
}

/// True when the value of an attribute needs [`dangers`]: it has a function, or escapes that may hide one.
pub(super) fn may_refer(value: &str) -> bool {
    value.contains('(') && (value.contains(['\\', '*']) || names_a_loader(value))
}

fn names_a_loader(value: &str) -> bool {
    let words: [&[u8]; 6] = [b"url", b"src", b"image", b"expression", b"domain", b"cross-fade"];
    words.iter().any(|word| {
        value
            .as_bytes()
            .windows(word.len())
            .any(|window| window.eq_ignore_ascii_case(word))
    })
}

/// The dangers in their order, the first [`MAX_DANGERS`].
pub(super) fn dangers(css: &str) -> Vec<Danger> {
    let pieces = match tokens(css) {
        Ok(pieces) => pieces,
        Err(excess) => {
            let range = excess.0..css.len();
            return vec![Danger {
                kind: DangerKind::Excess,
                range,
            }];
        }
    };
    let mut dangers = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let mut found = Vec::new();
        dangers_at(&pieces, index, piece, &mut found);
        // Harmless URLs are left out, so that they do not count to the limit.
        found.retain(|danger| !matches!(&danger.kind, DangerKind::Url(address) if is_harmless(address)));
        dangers.append(&mut found);
        if dangers.len() >= MAX_DANGERS {
            break;
        }
    }
    dangers
}

/// The `data-*` attributes that the selectors of a style sheet name.
pub(super) fn selected_attributes(css: &str) -> Vec<String> {
    if !css.contains("data-") {
        return Vec::new();
    }
    let pieces = tokens(css).unwrap_or_default();
    let opened = pieces
        .iter()
        .enumerate()
        .filter(|(_, piece)| matches!(piece.token, Token::SquareBracketBlock));
    let named = opened.filter_map(|(index, piece)| {
        pieces[index + 1..piece.close]
            .iter()
            .find_map(|piece| match &piece.token {
                Token::Ident(name) if name.starts_with("data-") => Some(name.to_string()),
                _ => None,
            })
    });
    named.collect()
}

/// Fragments of this file, and pictures and fonts in the address itself.
fn is_harmless(address: &str) -> bool {
    match url::target(address) {
        UrlTarget::Nothing | UrlTarget::Fragment | UrlTarget::Font => true,
        UrlTarget::Picture => embedded::is_picture(address),
        UrlTarget::Data => embedded::is_picture(address) || embedded::is_font(address),
        UrlTarget::Script | UrlTarget::Elsewhere => false,
    }
}

/// The properties that load scripts in old browsers.
fn is_script_property(name: &str) -> bool {
    ["behavior", "-ms-behavior", "-moz-binding", "-o-link", "-o-link-source"]
        .iter()
        .any(|property| name.eq_ignore_ascii_case(property))
}

fn dangers_at(pieces: &[PositionedToken<'_>], index: usize, piece: &PositionedToken<'_>, dangers: &mut Vec<Danger>) {
    let mut add = |kind, range: Range<usize>| dangers.push(Danger { kind, range });
    match &piece.token {
        Token::AtKeyword(name) if name.eq_ignore_ascii_case("import") => {
            add(DangerKind::Import, piece.range.start..end_of_statement(pieces, index));
        }
        Token::AtKeyword(name) if name.eq_ignore_ascii_case("namespace") => {
            let quoted = pieces[index..].iter().take(6).find_map(|piece| match &piece.token {
                Token::QuotedString(text) => Some((text.to_string(), piece.range.clone())),
                _ => None,
            });
            if let Some((address, range)) = quoted.filter(|(address, _)| !is_w3c(address)) {
                add(DangerKind::Url(address), range);
            }
        }
        Token::Ident(name) if is_script_property(name) && next_is_colon(pieces, index) => {
            add(DangerKind::Script, piece.range.start..end_of_statement(pieces, index));
        }
        Token::UnquotedUrl(address) if is_namespace_rule(pieces, index) && is_w3c(address) => {}
        Token::UnquotedUrl(address) => add(DangerKind::Url(address.to_string()), piece.range.clone()),
        Token::BadUrl(text) => add(DangerKind::Url(text.to_string()), piece.range.clone()),
        Token::Function(name) => function(pieces, index, &name.to_ascii_lowercase(), &mut add),
        _ => {}
    }
}

fn function(pieces: &[PositionedToken<'_>], index: usize, name: &str, add: &mut impl FnMut(DangerKind, Range<usize>)) {
    let inside = &pieces[index + 1..pieces[index].close];
    let whole = pieces[index].range.start..pieces[pieces[index].close].range.end;
    let loads_first = matches!(name, "url" | "src" | "url-prefix" | "domain");
    let loads_all =
        name.ends_with("image-set") || matches!(name, "image" | "-webkit-image" | "cross-fade" | "-webkit-cross-fade");
    if name == "expression" {
        return add(DangerKind::Script, whole);
    }
    if !loads_first && !loads_all {
        return;
    }
    let mut named = false;
    for piece in inside {
        match &piece.token {
            Token::QuotedString(address) if !(is_namespace_rule(pieces, index) && is_w3c(address)) => {
                named = true;
                add(DangerKind::Url(address.to_string()), whole.clone());
            }
            Token::QuotedString(_) => named = true,
            Token::Function(name)
                if ["var", "env", "attr"]
                    .iter()
                    .any(|maker| name.eq_ignore_ascii_case(maker)) =>
            {
                named = true;
                add(DangerKind::MadeUrl, whole.clone());
            }
            _ => {}
        }
    }
    if loads_first && !named {
        add(DangerKind::MadeUrl, whole);
    }
}

/// The names of name spaces are addresses that nobody loads.
fn is_w3c(address: &str) -> bool {
    address.starts_with("http://www.w3.org/")
}

fn is_namespace_rule(pieces: &[PositionedToken<'_>], index: usize) -> bool {
    pieces[..index]
        .iter()
        .rev()
        .take(5)
        .any(|piece| matches!(&piece.token, Token::AtKeyword(name) if name.eq_ignore_ascii_case("namespace")))
}

fn next_is_colon(pieces: &[PositionedToken<'_>], index: usize) -> bool {
    let next = pieces[index + 1..]
        .iter()
        .find(|piece| !matches!(piece.token, Token::WhiteSpace(_) | Token::Comment(_)));
    next.is_some_and(|piece| matches!(piece.token, Token::Colon))
}

fn end_of_statement(pieces: &[PositionedToken<'_>], index: usize) -> usize {
    let end = pieces[index..]
        .iter()
        .find(|piece| matches!(piece.token, Token::Semicolon | Token::CloseCurlyBracket));
    end.or(pieces.last()).map_or(0, |piece| piece.range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(css: &str) -> Vec<DangerKind> {
        dangers(css).into_iter().map(|danger| danger.kind).collect()
    }

    #[test]
    fn what_loads_or_runs_is_found_however_it_is_spelled() {
        let url = |address: &str| vec![DangerKind::Url(address.to_owned())];
        for (css, found) in [
            ("a{fill:url(http://h/x)}", url("http://h/x")),
            ("a{fill:u\\72l(http://h/x)}", url("http://h/x")),
            ("a{fill:URL( 'http://h/x' )}", url("http://h/x")),
            ("a{b:image-set('http://h/x' 1x)}", url("http://h/x")),
            ("a{b:-webkit-image-set(\"http://h/x\" 1x)}", url("http://h/x")),
            ("a{b:src('http://h/x')}", url("http://h/x")),
            ("a{b:src(var(--x))}", vec![DangerKind::MadeUrl]),
            ("a{b:url(#a);c:url('#b')}", vec![]),
            ("@import 'x';", vec![DangerKind::Import]),
            (
                "@\\69mport url(x);",
                vec![DangerKind::Import, DangerKind::Url("x".to_owned())],
            ),
            ("@im/**/port 'x';", vec![]),
            ("@namespace svg url(http://www.w3.org/2000/svg);", vec![]),
            ("@namespace 'http://www.w3.org/2000/svg';", vec![]),
            ("@namespace 'http://h/';", url("http://h/")),
            ("a{behavior:x}", vec![DangerKind::Script]),
            ("a{-moz-bind\\69ng : x}", vec![DangerKind::Script]),
            ("a{-o-l\\69nk:'javascript:x'}", vec![DangerKind::Script]),
            ("a{src:url('data:;base64,T1RUTwAC')}", vec![]),
            ("a{width:expression(1)}", vec![DangerKind::Script]),
            ("a{content:'url(http://h/)'} /* url(http://h/) */", vec![]),
            ("a{fill:url(http://h/x", url("http://h/x")),
        ] {
            assert_eq!(kinds(css), found, "{css}");
        }
    }

    #[test]
    fn what_is_harmless_does_not_hide_what_is_not() {
        let css = format!(
            "a{{{}c:url(http://h/)}}",
            "b:url(#x);src:url(data:font/woff2;base64,AA);".repeat(1_000)
        );
        assert_eq!(kinds(&css), [DangerKind::Url("http://h/".to_owned())]);
        assert!(kinds(&"@import ".repeat(100_000)).len() >= MAX_DANGERS);
        assert_eq!(clean_sheet(&"@import ".repeat(100_000)), "");
    }

    #[test]
    fn what_is_nested_too_deeply_is_an_excess_and_no_stack_overflow() {
        for bracket in ["(", "[", "{", "a("] {
            assert_eq!(kinds(&bracket.repeat(100_000)), [DangerKind::Excess]);
            assert_eq!(clean_sheet(&bracket.repeat(100_000)), "");
        }
    }
}
