//! Reading a document into a tree, within limits.

use std::borrow::Cow;

use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::errors::IllFormedError;
use quick_xml::escape::{EscapeError, resolve_predefined_entity};
use quick_xml::events::attributes::{AttrError, Attribute};
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::{NamespaceError, NamespaceResolver, QName, ResolveResult};

use crate::base::position::{BYTE_ORDER_MARK, place_of};
use crate::base::{Error, Result};

use super::chars::{is_ncname, is_xml_char};
use super::error::XmlFault;
use super::names::{XMLNS, XSI, is_reserved};
use super::{Element, Name, Node, XmlError, line_column, locate};

/// The longest document read. The longest public descriptor has 4 MiB, nearly all
/// of it licences and notes.
pub const MAX_DOCUMENT_BYTES: usize = 16 << 20;
/// The deepest nesting read. The standard's own elements nest 7 deep; the rest is
/// for vendors' private trees. It also bounds the recursion of whoever walks one.
pub const MAX_DEPTH: usize = 64;
/// The most elements read. Public descriptors have a few thousand; a collection of
/// three hundred machines, each with thirty devices of fifteen members, has 150,000.
/// An empty element takes about 150 bytes, and what is made of one up to 2 KiB.
pub const MAX_ELEMENTS: usize = 200_000;
/// The most attributes read on one element, namespace declarations included.
pub const MAX_ATTRIBUTES: usize = 256;
/// The most bytes of namespaces ovfkit does not know, counted for every name in
/// one. Each name holds its own copy, so that one long declaration and many short
/// elements could otherwise take any amount of memory.
pub const MAX_NAMESPACE_BYTES: usize = 64 << 20;
/// The most undeclared prefixes that are told.
const MAX_UNDECLARED: usize = 20;
/// What the namespace of a name with an undeclared prefix begins with.
pub const UNDECLARED: &str = "undeclared:";
/// How much of a name an error repeats.
const SHOWN_NAME: usize = 80;

/// Reads the document `text` and returns its root element.
///
/// Errors carry line, column and the line's text.
pub fn read(text: &str) -> Result<Element> {
    let read = read_tree(text, false).map_err(|error| locate(error.into(), text));
    read.map(|(root, _)| root)
}

/// Reads the document `text` as [`read`] does, but lets names have prefixes that are not
/// declared. Such a name is in the namespace `undeclared:` with the prefix behind it;
/// the second result has each of the prefixes with the place of its first use.
///
/// Who looks for what is wrong with a document wants the rest of it nevertheless.
pub fn read_lenient(text: &str) -> Result<(Element, Vec<(String, usize)>)> {
    read_tree(text, true).map_err(|error| locate(Error::from(error), text))
}

fn read_tree(text: &str, lenient: bool) -> Result<(Element, Vec<(String, usize)>), XmlError> {
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
    let mut tree = Tree::new(text, lenient);
    loop {
        let start = position(reader.buffer_position());
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                let offset = match error {
                    // Found once the tag was read, of which the reader keeps no place.
                    quick_xml::Error::Namespace(_) => start,
                    _ => position(reader.error_position()),
                };
                return Err(tree.broken(error).at(offset));
            }
        };
        let end = position(reader.buffer_position());
        match event {
            Event::Start(tag) => tree.start(&tag, reader.resolver(), start)?,
            Event::Empty(tag) => {
                tree.start(&tag, reader.resolver(), start)?;
                tree.close(end).map_err(|fault| fault.at(start))?;
            }
            Event::Eof => {
                let undeclared = std::mem::take(&mut tree.undeclared);
                return Ok((tree.finish()?, undeclared));
            }
            other => tree
                .content(&other, end)
                .map_err(|fault| fault.at(start + blanks_before(&other)))?,
        }
    }
}

/// The blanks at the beginning of a text, which are never what is wrong with it.
fn blanks_before(event: &Event<'_>) -> usize {
    match event {
        Event::Text(text) => text.len() - text.trim_ascii_start().len(),
        _ => 0,
    }
}

/// The tree as far as it has been read.
struct Tree<'a> {
    /// The document.
    text: &'a str,
    /// Elements whose end tag is still to come, the root first.
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
    /// Bytes of namespaces the names hold copies of.
    namespaces: usize,
    /// Whether prefixes nobody declared are let pass.
    lenient: bool,
    /// The prefixes nobody declared, each with the place of its first use.
    undeclared: Vec<(String, usize)>,
}

impl<'a> Tree<'a> {
    fn new(text: &'a str, lenient: bool) -> Self {
        Self {
            text,
            lenient,
            open: Vec::new(),
            root: None,
            elements: 0,
            namespaces: 0,
            undeclared: Vec::new(),
        }
    }

    /// Takes in anything but a start tag and the end of the document.
    fn content(&mut self, event: &Event<'_>, end: usize) -> Result<(), XmlFault> {
        match event {
            Event::End(_) => self.close(end),
            Event::Text(text) => self.push_text(&text.xml10_content()),
            Event::CData(text) => self.push_text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let c = resolve(reference)?;
                self.push_text(c.encode_utf8(&mut [0; 4]))
            }
            Event::Decl(declaration) => check_version(declaration),
            Event::DocType(_) => Err(XmlFault::Doctype),
            _ => Ok(()),
        }
    }

    /// Takes in a start tag, which begins at `start`.
    fn start(
        &mut self,
        tag: &BytesStart<'_>,
        resolver: &NamespaceResolver,
        start: usize,
    ) -> Result<(), XmlError> {
        let made = self.element(tag, resolver, start)?;
        let fault = if self.root.is_some() {
            XmlFault::SecondRoot(shown(&made.name.to_string()))
        } else if self.elements >= MAX_ELEMENTS {
            XmlFault::TooManyElements
        } else if self.open.len() >= MAX_DEPTH {
            XmlFault::TooDeep
        } else {
            self.elements += 1;
            self.open.push(made);
            return Ok(());
        };
        Err(fault.at(start))
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

    fn push_text(&mut self, text: &str) -> Result<(), XmlFault> {
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

    fn finish(self) -> Result<Element, XmlError> {
        let end = self.text.trim_ascii_end().len();
        if let Some((name, line)) = self.innermost() {
            return Err(XmlFault::Unclosed { name, line }.at(end));
        }
        self.root.ok_or_else(|| XmlFault::NoRoot.at(end))
    }

    /// The element that has to be closed next, and the line of its start tag.
    fn innermost(&self) -> Option<(String, u32)> {
        let element = self.open.last()?;
        let (line, _) = line_column(self.text, element.span.start);
        Some((shown(&element.name.to_string()), line))
    }

    /// What the tokenizer's `error` means here.
    fn broken(&self, error: quick_xml::Error) -> XmlFault {
        if let quick_xml::Error::IllFormed(IllFormedError::MismatchedEndTag { found, .. }) = &error
            && let Some((name, line)) = self.innermost()
        {
            let found = shown(found);
            return XmlFault::WrongEndTag { found, name, line };
        }
        if let quick_xml::Error::Namespace(NamespaceError::TooManyBindings(limit)) = error {
            return XmlFault::TooManyPrefixes(limit);
        }
        XmlFault::Syntax(error)
    }

    /// The element a start tag begins, still without children.
    fn element(
        &mut self,
        tag: &BytesStart<'_>,
        resolver: &NamespaceResolver,
        start: usize,
    ) -> Result<Element, XmlError> {
        let name = self
            .name(tag.name(), &resolver.resolve_element(tag.name()).0, start)
            .map_err(|fault| fault.at(start))?;
        let mut attributes: Vec<(Name, String)> = Vec::new();
        for (count, attribute) in tag.attributes().enumerate() {
            if count >= MAX_ATTRIBUTES {
                return Err(XmlFault::TooManyAttributes.at(start));
            }
            // The reader's offsets count from behind the `<`.
            let attribute = attribute.map_err(|error| attribute_fault(tag, error, start + 1))?;
            let key = attribute.key;
            let at = place_of(key.into_inner(), self.text).unwrap_or(start);
            if attribute.value.contains('<') {
                return Err(XmlFault::BareLessThan(shown(key.into_inner())).at(at));
            }
            if key.as_namespace_binding().is_some() {
                self.value(&attribute, at)?;
                continue;
            }
            let name = self
                .name(key, &resolver.resolve_attribute(key).0, at)
                .map_err(|fault| fault.at(at))?;
            if attributes.iter().any(|(given, _)| *given == name) {
                return Err(XmlFault::DuplicateAttribute(shown(&name.to_string())).at(at));
            }
            let value = self.value(&attribute, at)?;
            attributes.push((name, value));
        }
        if let Some(declaration) = self
            .of_type(&attributes, resolver)
            .map_err(|fault| fault.at(start))?
        {
            attributes.push(declaration);
        }
        Ok(Element {
            name,
            attributes,
            children: Vec::new(),
            span: start..start,
        })
    }

    /// The normalised value of `attribute`, which stands at `at`.
    fn value(&self, attribute: &Attribute<'_>, at: usize) -> Result<String, XmlError> {
        let written = place_of(&attribute.value, self.text).unwrap_or(at);
        match normalised(attribute) {
            Ok(value) => Ok(value.into_owned()),
            Err(XmlFault::UnknownEntity(name)) => {
                let inside = attribute.value.find(&format!("&{name};"));
                Err(XmlFault::UnknownEntity(name).at(written + inside.unwrap_or_default()))
            }
            Err(fault) => Err(fault.at(at)),
        }
    }

    /// The declaration of the prefix in the value of an `xsi:type`, which is a name: wherever
    /// the element goes, the prefix has to mean the same. Those templates declare mean it
    /// already.
    fn of_type(
        &mut self,
        attributes: &[(Name, String)],
        resolver: &NamespaceResolver,
    ) -> Result<Option<(Name, String)>, XmlFault> {
        let mut values = attributes
            .iter()
            .filter(|(name, _)| name.ns == XSI && name.local == "type");
        let value = values.next().map(|(_, value)| value.trim_ascii());
        let Some((prefix, _)) = value.and_then(|value| value.split_once(':')) else {
            return Ok(None);
        };
        if !is_ncname(prefix) || is_reserved(prefix) || prefix.starts_with("xml") {
            return Ok(None);
        }
        let written = format!("{prefix}:type");
        let ResolveResult::Bound(namespace) = resolver.resolve_attribute(QName(&written)).0 else {
            return Ok(None);
        };
        let namespace = namespace_of(namespace.into_inner())?.into_owned();
        self.count_namespace(&namespace)?;
        Ok(Some((Name::new(XMLNS, prefix), namespace)))
    }

    /// A name with its prefix resolved (Namespaces in XML 1.0, §6), for the tag or
    /// attribute `at`.
    fn name(
        &mut self,
        written: QName<'_>,
        resolved: &ResolveResult<'_>,
        at: usize,
    ) -> Result<Name, XmlFault> {
        let (local, prefix) = written.decompose();
        let local = local.into_inner();
        if !is_ncname(local) || prefix.is_some_and(|prefix| !is_ncname(prefix.into_inner())) {
            return Err(XmlFault::BadName(shown(written.into_inner())));
        }
        let name = match resolved {
            ResolveResult::Bound(written) => Name::new(&namespace_of(written.into_inner())?, local),
            ResolveResult::Unbound => Name::new("", local),
            ResolveResult::Unknown(prefix) if !self.lenient => {
                return Err(XmlFault::UnknownPrefix(shown(prefix)));
            }
            ResolveResult::Unknown(prefix) => {
                self.note_undeclared(shown(prefix), at);
                Name::new(&format!("{UNDECLARED}{}", shown(prefix)), local)
            }
        };
        if let Cow::Owned(copy) = &name.ns {
            self.count_namespace(copy)?;
        }
        Ok(name)
    }

    fn note_undeclared(&mut self, prefix: String, at: usize) {
        let known = self.undeclared.iter().any(|(known, _)| *known == prefix);
        // A document may make up one for every name; the first few tell enough.
        if !known && self.undeclared.len() < MAX_UNDECLARED {
            self.undeclared.push((prefix, at));
        }
    }

    fn count_namespace(&mut self, copy: &str) -> Result<(), XmlFault> {
        self.namespaces += copy.len();
        if self.namespaces > MAX_NAMESPACE_BYTES {
            return Err(XmlFault::NamespacesTooLong);
        }
        Ok(())
    }
}

/// The value of `attribute` as it is meant (XML 1.0 §3.3.3).
pub(super) fn normalised<'a>(attribute: &'a Attribute<'_>) -> Result<Cow<'a, str>, XmlFault> {
    let value = match attribute.normalized_value(XmlVersion::Explicit1_0) {
        Ok(value) => value,
        Err(quick_xml::Error::Escape(EscapeError::UnrecognizedEntity(_, name))) => {
            return Err(XmlFault::UnknownEntity(shown(&name)));
        }
        Err(error) => return Err(XmlFault::Syntax(error)),
    };
    match value.chars().find(|&c| !is_xml_char(c)) {
        // The text was looked through, so it came from a reference.
        Some(c) => Err(XmlFault::ForbiddenCharacter(u32::from(c))),
        None => Ok(value),
    }
}

/// The namespace a declaration binds, of which the resolver knows the value as it was
/// `written`.
fn namespace_of(written: &str) -> Result<Cow<'_, str>, XmlFault> {
    if !written.contains(['&', '\t', '\n', '\r']) {
        return Ok(Cow::Borrowed(written));
    }
    let declaration = Attribute {
        key: QName("xmlns"),
        value: Cow::Borrowed(written),
    };
    normalised(&declaration).map(|namespace| Cow::Owned(namespace.into_owned()))
}

/// As much of `name` as an error repeats.
fn shown(name: &str) -> String {
    match name.char_indices().nth(SHOWN_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// Puts a name to an attribute given twice; other faults speak for themselves.
/// The tag's text begins at `start`.
fn attribute_fault(tag: &BytesStart<'_>, error: AttrError, start: usize) -> XmlError {
    let (AttrError::ExpectedEq(place)
    | AttrError::ExpectedValue(place)
    | AttrError::UnquotedValue(place)
    | AttrError::ExpectedQuote(place, _)
    | AttrError::Duplicated(place, _)) = error;
    let fault = if let AttrError::Duplicated(second, _) = error {
        let rest = tag.get(second..).unwrap_or_default();
        let end = rest
            .find(|c: char| c == '=' || c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        XmlFault::DuplicateAttribute(shown(&rest[..end]))
    } else {
        XmlFault::Syntax(error.into())
    };
    fault.at(start + place)
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
        .ok_or_else(|| XmlFault::UnknownEntity(shown(reference)))
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
