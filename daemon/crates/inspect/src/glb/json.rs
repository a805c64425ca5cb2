//! A JSON parser for a validator of hostile documents. Numbers out of range become infinite, repeated keys are reported, integers stay integers,
//! and nesting and number of values are bounded.

use std::borrow::Cow;

mod text;

/// Deeper than any tool writes; reading recurses this far.
const MAX_DEPTH: usize = 200;
const MAX_REPEATED: usize = 20;

/// A value; texts are borrowed from the document where they have no escapes.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// May be infinite, never NaN.
    Float(f64),
    String(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    Object(Map<'a>),
}

/// The members of an object in the order in which they are written; the last one of a name counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

/// Stands in for a value that should have been an object.
pub static NO_MEMBERS: Map<'static> = Map(Vec::new());

impl<'a> Map<'a> {
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The reason why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonError {
    /// `what` completes "at byte N: ...".
    Syntax {
        offset: usize,
        what: &'static str,
    },
    TooDeep,
    TooManyValues,
}

/// A document, and the keys that it gives twice in one object (the first few, each with its offset in bytes).
#[derive(Debug)]
pub struct Document<'a> {
    pub value: Value<'a>,
    pub repeated_keys: Vec<(String, usize)>,
}

/// Reads a whole document of at most `max_values` values; `bytes` must not begin with a byte order mark.
pub fn parse(bytes: &[u8], max_values: usize) -> Result<Document<'_>, JsonError> {
    let text = std::str::from_utf8(bytes).map_err(|error| JsonError::Syntax {
        offset: error.valid_up_to(),
        what: "this is not UTF-8",
    })?;
    let mut parser = Parser {
        text,
        at: 0,
        values_left: max_values,
        repeated_keys: Vec::new(),
    };
    let value = parser.value(0)?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.fault("something follows the document"));
    }
    Ok(Document {
        value,
        repeated_keys: parser.repeated_keys,
    })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    values_left: usize,
    repeated_keys: Vec<(String, usize)>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fault(&self, what: &'static str) -> JsonError {
        JsonError::Syntax { offset: self.at, what }
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, JsonError> {
        if depth > MAX_DEPTH {
            return Err(JsonError::TooDeep);
        }
        self.values_left = self.values_left.checked_sub(1).ok_or(JsonError::TooManyValues)?;
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(depth).map(Value::Object),
            Some(b'[') => self.array(depth).map(Value::Array),
            Some(b'"') => text::string(self.text, &mut self.at).map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(self.fault("a value was expected")),
            None => Err(self.fault("the document ends in the middle")),
        }
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, JsonError> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.fault("a value was expected"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Value<'a>>, JsonError> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(items);
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.ends(b']')? {
                return Ok(items);
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Map<'a>, JsonError> {
        let start = self.at;
        let mut members: Vec<(Cow<'a, str>, Value<'a>)> = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Map(members));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.fault("a name in quotes was expected"));
            }
            let key = text::string(self.text, &mut self.at)?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.fault("a colon was expected"));
            }
            self.at += 1;
            members.push((key, self.value(depth + 1)?));
            if self.ends(b'}')? {
                return Ok(self.without_repetitions(members, start));
            }
        }
    }

    /// After a member: the closing bracket, or a comma and then another one.
    fn ends(&mut self, bracket: u8) -> Result<bool, JsonError> {
        self.skip_space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(byte) if byte == bracket => {
                self.at += 1;
                Ok(true)
            }
            Some(_) => Err(self.fault("a comma or a closing bracket was expected")),
            None => Err(self.fault("the document ends in the middle")),
        }
    }

    fn without_repetitions(&mut self, mut members: Vec<(Cow<'a, str>, Value<'a>)>, start: usize) -> Map<'a> {
        let mut order: Vec<usize> = (0..members.len()).collect();
        order.sort_by(|&a, &b| members[a].0.cmp(&members[b].0).then(a.cmp(&b)));
        let mut stale: Vec<usize> = order
            .windows(2)
            .filter(|pair| members[pair[0]].0 == members[pair[1]].0)
            .map(|pair| pair[0])
            .collect();
        if stale.is_empty() {
            return Map(members);
        }
        for &index in &stale {
            if self.repeated_keys.len() < MAX_REPEATED {
                self.repeated_keys.push((members[index].0.clone().into_owned(), start));
            }
        }
        stale.sort_unstable();
        let mut index = 0;
        let mut next = stale.into_iter().peekable();
        members.retain(|_| {
            let keep = next.next_if_eq(&index).is_none();
            index += 1;
            keep
        });
        Map(members)
    }

    fn number(&mut self) -> Result<Value<'a>, JsonError> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(self.fault("a digit was expected")),
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            whole = false;
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            whole = false;
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        match text.parse::<i64>() {
            Ok(number) if whole => Ok(Value::Int(number)),
            _ => text
                .parse::<f64>()
                .map(Value::Float)
                .map_err(|_| self.fault("this number cannot be read")),
        }
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.fault("a digit was expected"));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }
}
