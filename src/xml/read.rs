//! Reading a document into a tree, within limits.

use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::escape::{EscapeError, resolve_predefined_entity};
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::{NamespaceResolver, QName, ResolveResult};

use crate::base::{Error, Result};

use super::chars::{is_ncname, is_xml_char};
use super::error::XmlFault;
use super::{Element, Name, Node, XmlError, line_column};

/// The longest document read. Real descriptors stay below 1 MiB, licences included.
pub const MAX_DOCUMENT_BYTES: usize = 16 << 20;
/// The deepest nesting read. The standard's own elements nest 7 deep; the rest is
/// for vendors' private trees. It also bounds the recursion of whoever walks one.
pub const MAX_DEPTH: usize = 64;
/// The most elements read. The largest public descriptors have a few thousand.
pub const MAX_ELEMENTS: usize = 100_000;
/// The most attributes read on one element, namespace declarations included.
pub const MAX_ATTRIBUTES: usize = 256;

/// What some editors put before the text; it is no part of it.
const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// Reads the document `text` and returns its root element.
///
/// Errors carry line and column.
pub fn read(text: &str) -> Result<Element> {
    read_tree(text).map_err(|error| {
        let (line, column) = line_column(text, error.offset);
        Error::from(error).at_line(line, column)
    })
}

fn read_tree(text: &str) -> Result<Element, XmlError> {
    if text.len() > MAX_DOCUMENT_BYTES {
        return Err(XmlFault::TooLong.at(0));
    }
    if let Some((offset, c)) = text.char_indices().find(|&(_, c)| !is_xml_char(c)) {
        return Err(XmlFault::ForbiddenCharacter(u32::from(c)).at(offset));
    }
    let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let skipped = text.len() - body.len();
    // quick-xml counts bytes in 64 bits; the text is in memory, so they fit.
    let position = |bytes| skipped + usize::try_from(bytes).unwrap_or(body.len());
    let mut reader = NsReader::from_str(body);
    reader.config_mut().check_comments = true;
    let mut tree = Tree::default();
    loop {
        let start = position(reader.buffer_position());
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                return Err(XmlFault::from(error).at(position(reader.error_position())));
            }
        };
        let end = position(reader.buffer_position());
        let outcome = match event {
            Event::Start(tag) => {
                element(&tag, reader.resolver(), start).and_then(|made| tree.open(made))
            }
            Event::Empty(tag) => element(&tag, reader.resolver(), start)
                .and_then(|made| tree.open(made))
                .and_then(|()| tree.close(end)),
            Event::End(_) => tree.close(end),
            Event::Text(text) => tree.text(&text.xml10_content()),
            Event::CData(text) => tree.text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                resolve(&reference).and_then(|c| tree.text(c.encode_utf8(&mut [0; 4])))
            }
            Event::Decl(declaration) => check_version(&declaration),
            Event::DocType(_) => Err(XmlFault::Doctype),
            Event::Comment(_) | Event::PI(_) => Ok(()),
            Event::Eof => return tree.finish().map_err(|fault| fault.at(end)),
        };
        outcome.map_err(|fault| fault.at(start))?;
    }
}

/// The tree as far as it has been read.
#[derive(Default)]
struct Tree {
    /// Elements whose end tag is still to come, the root first.
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Tree {
    fn open(&mut self, element: Element) -> Result<(), XmlFault> {
        if self.root.is_some() {
            return Err(XmlFault::SecondRoot(element.name.to_string()));
        }
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(XmlFault::TooManyElements);
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(XmlFault::TooDeep);
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), XmlFault> {
        // The reader has already matched the end tag to its start tag.
        let Some(mut element) = self.open.pop() else {
            return Err(XmlFault::NoRoot);
        };
        element.span.end = end;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlFault> {
        let Some(parent) = self.open.last_mut() else {
            // Only blanks may stand outside the root element.
            return match text.trim_ascii() {
                "" => Ok(()),
                _ => Err(XmlFault::TextOutsideRoot),
            };
        };
        match parent.children.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => parent.children.push(Node::Text(text.to_owned())),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element, XmlFault> {
        if let Some(element) = self.open.last() {
            return Err(XmlFault::Unclosed(element.name.to_string()));
        }
        self.root.ok_or(XmlFault::NoRoot)
    }
}

/// The element a start tag begins, still without children.
fn element(
    tag: &BytesStart<'_>,
    resolver: &NamespaceResolver,
    start: usize,
) -> Result<Element, XmlFault> {
    let name = name(tag.name(), &resolver.resolve_element(tag.name()).0)?;
    let mut attributes: Vec<(Name, String)> = Vec::new();
    for (count, attribute) in tag.attributes().enumerate() {
        if count >= MAX_ATTRIBUTES {
            return Err(XmlFault::TooManyAttributes);
        }
        let attribute = attribute.map_err(|error| attribute_fault(tag, error))?;
        if attribute.value.contains('<') {
            return Err(XmlFault::BareLessThan(
                attribute.key.into_inner().to_owned(),
            ));
        }
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let name = self::name(attribute.key, &resolver.resolve_attribute(attribute.key).0)?;
        if attributes.iter().any(|(given, _)| *given == name) {
            return Err(XmlFault::DuplicateAttribute(name.to_string()));
        }
        let value = attribute
            .normalized_value(XmlVersion::Explicit1_0)
            .map_err(value_fault)?;
        if let Some(c) = value.chars().find(|&c| !is_xml_char(c)) {
            return Err(XmlFault::ForbiddenCharacter(u32::from(c)));
        }
        attributes.push((name, value.into_owned()));
    }
    Ok(Element {
        name,
        attributes,
        children: Vec::new(),
        span: start..start,
    })
}

/// A name with its prefix resolved.
fn name(written: QName<'_>, resolved: &ResolveResult<'_>) -> Result<Name, XmlFault> {
    let (local, prefix) = written.decompose();
    let local = local.into_inner();
    if !is_ncname(local) || prefix.is_some_and(|prefix| !is_ncname(prefix.into_inner())) {
        return Err(XmlFault::BadName(written.into_inner().to_owned()));
    }
    match resolved {
        ResolveResult::Bound(namespace) => Ok(Name::new(namespace.into_inner(), local)),
        ResolveResult::Unbound => Ok(Name::new("", local)),
        ResolveResult::Unknown(prefix) => Err(XmlFault::UnknownPrefix(prefix.clone())),
    }
}

/// Puts a name to an attribute given twice; other faults speak for themselves.
fn attribute_fault(tag: &BytesStart<'_>, error: AttrError) -> XmlFault {
    if let AttrError::Duplicated(second, _) = error {
        let rest = tag.get(second..).unwrap_or_default();
        let end = rest
            .find(|c: char| c == '=' || c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        return XmlFault::DuplicateAttribute(rest[..end].to_owned());
    }
    XmlFault::Syntax(error.into())
}

/// Puts a name to an entity nobody declared.
fn value_fault(error: quick_xml::Error) -> XmlFault {
    match error {
        quick_xml::Error::Escape(EscapeError::UnrecognizedEntity(_, name)) => {
            XmlFault::UnknownEntity(name)
        }
        other => XmlFault::Syntax(other),
    }
}

/// The character a reference in text stands for.
fn resolve(reference: &BytesRef<'_>) -> Result<char, XmlFault> {
    if let Some(c) = reference.resolve_char_ref()? {
        return if is_xml_char(c) {
            Ok(c)
        } else {
            Err(XmlFault::ForbiddenCharacter(u32::from(c)))
        };
    }
    resolve_predefined_entity(reference)
        .and_then(|text| text.chars().next())
        .ok_or_else(|| XmlFault::UnknownEntity(reference.to_string()))
}

/// Descriptors are XML 1.0 (DSP0243 1.1 §6.1); 1.1 differs in characters and
/// line ends.
fn check_version(declaration: &BytesDecl<'_>) -> Result<(), XmlFault> {
    let version = declaration.version()?;
    if version == "1.0" {
        Ok(())
    } else {
        Err(XmlFault::Version(version.into_owned()))
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
