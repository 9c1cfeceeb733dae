//! Which elements of three documents are one.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::base::align::align;
use crate::envelope::attr;
use crate::xml::names::{ENVELOPE_1, XML, ovf, rasd, vmw};
use crate::xml::{Element, Name};

/// What tells one child of an element from the others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    name: Name,
    /// What it is called; its number, for what is not called anything.
    id: String,
    /// Its number among those that are called the same.
    number: usize,
}

impl Key {
    pub(super) fn name(&self) -> &Name {
        &self.name
    }
}

/// Children by what tells them apart. Items are several where one device has one for each
/// deployment option.
pub(super) type Groups<'e> = IndexMap<Key, Vec<&'e Element>>;

/// The children of three elements that are one, by the same keys.
pub(super) struct Three<'o, 'r> {
    pub(super) original: Groups<'o>,
    pub(super) before: Groups<'r>,
    pub(super) after: Groups<'r>,
    /// Children of the original that give way, whatever takes their place.
    pub(super) gone: Vec<&'o Element>,
}

impl<'o, 'r> Three<'o, 'r> {
    pub(super) fn new(original: &'o Element, before: &'r Element, after: &'r Element) -> Self {
        let mut three = Self {
            original: called(original),
            before: called(before),
            after: called(after),
            gone: Vec::new(),
        };
        let mut names: Vec<&Name> = Vec::new();
        for child in before.elements().chain(after.elements()) {
            if id(child).is_none() && !names.contains(&&child.name) {
                names.push(&child.name);
            }
        }
        for name in names {
            three.number(name, original, before, after);
        }
        three.meet_contents();
        // In the order of their documents, which adding them by names has lost.
        let order = |groups: &mut Groups<'_>| {
            groups.sort_by(|_, one, _, other| one[0].span.start.cmp(&other[0].span.start));
        };
        order(&mut three.original);
        order(&mut three.before);
        order(&mut three.after);
        three
    }

    /// Adds the children `name`, which are called nothing: the first of the original is the first
    /// before, and those after are those before that say the same, or stand between such.
    fn number(
        &mut self,
        name: &Name,
        original: &'o Element,
        before: &'r Element,
        after: &'r Element,
    ) {
        let own = own(original, name);
        let (old, new) = (self::own(before, name), self::own(after, name));
        let changed = old != new;
        // What the original has more or less of cannot be told apart: all give way to all.
        let alike = own.len() == old.len();
        let key = |id: String| Key {
            name: name.clone(),
            id,
            number: 0,
        };
        let matched = align(&old, &new, |one, other| one == other);
        let mut added = 0;
        for (element, matched) in new.iter().zip(matched) {
            let id = matched.filter(|_| alike || !changed).map_or_else(
                || {
                    added += 1;
                    format!("new {added}")
                },
                |index| index.to_string(),
            );
            self.after.insert(key(id), vec![*element]);
        }
        for (index, element) in old.iter().enumerate() {
            self.before.insert(key(index.to_string()), vec![*element]);
        }
        if alike {
            for (index, element) in own.iter().enumerate() {
                self.original.insert(key(index.to_string()), vec![*element]);
            }
        } else if changed {
            self.gone.extend(own);
        }
    }

    /// A machine that is called otherwise is still that machine, if it is in its place.
    fn meet_contents(&mut self) {
        for name in ["VirtualSystem", "VirtualSystemCollection"] {
            let left = |groups: &Groups<'_>, others: &Groups<'_>| -> Vec<Key> {
                let own = groups.keys().filter(|key| key.name == ovf(name));
                own.filter(|key| !others.contains_key(*key))
                    .cloned()
                    .collect()
            };
            let gone = left(&self.before, &self.after);
            let come = left(&self.after, &self.before);
            if gone.len() != come.len() {
                continue;
            }
            for (old, new) in gone.into_iter().zip(come) {
                if let Some(elements) = self.after.shift_remove(&new) {
                    self.after.insert(old, elements);
                }
            }
        }
    }
}

/// The children of `element` that are called `name`.
fn own<'e>(element: &'e Element, name: &Name) -> Vec<&'e Element> {
    let own = element.elements().filter(|child| child.name == *name);
    own.filter(|child| id(child).is_none()).collect()
}

/// The children of `element` that are called something.
fn called(element: &Element) -> Groups<'_> {
    let mut groups = Groups::new();
    let mut met: HashMap<(&Name, String), usize> = HashMap::new();
    for child in element.elements() {
        let Some(id) = id(child) else { continue };
        let number = met.entry((&child.name, id.clone())).or_default();
        let key = Key {
            name: child.name.clone(),
            id,
            number: if is_device(child) { 0 } else { *number },
        };
        *number += 1;
        groups.entry(key).or_default().push(child);
    }
    groups
}

/// Whether `element` is an item of hardware.
pub(super) fn is_device(element: &Element) -> bool {
    element.name == ovf("Item") && attr(element, "id").is_none()
}

/// What `element` is called among others of its name, if that is something.
fn id(element: &Element) -> Option<String> {
    let own = |local: &'static str| attr(element, local).map(str::to_owned);
    // What should be called something and is not is called nothing.
    let called = |local| Some(own(local).unwrap_or_default());
    if element.name == vmw("Config") || element.name == vmw("ExtraConfig") {
        let key = element.attribute(&vmw("key"));
        return key.or_else(|| attr(element, "key")).map(str::to_owned);
    }
    if element.name.ns != ENVELOPE_1 {
        return None;
    }
    match &*element.name.local {
        "File" | "Configuration" | "VirtualSystem" | "VirtualSystemCollection" => called("id"),
        "Disk" => called("diskId"),
        "Network" => called("name"),
        "Property" => called("key"),
        "Msg" => called("msgid"),
        "Value" => called("configuration"),
        "Item" => own("id").or_else(|| Some(device(element))),
        "Strings" => {
            let lang = element.attribute(&Name::known(XML, "lang"));
            let file = own("fileRef").unwrap_or_default();
            Some(format!("{} {file}", lang.unwrap_or_default()))
        }
        "ProductSection" => {
            let part = |local| own(local).unwrap_or_default();
            Some(format!("{} {}", part("class"), part("instance")))
        }
        _ => None,
    }
}

/// The items of one device in three documents, each with those of the same deployment options;
/// nothing unless all have the same ones.
pub(super) fn paired<'o, 'r>(
    original: &[&'o Element],
    before: &[&'r Element],
    after: &[&'r Element],
) -> Option<Vec<(&'o Element, &'r Element, &'r Element)>> {
    let part = |element: &Element| {
        let own = |local| attr(element, local).unwrap_or_default().to_owned();
        (own("configuration"), own("bound"))
    };
    if original.len() != before.len() || before.len() != after.len() {
        return None;
    }
    let of = |list: &[&'r Element], own: &Element| {
        let mut found = list.iter().filter(|one| part(one) == part(own));
        let first = found.next().copied();
        first.filter(|_| found.next().is_none())
    };
    let pairs = original
        .iter()
        .map(|own| Some((*own, of(before, own)?, of(after, own)?)));
    pairs.collect()
}

/// What tells the item `element` from others: CPUs and memory are there once.
fn device(element: &Element) -> String {
    let member = |local: &'static str| {
        let found = element.elements().find(|one| one.name == rasd(local));
        found.map(Element::text).unwrap_or_default()
    };
    match member("ResourceType").trim() {
        "3" => "CPUs".to_owned(),
        "4" => "memory".to_owned(),
        _ => member("InstanceID").trim().to_owned(),
    }
}
