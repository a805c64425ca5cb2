//! Files that are two things at once.
//!
//! The rule: no signature of another format may be where a reader of that format searches for it. ZIP readers (and with them Java, Android and Office)
//! look from the end; PDF readers in the first 1,024 bytes; tar and ISO at fixed places; self-extracting RAR and 7z anywhere; PHP and browsers
//! that guess anywhere, which is why a picture or a sound may contain no opening tag of a script, wherever it hides.

use super::FileType;
use super::types::starts_with_ignoring_case;
use crate::magic;

/// An end record with the longest comment, and as much again after it.
const TAIL_BYTES: usize = 2 * (22 + 65_535);
/// The bytes that PDF readers, and browsers that sniff, search.
const HEAD_BYTES: usize = 1_024;

/// Every other format that is found; each completes the sentence "the file ...".
pub(super) fn find(bytes: &[u8], file_type: FileType, metadata: &[&[u8]]) -> Vec<&'static str> {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let tail = &bytes[bytes.len().saturating_sub(TAIL_BYTES)..];
    let at = |offset: usize, mark: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(mark));
    let anywhere = |mark: &[u8]| memchr::memmem::find(bytes, mark).is_some();
    let mut found = Vec::new();
    if magic::ends_as_zip(tail) || has_zip_member(bytes) {
        found.push("is also a ZIP archive");
    }
    if memchr::memmem::find(head, b"%PDF-").is_some() {
        found.push("is also a PDF");
    }
    if at(257, b"ustar") || [32_769, 34_817, 36_865].iter().any(|&offset| at(offset, b"CD001")) {
        found.push("is also a tar archive or a disk image");
    }
    if anywhere(b"Rar!\x1a\x07") || anywhere(b"7z\xbc\xaf\x27\x1c") {
        found.push("is also a RAR or 7z archive");
    }
    if begins_as_javascript(bytes, file_type) {
        found.push("is also a JavaScript program, by the length of its first part: save it again");
    }
    // In a drawing scripts have their own rules; what is compressed shows nothing.
    if !matches!(file_type, FileType::Svg | FileType::Svgz | FileType::Unknown) && has_script(bytes, head, metadata) {
        found.push("has a script or a web page in it");
    }
    found
}

/// The signature of some formats is a word of JavaScript, and the length behind it may begin a comment, or assign a text.
fn begins_as_javascript(bytes: &[u8], file_type: FileType) -> bool {
    let is_word = match file_type {
        FileType::Jpeg | FileType::WebP | FileType::Wav => true,
        FileType::Mp3 => bytes.starts_with(b"\xff"),
        _ => false,
    };
    is_word
        && matches!(
            bytes.get(4..6),
            Some([b'/', b'*' | b'/'] | [b'=', b'`' | b'"' | b'\'' | b'/'])
        )
}

/// A local header that makes sense: chance alone brings one in 2^50 bytes.
fn has_zip_member(bytes: &[u8]) -> bool {
    memchr::memmem::find_iter(bytes, b"PK\x03\x04").any(|at| {
        let Some(&[version, host, _, flags, method, method_high]) = super::array::<6>(bytes, at + 4).as_ref() else {
            return false;
        };
        let methods = [0, 1, 6, 8, 9, 12, 14, 93, 95, 98, 99];
        version <= 63 && host <= 20 && flags & 0xd0 == 0 && methods.contains(&method) && method_high == 0
    })
}

/// Long tags are looked for everywhere; short ones, which chance brings now and then, only where text is.
fn has_script(bytes: &[u8], head: &[u8], metadata: &[&[u8]]) -> bool {
    const ANYWHERE: [&[u8]; 3] = [b"<script", b"<!doctype html", b"<%@ page"];
    const IN_TEXT: [&[u8]; 4] = [b"<html", b"<body", b"<iframe", b"<svg"];
    let whole = |rest: &[u8]| {
        let ends = |tag: &[u8]| {
            rest.get(tag.len())
                .is_none_or(|&byte| byte.is_ascii_whitespace() || b"/>".contains(&byte))
        };
        IN_TEXT
            .iter()
            .any(|tag| starts_with_ignoring_case(rest, tag) && ends(tag))
    };
    let php =
        |rest: &[u8]| starts_with_ignoring_case(rest, b"<?php") && rest.get(5).is_none_or(u8::is_ascii_whitespace);
    let any = |rest: &[u8], tags: &[&[u8]]| tags.iter().any(|tag| starts_with_ignoring_case(rest, tag));
    has_tag(bytes, |rest| php(rest) || any(rest, &ANYWHERE))
        || has_tag(head, |rest| whole(rest) || is_php_echo(rest))
        || metadata
            .iter()
            .any(|text| has_tag(text, |rest| whole(rest) || is_php_echo(rest)) || has_script_address(text))
}

fn has_tag(text: &[u8], test: impl Fn(&[u8]) -> bool) -> bool {
    // The second byte settles nearly all: a file may be full of `<` to keep us busy.
    let may_be_tag = |at: usize| {
        matches!(
            text.get(at + 1),
            Some(b'!' | b'%' | b'?' | b'b' | b'B' | b'h' | b'H' | b'i' | b'I' | b's' | b'S')
        )
    };
    memchr::memchr_iter(b'<', text).any(|at| may_be_tag(at) && test(&text[at..]))
}

/// PHP's shortest tag is no proof by itself: text must follow it.
fn is_php_echo(rest: &[u8]) -> bool {
    let printable = |byte: &u8| matches!(byte, b' '..=b'~');
    rest.starts_with(b"<?=") && rest.get(3..11).is_some_and(|text| text.iter().all(printable))
}

fn has_script_address(text: &[u8]) -> bool {
    const SCHEME: &[u8] = b"javascript:";
    memchr::memchr2_iter(b'j', b'J', text).any(|at| starts_with_ignoring_case(&text[at..], SCHEME))
}
