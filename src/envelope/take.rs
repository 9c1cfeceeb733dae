//! Taking an element apart, so that nothing in it is overlooked.
//!
//! A section takes from an element what it models. What is left over is, by
//! construction, what the model does not know; [`Take::finish`] reports it.

use std::str::FromStr;

use crate::base::Result;
use crate::xml::{Element, Name, Node};

use super::EnvelopeError;

/// An element being taken apart.
pub(super) struct Take {
    name: Name,
    offset: usize,
    attributes: Vec<(Name, String)>,
    children: Vec<Element>,
    /// The names of children of which one was taken, as many as may be.
    singles: Vec<Name>,
}

/// A text taken from an element, with what is needed to complain about it.
pub(super) struct Value {
    text: String,
    name: Name,
    offset: usize,
}

impl Take {
    /// Begins taking `element` apart. Text between its children is an error: no
    /// element of OVF mixes the two.
    pub(super) fn new(element: Element) -> Result<Self> {
        let offset = element.span.start;
        let mut children = Vec::new();
        let Element {
            name,
            attributes,
            children: nodes,
            ..
        } = element;
        for node in nodes {
            match node {
                Node::Element(child) => children.push(child),
                Node::Text(text) if text.trim_ascii().is_empty() => {}
                Node::Text(_) => {
                    let element = name.to_string();
                    return Err(EnvelopeError::StrayText { element, offset }.into());
                }
            }
        }
        Ok(Self {
            name,
            offset,
            attributes,
            children,
            singles: Vec::new(),
        })
    }

    /// The attribute `name`, if given.
    pub(super) fn attribute(&mut self, name: &Name) -> Option<Value> {
        let index = self
            .attributes
            .iter()
            .position(|(given, _)| given == name)?;
        let (name, text) = self.attributes.remove(index);
        Some(Value {
            text,
            name,
            offset: self.offset,
        })
    }

    /// The attribute `name`, which the standard requires.
    pub(super) fn required_attribute(&mut self, name: &Name) -> Result<Value> {
        self.attribute(name).ok_or_else(|| {
            EnvelopeError::MissingAttribute {
                attribute: name.to_string(),
                element: self.name.to_string(),
                offset: self.offset,
            }
            .into()
        })
    }

    /// The first child `name`, if there is one.
    pub(super) fn child(&mut self, name: &Name) -> Option<Element> {
        let index = self.children.iter().position(|child| child.name == *name)?;
        self.singles.push(name.clone());
        Some(self.children.remove(index))
    }

    /// All children `name`, in document order.
    pub(super) fn children(&mut self, name: &Name) -> Vec<Element> {
        self.children
            .extract_if(.., |child| child.name == *name)
            .collect()
    }

    /// All children nobody took yet, in document order.
    pub(super) fn rest(&mut self) -> Vec<Element> {
        std::mem::take(&mut self.children)
    }

    /// The text of the first child `name`, if there is one.
    pub(super) fn text(&mut self, name: &Name) -> Result<Option<Value>> {
        self.child(name).map(text_of).transpose()
    }

    /// The text of the first child `name` as a string, if there is one.
    pub(super) fn string(&mut self, name: &Name) -> Result<Option<String>> {
        Ok(self.text(name)?.map(Value::string))
    }

    /// The texts of all children `name`.
    pub(super) fn strings(&mut self, name: &Name) -> Result<Vec<String>> {
        self.children(name)
            .into_iter()
            .map(|child| Ok(text_of(child)?.string()))
            .collect()
    }

    /// The text of the child `name`, which the standard requires.
    pub(super) fn required_string(&mut self, name: &Name) -> Result<String> {
        match self.string(name)? {
            Some(text) => Ok(text),
            None => Err(self.missing(name)),
        }
    }

    /// That the child `name` is missing.
    pub(super) fn missing(&self, name: &Name) -> crate::base::Error {
        EnvelopeError::MissingElement {
            element: name.to_string(),
            parent: self.name.to_string(),
            offset: self.offset,
        }
        .into()
    }

    /// Ends the taking apart; what is left is what ovfkit does not know.
    pub(super) fn finish(self) -> Result<()> {
        let parent = self.name.to_string();
        if let Some(child) = self.children.first() {
            if !self.singles.contains(&child.name) {
                return Err(unknown(child, &parent).into());
            }
            let (element, offset) = (child.name.to_string(), child.span.start);
            return Err(EnvelopeError::RepeatedElement {
                element,
                parent,
                offset,
            }
            .into());
        }
        if let Some((attribute, _)) = self.attributes.first() {
            return Err(EnvelopeError::UnknownAttribute {
                attribute: attribute.to_string(),
                element: parent,
                offset: self.offset,
            }
            .into());
        }
        Ok(())
    }
}

/// That ovfkit does not know `element` as a child of `parent`.
pub(super) fn unknown(element: &Element, parent: &str) -> EnvelopeError {
    EnvelopeError::UnknownElement {
        element: element.name.to_string(),
        parent: parent.to_owned(),
        offset: element.span.start,
    }
}

/// The text an element holds, and nothing else.
pub(super) fn text_of(element: Element) -> Result<Value> {
    let (name, offset) = (element.name.clone(), element.span.start);
    let mut text = String::new();
    let mut others = Vec::new();
    for node in element.children {
        match node {
            Node::Text(part) => text.push_str(&part),
            Node::Element(_) => others.push(node),
        }
    }
    Take::new(Element {
        children: others,
        ..element
    })?
    .finish()?;
    Ok(Value { text, name, offset })
}

impl Value {
    /// The text as written.
    pub(super) fn string(self) -> String {
        self.text
    }

    /// The text as written, still to be taken.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The text as a number; blanks around it do not count.
    pub(super) fn number<T: FromStr>(self) -> Result<T> {
        match self.text.trim_ascii().parse() {
            Ok(number) => Ok(number),
            Err(_) => Err(self.wrong("a whole number in range")),
        }
    }

    /// The text as a truth value (XML Schema §3.2.2), capitals tolerated.
    pub(super) fn boolean(self) -> Result<bool> {
        match self.text.trim_ascii() {
            "1" => Ok(true),
            "0" => Ok(false),
            text if text.eq_ignore_ascii_case("true") => Ok(true),
            text if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(self.wrong("`true` or `false`")),
        }
    }

    /// That the text is not what it should be.
    pub(super) fn wrong(self, expected: &'static str) -> crate::base::Error {
        EnvelopeError::WrongValue {
            name: self.name.to_string(),
            value: self.text,
            expected,
            offset: self.offset,
        }
        .into()
    }
}
