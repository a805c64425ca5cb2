//! Numbers in request bodies.

use axum::body::Bytes;

/// Cuts fractions of zero off the numbers of a JSON text: `48213.0` is an integer, too (JSON Schema 2020-12, 4.2.3).
pub(super) fn cut_zero_fractions(json: Bytes) -> Bytes {
    if !json.contains(&b'.') {
        return json;
    }
    let mut cut = Vec::with_capacity(json.len());
    let (mut in_string, mut at) = (false, 0);
    while at < json.len() {
        match json[at] {
            b'\\' if in_string => {
                cut.push(b'\\');
                at += 1;
            }
            b'"' => in_string = !in_string,
            b'.' if !in_string => {
                let zeros = json[at + 1..].iter().take_while(|byte| **byte == b'0').count();
                let next = json.get(at + 1 + zeros);
                if zeros > 0 && !next.is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'e' | b'E')) {
                    at += 1 + zeros;
                    continue;
                }
            }
            _ => {}
        }
        cut.extend(json.get(at));
        at += 1;
    }
    cut.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fractions_of_zero_outside_strings_are_cut() {
        let cases = [
            (r#"{"a":192.0,"b":[-1.000 ,0.50]}"#, r#"{"a":192,"b":[-1 ,0.50]}"#),
            (r#"{"a":"1.0 \" 2.0","b":3.0}"#, r#"{"a":"1.0 \" 2.0","b":3}"#),
            ("1.0e2", "1.0e2"),
            ("7.", "7."),
            (r#""1.0"#, r#""1.0"#),
            ("\"\\", "\"\\"),
        ];
        for (given, expected) in cases {
            assert_eq!(cut_zero_fractions(Bytes::from(given)), expected, "{given}");
        }
    }
}
