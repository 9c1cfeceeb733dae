//! Taking an element apart, so that nothing in it is lost.
//!
//! A record takes from an element what it models. What is left over is, by
//! construction, what the model does not know, or what does not fit its type;
//! [`Take::finish`] hands it over as [`Extra`], to be kept as it was written. What
//! was at fault on the way is collected in [`Faults`]; nothing stops the reading.

use std::cell::RefCell;
use std::collections::HashSet;

use crate::xml::names::{BOOT_CONFIG, BOOT_SOURCE, ENVELOPE_1, RASD, VSSD};
use crate::xml::{Element, Name, Node};

use super::extra::{Extra, OnChild};
use super::scalar::Scalar;
use super::{Content, EnvelopeError, Item, ItemKind, Section, Version};

/// How many children of one element, whose values are taken, may have attributes of
/// their own. More of them are kept as they are: a template looks through all of them
/// for each.
const MAX_ON_CHILDREN: usize = 1000;

/// What holds for the whole document while it is read.
pub(super) struct Faults {
    /// The edition of the standard it was written in.
    version: Version,
    /// The faults found so far, in the order of reading.
    found: RefCell<Vec<EnvelopeError>>,
}

impl Faults {
    pub(super) fn new(version: Version) -> Self {
        Self {
            version,
            found: RefCell::default(),
        }
    }

    pub(super) fn add(&self, fault: EnvelopeError) {
        self.found.borrow_mut().push(fault);
    }

    pub(super) fn into_vec(self) -> Vec<EnvelopeError> {
        self.found.into_inner()
    }
}

/// An element that does not fit where it stands, and what would have fitted.
pub(super) struct Misfit {
    pub(super) element: Element,
    pub(super) expected: &'static str,
}

/// A part of the model that an element becomes as a whole.
pub(super) trait Record {
    /// Its fields by the children they are, in the order of the schema. What is no child
    /// has an empty name.
    const CHILDREN: &'static [(&'static str, &'static Name)] = &[];

    fn read(element: Element, faults: &Faults) -> Self;
}

impl<T: Record> Record for Box<T> {
    fn read(element: Element, faults: &Faults) -> Self {
        Box::new(T::read(element, faults))
    }
}

/// What a child element can become.
pub(super) trait FromElement: Sized {
    /// Takes the attributes off the element that the value has no place for.
    fn kept_attributes(_: &mut Element) -> Vec<(Name, String)> {
        Vec::new()
    }

    fn from_element(element: Element, faults: &Faults) -> Result<Self, Box<Misfit>>;
}

/// How often a child may be there: at most once, or any number of times.
pub(super) trait Children: Sized {
    fn take(take: &mut Take<'_>, name: &Name) -> Self;
}

/// Whether an attribute has to be there.
pub(super) trait Attribute: Sized {
    fn take(take: &mut Take<'_>, name: &Name) -> Self;
}

/// An element being taken apart.
pub(super) struct Take<'f> {
    name: Name,
    offset: usize,
    attributes: Vec<(Name, String)>,
    children: Vec<Element>,
    /// Attributes on children whose own value was taken.
    on_children: Vec<OnChild>,
    /// The names of children that were asked for.
    known: Vec<Name>,
    /// Where children stand that were asked for, but are to be kept as they are.
    kept: HashSet<usize>,
    faults: &'f Faults,
}

impl<'f> Take<'f> {
    /// Begins taking `element` apart. Text between its children is a fault and not
    /// kept: no element of OVF mixes the two, and no reader sees it.
    pub(super) fn new(element: Element, faults: &'f Faults) -> Self {
        let mut take = Self {
            name: element.name,
            offset: element.span.start,
            attributes: element.attributes,
            children: Vec::new(),
            on_children: Vec::new(),
            known: Vec::new(),
            kept: HashSet::new(),
            faults,
        };
        for node in element.children {
            match node {
                Node::Element(child) => take.children.push(child),
                Node::Text(text) if text.trim_ascii().is_empty() => {}
                Node::Text(_) => faults.add(EnvelopeError::StrayText {
                    element: take.name.to_string(),
                    offset: take.offset,
                }),
            }
        }
        take
    }

    /// The local name of the element.
    pub(super) fn local_name(&self) -> &str {
        &self.name.local
    }

    /// The attribute `name`; how often it may be there is up to the type.
    pub(super) fn attribute<A: Attribute>(&mut self, name: &Name) -> A {
        A::take(self, name)
    }

    /// The attribute `name` as a truth value, with the default the standard gives it.
    pub(super) fn flag(&mut self, name: &Name, default: bool) -> bool {
        self.scalar(name).unwrap_or(default)
    }

    /// The attribute `name`, which the standard requires, unless it does not fit.
    pub(super) fn expected<T: Scalar>(&mut self, name: &Name) -> Option<T> {
        if self.position(name).is_none() {
            self.missing_attribute(name);
        }
        self.scalar(name)
    }

    /// The child or children `name`.
    pub(super) fn child<C: Children>(&mut self, name: &Name) -> C {
        C::take(self, name)
    }

    /// The child `name`, which the standard requires. Without it the value is empty,
    /// which is a fault.
    pub(super) fn required<T: FromElement + Default>(&mut self, name: &Name) -> T {
        self.first(name).unwrap_or_else(|| {
            self.faults.add(EnvelopeError::MissingElement {
                element: name.to_string(),
                parent: self.name.to_string(),
                offset: self.offset,
            });
            T::default()
        })
    }

    /// All children with one of `names`, in document order.
    pub(super) fn mixed<T: Record>(&mut self, names: &[Name]) -> Vec<T> {
        let (faults, mut found) = (self.faults, Vec::new());
        for child in self
            .children
            .extract_if(.., |child| names.contains(&child.name))
        {
            found.push(T::read(child, faults));
        }
        found
    }

    /// All devices, by kind and then as they stand: the schema of 2.x wants one kind
    /// behind the other, and the order of kinds means nothing.
    pub(super) fn items(&mut self) -> Vec<Item> {
        let mut items: Vec<Item> = self.mixed(&ItemKind::NAMES);
        items.sort_by_key(|item| item.kind);
        items
    }

    /// The edition of the standard the document was written in.
    pub(super) fn version(&self) -> Version {
        self.faults.version
    }

    /// All virtual systems and collections of them.
    pub(super) fn contents(&mut self) -> Vec<Content> {
        self.mixed(&Content::NAMES)
    }

    /// Whatever children nobody took: sections, known or not.
    pub(super) fn sections(&mut self) -> Vec<Section> {
        let rest = std::mem::take(&mut self.children).into_iter();
        rest.map(|element| Section::read(element, self.faults))
            .collect()
    }

    /// The attribute `name` if its text fits. One without a prefix serves where the
    /// right one is missing, as many readers look at local names only.
    fn scalar<T: Scalar>(&mut self, name: &Name) -> Option<T> {
        let index = self.position(name)?;
        let (given, text) = &self.attributes[index];
        let Some(value) = T::parse(text) else {
            self.faults.add(EnvelopeError::WrongValue {
                name: name.to_string(),
                value: text.clone(),
                expected: T::EXPECTED,
                offset: self.offset,
            });
            return None;
        };
        if given != name {
            self.faults.add(EnvelopeError::Unqualified {
                attribute: name.to_string(),
                element: self.name.to_string(),
                offset: self.offset,
            });
        }
        self.attributes.remove(index);
        Some(value)
    }

    /// Where the attribute `name` is, or one of its local name without a prefix.
    fn position(&self, name: &Name) -> Option<usize> {
        let position = |wanted: &Name| {
            let mut given = self.attributes.iter();
            given.position(|(given, _)| given == wanted)
        };
        position(name).or_else(|| position(&Name::new("", &name.local)))
    }

    fn missing_attribute(&self, name: &Name) {
        self.faults.add(EnvelopeError::MissingAttribute {
            attribute: name.to_string(),
            element: self.name.to_string(),
            offset: self.offset,
        });
    }

    /// The first child `name`, if it fits; else it stays.
    fn first<T: FromElement>(&mut self, name: &Name) -> Option<T> {
        self.known.push(name.clone());
        let index = self.children.iter().position(|child| child.name == *name)?;
        let child = self.children.remove(index);
        match self.fitting(child, 0) {
            Ok(value) => Some(value),
            Err(child) => {
                self.children.insert(index, *child);
                None
            }
        }
    }

    /// What `child` becomes, the `nth` taken of its name; if it does not fit, it is
    /// handed back.
    fn fitting<T: FromElement>(
        &mut self,
        mut child: Element,
        nth: usize,
    ) -> Result<T, Box<Element>> {
        let (name, offset) = (child.name.clone(), child.span.start);
        let text = child.text();
        let mut kept = T::kept_attributes(&mut child);
        if !kept.is_empty() && self.on_children.len() >= MAX_ON_CHILDREN {
            child.attributes.append(&mut kept);
            self.kept.insert(offset);
            return Err(Box::new(child));
        }
        match T::from_element(child, self.faults) {
            Ok(value) => {
                if !kept.is_empty() {
                    let attributes = kept;
                    self.on_children.push(OnChild {
                        name,
                        nth,
                        attributes,
                    });
                }
                Ok(value)
            }
            Err(misfit) => {
                let Misfit {
                    mut element,
                    expected,
                } = *misfit;
                self.faults.add(EnvelopeError::WrongValue {
                    name: name.to_string(),
                    value: text,
                    expected,
                    offset,
                });
                element.attributes.append(&mut kept);
                self.kept.insert(offset);
                Err(Box::new(element))
            }
        }
    }

    /// All children `name` that fit.
    fn all<T: FromElement>(&mut self, name: &Name) -> Vec<T> {
        self.known.push(name.clone());
        let mut found = Vec::new();
        if !self.children.iter().any(|child| child.name == *name) {
            return found;
        }
        // One pass, as a hostile document can have any number of them.
        for child in std::mem::take(&mut self.children) {
            if child.name != *name {
                self.children.push(child);
                continue;
            }
            match self.fitting(child, found.len()) {
                Ok(value) => found.push(value),
                Err(child) => self.children.push(*child),
            }
        }
        found
    }

    /// Ends the taking apart; what is left is kept as it is.
    pub(super) fn finish(self) -> Extra {
        for child in &self.children {
            let (element, offset) = (child.name.to_string(), child.span.start);
            let parent = self.name.to_string();
            if !is_standard(&child.name) || self.kept.contains(&offset) {
                continue;
            }
            if self.known.contains(&child.name) {
                self.faults.add(EnvelopeError::RepeatedElement {
                    element,
                    parent,
                    offset,
                });
            } else {
                self.faults.add(EnvelopeError::UnknownElement {
                    element,
                    parent,
                    offset,
                });
            }
        }
        Extra {
            attributes: self.attributes,
            elements: self.children,
            on_children: self.on_children,
        }
    }
}

/// Whether a name is one the standards define the use of, so that another use of it
/// is a fault and not an extension.
fn is_standard(name: &Name) -> bool {
    [ENVELOPE_1, RASD, VSSD, BOOT_CONFIG, BOOT_SOURCE].contains(&&*name.ns)
}

impl<T: FromElement> Children for Option<T> {
    fn take(take: &mut Take<'_>, name: &Name) -> Self {
        take.first(name)
    }
}

impl<T: FromElement> Children for Vec<T> {
    fn take(take: &mut Take<'_>, name: &Name) -> Self {
        take.all(name)
    }
}

impl<T: Scalar> Attribute for Option<T> {
    fn take(take: &mut Take<'_>, name: &Name) -> Self {
        take.scalar(name)
    }
}

/// An attribute that has to be there. Without it the text is empty, which is a fault.
impl Attribute for String {
    fn take(take: &mut Take<'_>, name: &Name) -> Self {
        take.scalar(name).unwrap_or_else(|| {
            take.missing_attribute(name);
            Self::new()
        })
    }
}

/// A list separated by blanks.
impl Attribute for Vec<String> {
    fn take(take: &mut Take<'_>, name: &Name) -> Self {
        let text: Option<String> = take.scalar(name);
        let words = text.iter().flat_map(|text| text.split_ascii_whitespace());
        words.map(str::to_owned).collect()
    }
}
