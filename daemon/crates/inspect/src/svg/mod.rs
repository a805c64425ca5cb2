//! SVG: what a file may not contain, and the copy of it that is published.
//!
//! [`open`] makes text of bytes, [`parse`] makes a tree of the text, [`inspect`] and [`complexity`] say what is wrong with the tree, and
//! [`sanitise`] writes it anew with nothing in it that could run, load or hide.

mod allow;
mod complexity;
mod css;
mod doctype;
mod embedded;
mod inspect;
mod left_out;
mod limits;
mod open;
mod parse;
mod rules;
mod sanitise;
#[cfg(test)]
mod tests;
mod url;
mod walk;

pub use self::complexity::complexity;
pub use self::inspect::inspect;
pub use self::left_out::left_out;
pub use self::open::open;
pub use self::parse::parse;
pub use self::rules::{
    ANIMATION, COMPRESSED, COPY_DIFFERS, DOCTYPE, EMBEDDED_DATA, ENCODING, EVENT_HANDLER, EXTERNAL_LINK,
    EXTERNAL_REFERENCE, FOREIGN_CONTENT, INSTRUCTION, NOT_SVG, PRIVATE_CONTENT, RENDERS_NOTHING, RULES, SCRIPT,
    SCRIPT_URL, STYLE_SCRIPT, STYLESHEET, TOO_COMPLEX, TOO_LARGE, refusal,
};
pub use self::sanitise::sanitise;

/// The name space of every element that draws something.
pub const NAMESPACE: &str = "http://www.w3.org/2000/svg";
