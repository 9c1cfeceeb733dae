//! Where rules put what they find.

use std::ops::Range;

use crate::xml::names::ENVELOPE_1;
use crate::xml::{Element, Name, attribute_span};

use super::rule::Rule;

/// The most findings of one rule that are told one by one.
const MAX_TOLD: usize = 20;
/// The longest part of a text that is marked as a whole.
const MAX_MARKED: usize = 120;

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spot {
    /// In the package as a whole.
    Package,
    /// In a member, by its number, and perhaps at a byte of it.
    Member(usize, Option<u64>),
    /// At bytes of a member that is text.
    Text(usize, usize, usize),
    /// At bytes of the descriptor.
    Descriptor(usize, usize),
}

/// What a rule found, with its place in bytes.
pub(super) struct Draft {
    pub(super) rule: &'static Rule,
    pub(super) spot: Spot,
    pub(super) label: String,
    /// Where the element begins that it is about, if it is about one.
    pub(super) element: Option<usize>,
    /// The attribute of that element, by its local name.
    pub(super) attribute: Option<String>,
}

/// What one rule found in one document.
pub(super) struct Sink<'d> {
    text: &'d str,
    /// Whether the document is a template, in which placeholders are no faults.
    template: bool,
    pub(super) rule: &'static Rule,
    /// How many are told one by one.
    most: usize,
    pub(super) told: Vec<Draft>,
    /// How many there are beyond those told.
    pub(super) more: usize,
}

impl<'d> Sink<'d> {
    pub(super) fn new(text: &'d str, template: bool, rule: &'static Rule) -> Self {
        Self {
            text,
            template,
            rule,
            most: MAX_TOLD,
            told: Vec::new(),
            more: 0,
        }
    }

    /// The same with room for `most` findings.
    pub(super) fn with_room(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// The `element` breaks the rule. It is marked as a whole if it is a short line.
    pub(super) fn at(&mut self, element: &Element, label: impl Into<String>) {
        if !self.is_full() {
            let span = mark(self.text, element);
            self.judge(span, label.into(), Some(element), None);
        }
    }

    /// The attribute `local` of the `element` breaks the rule.
    pub(super) fn on(&mut self, element: &Element, local: &str, label: impl Into<String>) {
        if !self.is_full() {
            let span = attribute(self.text, element, local);
            self.judge(span, label.into(), Some(element), Some(local));
        }
    }

    /// Whether enough is told. What comes then is counted, and not looked for in the text,
    /// which can be long around one place.
    fn is_full(&mut self) -> bool {
        let full = self.told.len() >= self.most;
        self.more += usize::from(full);
        full
    }

    /// What stands at `span` breaks the rule.
    pub(super) fn span(&mut self, span: Range<usize>, label: impl Into<String>) {
        self.judge(span, label.into(), None, None);
    }

    /// A placeholder stands at `span`, where others find no fault.
    pub(super) fn placeholder(&mut self, span: Range<usize>, label: impl Into<String>) {
        let spot = Spot::Descriptor(span.start, span.end);
        self.tell(spot, label.into(), None, None);
    }

    /// The package breaks the rule.
    pub(super) fn package(&mut self, label: impl Into<String>) {
        self.tell(Spot::Package, label.into(), None, None);
    }

    /// The member of the `number` breaks the rule.
    pub(super) fn member(&mut self, number: usize, label: impl Into<String>) {
        self.tell(Spot::Member(number, None), label.into(), None, None);
    }

    /// The member of the `number` breaks the rule at the byte `offset` of it.
    pub(super) fn byte(&mut self, number: usize, offset: u64, label: impl Into<String>) {
        self.tell(Spot::Member(number, Some(offset)), label.into(), None, None);
    }

    /// The text that is the member of the `number` breaks the rule at `span`.
    pub(super) fn text(&mut self, number: usize, span: &Range<usize>, label: impl Into<String>) {
        let spot = Spot::Text(number, span.start, span.end);
        self.tell(spot, label.into(), None, None);
    }

    fn judge(
        &mut self,
        span: Range<usize>,
        label: String,
        element: Option<&Element>,
        attribute: Option<&str>,
    ) {
        let marked = self.text.get(span.clone()).unwrap_or_default();
        if !(self.template && is_placeholder(marked)) {
            let spot = Spot::Descriptor(span.start, span.end);
            self.tell(spot, label, element, attribute);
        }
    }

    fn tell(
        &mut self,
        spot: Spot,
        label: String,
        element: Option<&Element>,
        attribute: Option<&str>,
    ) {
        if !self.is_full() {
            self.told.push(Draft {
                rule: self.rule,
                spot,
                label,
                element: element.map(|element| element.span.start),
                attribute: attribute.map(str::to_owned),
            });
        }
    }
}

/// Whether `text` holds what a build system puts a value in the place of.
pub(super) fn is_placeholder(text: &str) -> bool {
    placeholder(text).is_some()
}

/// The first placeholder in `text`: `@@NAME@@`, `{{name}}`, `{name}` in small letters,
/// `#NAME#` as a whole value, or `${NAME}` in capitals, which no key of a property is by
/// custom.
pub(super) fn placeholder(text: &str) -> Option<Range<usize>> {
    let between = |open: &str, close: &str, inner: fn(char) -> bool| {
        let mut from = 0;
        while let Some(at) = text[from..].find(open) {
            let start = from + at;
            let rest = &text[start + open.len()..];
            let length = rest.find(|c| !inner(c)).unwrap_or(rest.len());
            if length > 0 && rest[length..].starts_with(close) {
                return Some(start..start + open.len() + length + close.len());
            }
            from = start + open.len();
        }
        None
    };
    let capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let small = |c: char| c.is_ascii_lowercase() || c == '_';
    between("@@", "@@", capital)
        .or_else(|| between("{{", "}}", |c| !"{}<>\n".contains(c)))
        .or_else(|| between("\"#", "#\"", capital))
        .or_else(|| between("${", "}", capital))
        .or_else(|| between("\"{", "}\"", small))
        .or_else(|| between(">{", "}<", small))
}

/// What is marked of an `element`: its start tag as far as the name, or all of it if it
/// is a short line of text.
fn mark(text: &str, element: &Element) -> Range<usize> {
    let Some(whole) = text.get(element.span.clone()) else {
        return 0..0;
    };
    if whole.len() <= MAX_MARKED && !whole.contains('\n') && element.elements().next().is_none() {
        return element.span.clone();
    }
    let end = whole.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/');
    element.span.start..element.span.start + end.unwrap_or(1)
}

/// Where the attribute `local` of the `element` stands, from its name to behind its value;
/// the element's tag if it is not there.
fn attribute(text: &str, element: &Element, local: &str) -> Range<usize> {
    let named = |ns: Option<&str>| {
        let mut given = element.attributes.iter().map(|(name, _)| name);
        given.find(|name| name.local == local && ns.is_none_or(|ns| name.ns == ns))
    };
    let name: Option<&Name> = named(Some(ENVELOPE_1)).or_else(|| named(None));
    let value = name.and_then(|name| attribute_span(text, element, name));
    let Some(value) = value else {
        return mark(text, element);
    };
    let before = text[..value.start]
        .trim_end_matches(['"', '\''])
        .trim_ascii_end();
    let before = before.strip_suffix('=').unwrap_or(before).trim_ascii_end();
    let start = before
        .rfind(|c: char| c.is_ascii_whitespace())
        .map_or(0, |blank| blank + 1);
    let end = value.end + usize::from(value.end < text.len());
    if end - start > MAX_MARKED {
        let name_end = before.len().max(start + 1);
        return start..name_end;
    }
    start..end
}
