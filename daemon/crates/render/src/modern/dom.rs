//! A tree of a drawing that can be changed and written out again. It holds what usvg reads: elements of SVG, their attributes, and text.

use std::borrow::Cow;
use std::collections::HashMap;

use roxmltree::{Attribute, Document, Node};
use tradepost_inspect::svg::NAMESPACE;

const XLINK: &str = "http://www.w3.org/1999/xlink";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// The place of an element in [`Dom::elements`].
pub type Id = usize;

#[derive(Debug, Clone)]
pub enum Child<'a> {
    Element(Id),
    Text(&'a str),
}

#[derive(Debug, Clone, Default)]
pub struct Element<'a> {
    pub name: &'a str,
    pub parent: Option<Id>,
    /// The element before it, below the same parent.
    pub previous: Option<Id>,
    /// Its number below its parent, from 0.
    pub position: usize,
    pub children: Vec<Child<'a>>,
    /// Without those of other name spaces.
    pub attributes: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The declarations of its style sheet rules and of its style attribute that hold: one of each property.
    pub style: Vec<(String, String)>,
}

/// Elements in the order of the text; the first one is the root.
#[derive(Debug, Clone)]
pub struct Dom<'a> {
    pub elements: Vec<Element<'a>>,
    /// The elements of the file by their id.
    by_id: HashMap<&'a str, Id>,
}

impl<'a> Dom<'a> {
    pub fn from_document(document: &'a Document<'_>) -> Self {
        let mut dom = Self {
            elements: Vec::new(),
            by_id: HashMap::new(),
        };
        let root = document.root_element();
        let mut ids: Vec<Option<Id>> = vec![None; document.descendants().count() + 1];
        for node in root.descendants() {
            let parent = node.parent_element().filter(|_| node != root);
            let parent = parent.and_then(|parent| ids.get(parent.id().get_usize()).copied().flatten());
            if parent.is_none() && node != root {
                continue;
            }
            if node.is_element() && node.tag_name().namespace() == Some(NAMESPACE) {
                let id = dom.append(parent, node.tag_name().name());
                dom.elements[id].attributes = attributes(node);
                ids[node.id().get_usize()] = Some(id);
                if let Some(name) = node.attribute("id") {
                    dom.by_id.entry(name).or_insert(id);
                }
            } else if let (Some(parent), Some(text)) = (parent, node.text().filter(|_| node.is_text())) {
                dom.elements[parent].children.push(Child::Text(text));
            }
        }
        dom
    }

    /// Adds an element as the last one below its parent.
    pub fn append(&mut self, parent: Option<Id>, name: &'a str) -> Id {
        let id = self.elements.len();
        let mut element = Element {
            name,
            parent,
            ..Element::default()
        };
        if let Some(parent) = parent {
            element.previous = self.children(parent).next_back();
            element.position = element
                .previous
                .map_or(0, |previous| self.elements[previous].position + 1);
            self.elements[parent].children.push(Child::Element(id));
        }
        self.elements.push(element);
        id
    }

    pub fn ids(&self) -> std::ops::Range<Id> {
        0..self.elements.len()
    }

    pub fn name(&self, id: Id) -> &'a str {
        self.elements[id].name
    }

    pub fn children(&self, id: Id) -> impl DoubleEndedIterator<Item = Id> {
        self.elements[id].children.iter().filter_map(|child| match child {
            Child::Element(id) => Some(*id),
            Child::Text(_) => None,
        })
    }

    /// The element, then its parent, up to the root.
    pub fn ancestors(&self, id: Id) -> impl Iterator<Item = Id> {
        std::iter::successors(Some(id), |&id| self.elements[id].parent)
    }

    pub fn attribute(&self, id: Id, name: &str) -> Option<&str> {
        let mut attributes = self.elements[id].attributes.iter();
        attributes.find(|(own, _)| own == name).map(|(_, value)| value.as_ref())
    }

    pub fn set_attribute(&mut self, id: Id, name: &str, value: String) {
        let attributes = &mut self.elements[id].attributes;
        match attributes.iter_mut().find(|(own, _)| own == name) {
            Some((_, old)) => *old = value.into(),
            None => attributes.push((name.to_owned().into(), value.into())),
        }
    }

    pub fn remove_attribute(&mut self, id: Id, name: &str) {
        self.elements[id].attributes.retain(|(own, _)| own != name);
    }

    /// The value in the style only.
    pub fn declared(&self, id: Id, name: &str) -> Option<&str> {
        let mut style = self.elements[id].style.iter();
        style.find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn declare(&mut self, id: Id, name: &str, value: String) {
        let style = &mut self.elements[id].style;
        match style.iter_mut().find(|(own, _)| own == name) {
            Some((_, old)) => *old = value,
            None => style.push((name.to_owned(), value)),
        }
    }

    pub fn take_declared(&mut self, id: Id, name: &str) -> Option<String> {
        let style = &mut self.elements[id].style;
        let at = style.iter().position(|(own, _)| own == name)?;
        Some(style.remove(at).1)
    }

    /// The value of a property: in the style, else as an attribute.
    pub fn property(&self, id: Id, name: &str) -> Option<&str> {
        self.declared(id, name).or_else(|| self.attribute(id, name))
    }

    /// The value of a property that elements inherit.
    pub fn inherited(&self, id: Id, name: &str) -> Option<&str> {
        let mut values = self.ancestors(id).filter_map(|id| self.property(id, name));
        values.find(|value| *value != "inherit")
    }

    pub fn by_id(&self, id: &str) -> Option<Id> {
        self.by_id.get(id).copied()
    }

    /// The element that an `href` or a `url(#...)` names.
    pub fn target(&self, reference: &str) -> Option<Id> {
        let inside = reference
            .trim()
            .strip_prefix("url(")
            .and_then(|rest| rest.strip_suffix(')'));
        let address = inside.unwrap_or(reference).trim().trim_matches(['"', '\'']);
        self.by_id(address.strip_prefix('#')?)
    }

    /// Writes the tree as XML.
    pub fn write(&self) -> String {
        let mut out = String::new();
        self.write_element(0, &mut out);
        out
    }

    /// Recursion is bounded: files nest 250 elements at most.
    fn write_element(&self, id: Id, out: &mut String) {
        let element = &self.elements[id];
        // Their rules are in the styles of the elements.
        if element.name == "style" {
            return;
        }
        out.push('<');
        out.push_str(element.name);
        if id == 0 {
            out.push_str(" xmlns=\"");
            out.push_str(NAMESPACE);
            out.push('"');
        }
        for (name, value) in element.attributes.iter().filter(|(name, _)| name != "style") {
            write_attribute(name, value, out);
        }
        // Custom properties are substituted by now.
        let declarations = element.style.iter().filter(|(name, _)| !name.starts_with("--"));
        let style: String = declarations.map(|(name, value)| format!("{name}:{value};")).collect();
        if !style.is_empty() {
            write_attribute("style", &style, out);
        }
        out.push('>');
        for child in &element.children {
            match child {
                Child::Element(id) => self.write_element(*id, out),
                Child::Text(text) => escape(text, out),
            }
        }
        out.push_str("</");
        out.push_str(element.name);
        out.push('>');
    }
}

fn attributes<'a>(node: Node<'a, '_>) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
    // A look-up by the name alone finds those of any name space.
    let is_plain = |attribute: Attribute<'_, '_>| attribute.name() == "href" && attribute.namespace().is_none();
    let has_href = node.attributes().any(is_plain);
    let named = node.attributes().filter_map(|attribute| {
        let name = match (attribute.namespace(), attribute.name()) {
            // usvg takes it for that of XML.
            (None, "space") => return None,
            (None, name) => Cow::Borrowed(name),
            (Some(XLINK), "href") if !has_href => Cow::Borrowed("href"),
            (Some(XML), name @ ("space" | "lang")) => Cow::Owned(format!("xml:{name}")),
            _ => return None,
        };
        Some((name, Cow::Borrowed(attribute.value())))
    });
    named.collect()
}

fn write_attribute(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape(value, out);
    out.push('"');
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            _ => out.push(character),
        }
    }
}
