//! The text of a mail, in plain text and HTML.

use askama::Template;

/// Characters of a subject.
const MAX_SUBJECT: usize = 200;
const FOOTER: &str =
    "You get this mail because your address was used at this marketplace. If it was not you, ignore it.";

/// A mail before it is written.
#[derive(Debug, Clone, Default)]
pub struct Letter {
    /// `receipt`, `verification`, ...
    pub kind: &'static str,
    pub subject: String,
    pub paragraphs: Vec<String>,
    /// Names and values, as the lines of an order.
    pub lines: Vec<(String, String)>,
    pub links: Vec<Link>,
}

/// A link of a mail.
#[derive(Debug, Clone)]
pub struct Link {
    pub label: &'static str,
    pub url: String,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct Text<'a> {
    paragraphs: &'a [String],
    lines: &'a [(String, String)],
    links: &'a [Link],
    footer: &'a str,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    subject: &'a str,
    paragraphs: &'a [String],
    lines: &'a [(String, String)],
    links: &'a [Link],
    footer: &'a str,
}

impl Letter {
    /// The subject in one line.
    pub fn subject(&self) -> String {
        one_line(&self.subject).chars().take(MAX_SUBJECT).collect()
    }

    /// Plain text and HTML.
    pub fn bodies(&self) -> Result<(String, String), askama::Error> {
        let paragraphs: Vec<_> = self.paragraphs.iter().map(|text| one_line(text)).collect();
        let lines = self.lines.iter().map(|(name, value)| (one_line(name), one_line(value)));
        let lines: Vec<_> = lines.collect();
        let text = Text {
            paragraphs: &paragraphs,
            lines: &lines,
            links: &self.links,
            footer: FOOTER,
        };
        let html = Html {
            subject: &self.subject(),
            paragraphs: &paragraphs,
            lines: &lines,
            links: &self.links,
            footer: FOOTER,
        };
        Ok((text.render()?, html.render()?))
    }
}

/// Names that people choose begin no line of a mail.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_add_no_line_and_no_markup() {
        let letter = Letter {
            kind: "receipt",
            subject: "Bought\r\nBcc: bob@example.org".to_owned(),
            paragraphs: vec!["Hello <b>Ann</b>\n.\nQUIT".to_owned()],
            lines: vec![("<script>".to_owned(), "1\n2".to_owned())],
            links: Vec::new(),
        };
        assert_eq!(letter.subject(), "Bought  Bcc: bob@example.org");
        let (text, html) = letter.bodies().unwrap();
        assert!(text.contains("Hello <b>Ann</b> . QUIT\n"), "{text}");
        assert!(text.contains("<script>: 1 2\n"), "{text}");
        assert!(!html.contains("<b>") && !html.contains("<script>"), "{html}");
    }
}
