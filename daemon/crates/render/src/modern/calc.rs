//! Lengths, angles and `calc()` of CSS, as numbers of user units and degrees.

/// The root's font size, in pixels.
const REM_PX: f64 = 16.0;
const MAX_DEPTH: usize = 16;

/// The values that relative units refer to, in user units.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// 100 %.
    pub percent: f64,
    pub font_size: f64,
    pub viewport: (f64, f64),
}

impl Reference {
    /// For values that may not have relative units other than those of fonts.
    pub const NONE: Self = Self {
        percent: 0.0,
        font_size: REM_PX,
        viewport: (0.0, 0.0),
    };

    pub fn with_percent(self, percent: f64) -> Self {
        Self { percent, ..self }
    }
}

/// A length that refers to nothing.
pub fn absolute_length(text: &str) -> Option<f64> {
    if text.contains('%') {
        None
    } else {
        length(text, Reference::NONE)
    }
}

/// A length, a number or an expression of them.
pub fn length(text: &str, reference: Reference) -> Option<f64> {
    let mut parser = Parser {
        rest: text.trim(),
        reference,
        depth: 0,
    };
    let value = parser.value()?;
    (parser.rest.trim().is_empty() && value.is_finite()).then_some(value)
}

/// An angle in degrees; a number without a unit is one.
pub fn angle(text: &str) -> Option<f64> {
    // Degrees pass as numbers; the others are told by their units.
    length(text, Reference::NONE)
}

/// The text with every `calc()` and the like written out.
pub fn written_out(text: &str, reference: Reference) -> Option<String> {
    let (mut out, mut rest, mut changed) = (String::new(), text, false);
    while let Some(open) = rest.find('(') {
        let name = rest[..open]
            .rfind(|one: char| !(one.is_ascii_alphanumeric() || one == '-'))
            .map_or(0, |before| before + 1);
        // The character before may be longer than a byte.
        let name = (name..=open).find(|&at| rest.is_char_boundary(at)).unwrap_or(open);
        if !matches!(&rest[name..open], "calc" | "min" | "max" | "clamp") {
            out.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
            continue;
        }
        let mut parser = Parser {
            rest: &rest[name..],
            reference,
            depth: 0,
        };
        let value = parser.value().filter(|value| value.is_finite())?;
        out.push_str(&rest[..name]);
        out.push_str(&number(value));
        rest = parser.rest;
        changed = true;
    }
    out.push_str(rest);
    changed.then_some(out)
}

/// A number as short as five places allow.
pub fn number(value: f64) -> String {
    let text = format!("{value:.5}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" {
        "0".to_owned()
    } else {
        short.to_owned()
    }
}

struct Parser<'a> {
    rest: &'a str,
    reference: Reference,
    depth: usize,
}

impl Parser<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn sum(&mut self) -> Option<f64> {
        let mut left = self.product()?;
        loop {
            self.skip();
            let sign = match self.rest.chars().next() {
                Some('+') => 1.0,
                Some('-') => -1.0,
                _ => return Some(left),
            };
            self.rest = &self.rest[1..];
            left += sign * self.product()?;
        }
    }

    fn product(&mut self) -> Option<f64> {
        let mut left = self.value()?;
        loop {
            self.skip();
            match self.rest.chars().next() {
                Some('*') => {
                    self.rest = &self.rest[1..];
                    left *= self.value()?;
                }
                Some('/') => {
                    self.rest = &self.rest[1..];
                    left /= self.value()?;
                }
                _ => return Some(left),
            }
        }
    }

    fn value(&mut self) -> Option<f64> {
        self.skip();
        let end = self
            .rest
            .find('(')
            .filter(|&end| self.rest[..end].chars().all(|one| one.is_ascii_alphabetic()));
        match end {
            Some(end) if end == 0 || self.rest.starts_with(|one: char| one.is_ascii_alphabetic()) => self.call(end),
            _ => self.plain(),
        }
    }

    /// Brackets, or a function.
    fn call(&mut self, open: usize) -> Option<f64> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let name = self.rest[..open].to_owned();
        self.rest = &self.rest[open + 1..];
        let mut arguments = vec![self.sum()?];
        loop {
            self.skip();
            match self.rest.chars().next()? {
                ',' => {
                    self.rest = &self.rest[1..];
                    arguments.push(self.sum()?);
                }
                ')' => break,
                _ => return None,
            }
        }
        self.rest = &self.rest[1..];
        self.depth -= 1;
        match (name.as_str(), arguments.as_slice()) {
            ("" | "calc", [one]) => Some(*one),
            ("min", some) => some.iter().copied().reduce(f64::min),
            ("max", some) => some.iter().copied().reduce(f64::max),
            ("clamp", [least, value, most]) => Some(value.min(*most).max(*least)),
            _ => None,
        }
    }

    fn plain(&mut self) -> Option<f64> {
        let bytes = self.rest.as_bytes();
        let mut end = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
        while bytes
            .get(end)
            .is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.')
        {
            end += 1;
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
                end += 2 + sign;
                while bytes.get(end).is_some_and(u8::is_ascii_digit) {
                    end += 1;
                }
            }
        }
        let value: f64 = self.rest[..end].parse().ok()?;
        let unit = self.rest[end..]
            .find(|one: char| !(one.is_ascii_alphabetic() || one == '%'))
            .unwrap_or(self.rest.len() - end);
        let name = self.rest[end..end + unit].to_ascii_lowercase();
        self.rest = &self.rest[end + unit..];
        Some(value * self.unit(&name)?)
    }

    fn unit(&self, name: &str) -> Option<f64> {
        let Reference {
            percent,
            font_size,
            viewport: (width, height),
        } = self.reference;
        Some(match name {
            "" | "px" | "deg" | "s" => 1.0,
            "%" => percent / 100.0,
            "em" => font_size,
            "ex" | "ch" => font_size / 2.0,
            "rem" => REM_PX,
            "pt" => 4.0 / 3.0,
            "pc" => 16.0,
            "in" => 96.0,
            "cm" => 96.0 / 2.54,
            "mm" => 9.6 / 2.54,
            "q" => 2.4 / 2.54,
            "vw" => width / 100.0,
            "vh" => height / 100.0,
            "vmin" => width.min(height) / 100.0,
            "vmax" => width.max(height) / 100.0,
            "rad" => 180.0 / std::f64::consts::PI,
            "turn" => 360.0,
            "grad" => 0.9,
            "ms" => 0.001,
            _ => return None,
        })
    }
}
