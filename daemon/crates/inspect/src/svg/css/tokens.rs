//! The tokens of a style, flat, with the ends of its blocks known.

use std::ops::Range;

use cssparser::{ParseError, Parser, ParserInput, Token};

/// Nobody nests deeper.
const MAX_DEPTH: usize = 32;
/// A style with more tokens than this is not read.
const MAX_TOKENS: usize = 300_000;

/// One token. A function or an opening bracket is followed by what is in it and, at `close`, by its closing bracket.
pub(super) struct PositionedToken<'a> {
    pub token: Token<'a>,
    /// Its place in the style.
    pub range: Range<usize>,
    /// The index of the closing bracket; its own index for everything that opens nothing.
    pub close: usize,
}

/// The style is nested too deeply, or has too many tokens; at this place.
pub(super) struct Excess(pub usize);

/// Every token of a style. Blocks that are never closed are closed at its end.
pub(super) fn tokens(css: &str) -> Result<Vec<PositionedToken<'_>>, Excess> {
    let mut input = ParserInput::new(css);
    let mut parser = Parser::new(&mut input);
    let mut pieces = Vec::new();
    match collect(&mut parser, 0, &mut pieces) {
        Ok(()) => Ok(pieces),
        Err(_) => Err(Excess(pieces.last().map_or(0, |piece| piece.range.start))),
    }
}

fn collect<'i>(
    parser: &mut Parser<'i, '_>,
    depth: usize,
    pieces: &mut Vec<PositionedToken<'i>>,
) -> Result<(), ParseError<'i, ()>> {
    loop {
        let start = parser.position().byte_index();
        let Ok(token) = parser.next_including_whitespace_and_comments() else {
            return Ok(());
        };
        let token = token.clone();
        let end = parser.position().byte_index();
        let closing = match token {
            Token::Function(_) | Token::ParenthesisBlock => Some(Token::CloseParenthesis),
            Token::SquareBracketBlock => Some(Token::CloseSquareBracket),
            Token::CurlyBracketBlock => Some(Token::CloseCurlyBracket),
            _ => None,
        };
        let index = pieces.len();
        pieces.push(PositionedToken {
            token,
            range: start..end,
            close: index,
        });
        if index >= MAX_TOKENS || depth >= MAX_DEPTH {
            return Err(parser.new_custom_error(()));
        }
        if let Some(token) = closing {
            parser.parse_nested_block(|inside| collect(inside, depth + 1, pieces))?;
            let end = parser.position().byte_index();
            pieces[index].close = pieces.len();
            let close = pieces.len();
            pieces.push(PositionedToken {
                token,
                range: end..end,
                close,
            });
        }
    }
}
