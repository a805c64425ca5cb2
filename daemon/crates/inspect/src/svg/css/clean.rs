//! Styles written anew, with nothing in them that could load or run.
//!
//! A rule or a declaration with a danger in it is left out as a whole; tokens are copied as they are spelled, unless they are spelled with escapes.

use cssparser::{ToCss, Token};

use super::tokens::{PositionedToken, tokens};
use super::{dangers, is_harmless, is_script_property};

/// A style sheet: rules, and the at-rules that only hold rules or declare fonts of the file's own.
pub(in crate::svg) fn clean_sheet(css: &str) -> String {
    clean(css, Level::Sheet)
}

/// The declarations of a style attribute.
pub(in crate::svg) fn clean_declarations(css: &str) -> String {
    clean(css, Level::Block)
}

#[derive(Clone, Copy, PartialEq)]
enum Level {
    /// Rules: a semicolon ends at-rules only.
    Sheet,
    /// Declarations, and rules nested in a rule.
    Block,
}

fn clean(css: &str, level: Level) -> String {
    let Ok(pieces) = tokens(css) else {
        return String::new();
    };
    let mut writer = StyleWriter {
        css,
        pieces: &pieces,
        out: String::with_capacity(css.len()),
        comment: false,
    };
    writer.items(0..pieces.len(), level);
    let out = writer.out.trim().to_owned();
    // The inspection decides.
    if dangers(&out).is_empty() { out } else { String::new() }
}

struct StyleWriter<'a> {
    css: &'a str,
    pieces: &'a [PositionedToken<'a>],
    out: String,
    /// A comment was left out since the last token: it may have kept two tokens apart.
    comment: bool,
}

impl StyleWriter<'_> {
    fn items(&mut self, range: std::ops::Range<usize>, level: Level) {
        let mut at = range.start;
        while at < range.end {
            match self.pieces[at].token {
                Token::WhiteSpace(_) => {
                    self.space();
                    at += 1;
                }
                Token::Comment(_) | Token::Semicolon | Token::CDO | Token::CDC => at += 1,
                _ => at = self.item(at, range.end, level),
            }
        }
    }

    /// Writes one rule or declaration, or leaves it out; gives the index behind it.
    fn item(&mut self, start: usize, end: usize, level: Level) -> usize {
        let before = self.out.len();
        let at_rule = match &self.pieces[start].token {
            Token::AtKeyword(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        };
        let is_custom = matches!(&self.pieces[start].token, Token::Ident(name) if name.starts_with("--"));
        let mut at = start;
        let mut block = None;
        let mut semicolon = false;
        while at < end {
            let piece = &self.pieces[at];
            match piece.token {
                Token::CurlyBracketBlock if !(is_custom && level == Level::Block) => {
                    block = Some(at);
                    break;
                }
                Token::Semicolon if at_rule.is_some() || level == Level::Block => {
                    semicolon = true;
                    break;
                }
                _ => at = piece.close + 1,
            }
        }
        let written = self.values(start..at.min(end))
            && match (block, &at_rule) {
                (Some(block), None) => self.block(block, Level::Block),
                (Some(block), Some(name)) => at_rule_level(name).is_some_and(|level| self.block(block, level)),
                (None, None) => level == Level::Block && self.is_declaration(start..at),
                (None, Some(_)) => false,
            };
        if !written {
            self.out.truncate(before);
        } else if block.is_none() {
            self.out.truncate(self.out.trim_end().len());
            self.out.push(';');
        }
        self.comment = false;
        match block {
            Some(block) => self.pieces[block].close + 1,
            None => at + usize::from(semicolon),
        }
    }

    fn block(&mut self, open: usize, level: Level) -> bool {
        self.out.push('{');
        self.items(open + 1..self.pieces[open].close, level);
        self.out.push('}');
        true
    }

    fn is_declaration(&self, range: std::ops::Range<usize>) -> bool {
        let mut tokens = self.pieces[range].iter().map(|piece| &piece.token);
        let named = matches!(tokens.next(), Some(Token::Ident(name)) if !is_script_property(name));
        let mut rest = tokens.skip_while(|token| matches!(token, Token::WhiteSpace(_) | Token::Comment(_)));
        named && matches!(rest.next(), Some(Token::Colon))
    }

    /// Writes tokens; false when one of them is a danger.
    fn values(&mut self, range: std::ops::Range<usize>) -> bool {
        range.into_iter().all(|index| self.value(&self.pieces[index]))
    }

    fn value(&mut self, piece: &PositionedToken<'_>) -> bool {
        let source = &self.css[piece.range.clone()];
        match &piece.token {
            Token::WhiteSpace(_) => {
                self.space();
                return true;
            }
            Token::Comment(_) => {
                self.comment = true;
                return true;
            }
            Token::UnquotedUrl(address) if !is_harmless(address) => return false,
            // Internet Explorer loads what such a filter names.
            Token::Ident(name) if name.eq_ignore_ascii_case("progid") => return false,
            Token::QuotedString(text) if is_progid(text) => return false,
            Token::BadUrl(_) | Token::BadString(_) | Token::CDO | Token::CDC => return false,
            Token::CloseParenthesis => self.out.push(')'),
            Token::CloseSquareBracket => self.out.push(']'),
            Token::CloseCurlyBracket => self.out.push('}'),
            // Bad input can have these where nothing is open: an escape could look like one.
            token => {
                let text = if source.contains(['\\', '<']) || is_cut_off(token, source) {
                    spelled(token)
                } else {
                    source.to_owned()
                };
                self.part(token, &text);
                self.out.push_str(&text);
            }
        }
        self.comment = false;
        true
    }

    fn space(&mut self) {
        if !self.out.ends_with([' ', '{', '}', ';']) && !self.out.is_empty() {
            self.out.push(' ');
        }
        self.comment = false;
    }

    /// Keeps two tokens apart that only a comment kept apart.
    fn part(&mut self, token: &Token<'_>, text: &str) {
        let loose_before = self.out.is_empty()
            || self
                .out
                .ends_with([' ', '{', '}', ';', ':', ',', ')', ']', '(', '[', '>']);
        let loose_after = matches!(
            token,
            Token::Delim('.' | '>') | Token::Colon | Token::Comma | Token::Semicolon
        ) || text.starts_with(['[', '{']);
        if self.comment && !loose_before && !loose_after {
            self.out.push(' ');
        }
    }
}

/// True for a filter of Internet Explorer.
pub(in crate::svg) fn is_progid(value: &str) -> bool {
    const MARK: &[u8] = b"progid:";
    value
        .as_bytes()
        .windows(MARK.len())
        .any(|window| window.eq_ignore_ascii_case(MARK))
}

/// The content of the block of an at-rule; `None` for at-rules that are left out.
fn at_rule_level(name: &str) -> Option<Level> {
    match name {
        "media" | "supports" | "layer" | "container" | "keyframes" | "-webkit-keyframes" | "-moz-keyframes" => {
            Some(Level::Sheet)
        }
        "font-face" => Some(Level::Block),
        _ => None,
    }
}

/// A string or an address that ends with the style has no closing quote or bracket.
fn is_cut_off(token: &Token<'_>, source: &str) -> bool {
    match token {
        Token::QuotedString(_) => source.len() < 2 || source.as_bytes().first() != source.as_bytes().last(),
        Token::UnquotedUrl(_) => !source.ends_with(')'),
        _ => false,
    }
}

/// The token without escapes that are not needed, and with none of HTML's brackets in its strings.
fn spelled(token: &Token<'_>) -> String {
    let text = token.to_css_string();
    match token {
        Token::Delim(_) => text,
        _ => text.replace('<', "\\3c "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_harmless_stays() {
        for (css, cleaned) in [
            (
                ".a { fill : #fff ; stroke:url(#b) }",
                ".a {fill : #fff;stroke:url(#b);}",
            ),
            ("a>b,.c:hover{d:e!important}", "a>b,.c:hover{d:e!important;}"),
            ("/*x*/.a/*y*/.b{c:d}", ".a.b{c:d;}"),
            ("<!-- .a{b:c} -->", ".a{b:c;}"),
            (".a{b:1/**/.5/**/px}", ".a{b:1 .5 px;}"),
            ("@media (width < 600px){.a{b:c}}", "@media (width < 600px){.a{b:c;}}"),
            (
                "@keyframes k{0%{opacity:0}to{opacity:1}}",
                "@keyframes k{0%{opacity:0;}to{opacity:1;}}",
            ),
            (
                "@font-face{font-family:f;src:url(data:font/woff2;base64,AA)}",
                "@font-face{font-family:f;src:url(data:font/woff2;base64,AA);}",
            ),
            (".a{--b:{c:d};e:var(--b)}", ".a{--b:{c:d};e:var(--b);}"),
            (".a{b:c;&:hover{d:e}}", ".a{b:c;&:hover{d:e;}}"),
            (".a{b:'<\\/style>'}", ".a{b:\"\\3c /style>\";}"),
        ] {
            assert_eq!(clean_sheet(css), cleaned, "{css}");
        }
        assert_eq!(clean_declarations("fill:red;;stroke : blue"), "fill:red;stroke : blue;");
    }

    #[test]
    fn what_loads_or_runs_is_left_out() {
        for (css, cleaned) in [
            ("@import 'x';.a{b:c}", ".a{b:c;}"),
            ("@charset 'x';@namespace url(x);@page{a:b}.a{b:c}", ".a{b:c;}"),
            (".a{b:url(http://h/);c:d}", ".a{c:d;}"),
            (".a{b:src(var(--x))}", ""),
            (".a{behavior:url(#x);c:d}", ".a{c:d;}"),
            (
                "@font-face{font-family:f;src:url(//h/f.woff)}",
                "@font-face{font-family:f;}",
            ),
            (".a{b:'unclosed\n;c:d}.e{f:g}", ".a{c:d;}.e{f:g;}"),
            (
                ".a{filter:progid:DXImageTransform.Microsoft.AlphaImageLoader(src='x');c:d}",
                ".a{c:d;}",
            ),
            (
                ".a{-ms-filter:\"ProgID:DXImageTransform.Microsoft.Alpha(Opacity=5)\";c:d}",
                ".a{c:d;}",
            ),
            (
                ".a{-o-link:'javascript:alert(1)';-o-link-source:current;c:d}",
                ".a{c:d;}",
            ),
        ] {
            assert_eq!(clean_sheet(css), cleaned, "{css}");
        }
        assert_eq!(clean_declarations("a:u\\72l(http://h/);} b:c"), "");
    }
}
