//! Descriptors with things changed at random, always the same ones: byte by byte,
//! which mostly breaks the XML, and as trees, which leaves XML of another meaning.

use ovfkit::xml::names::{CARRIED_PREFIXES, ENVELOPE_0_9, ENVELOPE_1, ENVELOPE_2, RASD, VMW, XSI};
use ovfkit::xml::{Element, Name, Node, read, write_element};

use crate::change::{Dice, hold, other_bytes};
use crate::laws::descriptor as laws;

const SEEDS: [&[u8]; 6] = [
    include_bytes!("seeds/descriptor/1.ovf"),
    include_bytes!("seeds/descriptor/2.ovf"),
    include_bytes!("seeds/descriptor/old.ovf"),
    include_bytes!("seeds/descriptor/bare.ovf"),
    include_bytes!("seeds/descriptor/collection.ovf"),
    include_bytes!("seeds/descriptor/sections.ovf"),
];

/// What is put into bytes.
const WORDS: [&[u8]; 16] = [
    b"<",
    b">",
    b"&",
    b"\"",
    b"'",
    b"/>",
    b"<!--",
    b"]]>",
    b"<![CDATA[",
    b"&#0;",
    b"&#x10FFFF;",
    b"&lt;",
    b" xmlns=''",
    b" xmlns:ovf='urn:x'",
    b"\xEF\xBB\xBF",
    b"\0",
];

/// What values become.
const VALUES: [&str; 14] = [
    "",
    " ",
    "0",
    "-1",
    "true",
    "18446744073709551615",
    "18446744073709551616",
    "byte * 2^64",
    "ovf:/disk/d",
    "${k}",
    " a\tb\nc\r ",
    "ovf:Item_Type",
    "<&\"'>",
    "\u{E9}\u{1F4BE}",
];

/// What elements and attributes are called.
const NAMES: [(&str, &str); 24] = [
    (ENVELOPE_1, "Info"),
    (ENVELOPE_1, "Item"),
    (ENVELOPE_1, "File"),
    (ENVELOPE_1, "Section"),
    (ENVELOPE_1, "DiskSection"),
    (ENVELOPE_1, "VirtualSystem"),
    (ENVELOPE_1, "VirtualSystemCollection"),
    (ENVELOPE_1, "Strings"),
    (ENVELOPE_1, "id"),
    (ENVELOPE_1, "required"),
    (ENVELOPE_1, "configuration"),
    (ENVELOPE_2, "BootDeviceSection"),
    (RASD, "InstanceID"),
    (RASD, "VirtualQuantity"),
    (XSI, "type"),
    ("", "Info"),
    ("", "id"),
    ("", "References"),
    (ENVELOPE_0_9, "required"),
    (ENVELOPE_2, "id"),
    (VMW, "id"),
    (VMW, "BootOrderSection"),
    ("urn:x", "type"),
    ("http://www.w3.org/XML/1998/namespace", "lang"),
];

impl Dice {
    fn name(&mut self) -> Name {
        let (ns, local) = self.pick(&NAMES);
        Name::new(ns, local)
    }
}

/// How many elements there are.
fn count(element: &Element) -> usize {
    1 + element.elements().map(count).sum::<usize>()
}

/// The element number `left` in document order.
fn nth<'e>(element: &'e mut Element, left: &mut usize) -> Option<&'e mut Element> {
    if *left == 0 {
        return Some(element);
    }
    *left -= 1;
    element.children.iter_mut().find_map(|node| match node {
        Node::Element(child) => nth(child, left),
        Node::Text(_) => None,
    })
}

fn change_tree(dice: &mut Dice, root: &mut Element) {
    let elements = count(root);
    let mut from = dice.roll(elements);
    let copied = nth(root, &mut from).unwrap().clone();
    let mut at = dice.roll(elements);
    let element = nth(root, &mut at).unwrap();
    let child = dice.roll(element.children.len() + 1);
    let attribute = dice.roll(element.attributes.len());
    match dice.roll(8) {
        0 if child < element.children.len() => drop(element.children.remove(child)),
        1 if !element.attributes.is_empty() => drop(element.attributes.remove(attribute)),
        2 if !element.attributes.is_empty() => {
            dice.pick(&VALUES)
                .clone_into(&mut element.attributes[attribute].1);
        }
        3 => {
            let (name, value) = (dice.name(), dice.pick(&VALUES).to_owned());
            if element.attribute(&name).is_none() {
                element.attributes.push((name, value));
            }
        }
        4 => element.name = dice.name(),
        5 => element.children = vec![Node::Text(dice.pick(&VALUES).to_owned())],
        6 => element
            .children
            .insert(child, Node::Text(dice.pick(&VALUES).to_owned())),
        _ => element.children.insert(child, Node::Element(copied)),
    }
}

fn with_other_bytes(dice: &mut Dice, seed: &[u8]) -> Vec<u8> {
    other_bytes(dice, seed, &WORDS)
}

fn with_another_tree(dice: &mut Dice, seed: &[u8]) -> Vec<u8> {
    let mut root = read(std::str::from_utf8(seed).unwrap()).unwrap();
    for _ in 0..=dice.roll(6) {
        change_tree(dice, &mut root);
    }
    // Its own declarations were taken off when it was read.
    let text = write_element(&root);
    let tag = text.find([' ', '>', '/']).unwrap();
    let declared = CARRIED_PREFIXES.map(|(prefix, ns)| format!(" xmlns:{prefix}='{ns}'"));
    format!("{}{}{}", &text[..tag], declared.concat(), &text[tag..]).into_bytes()
}

#[test]
fn the_seeds_are_read() {
    for seed in SEEDS {
        assert!(laws::document(seed) && laws::descriptor(seed));
    }
}

#[test]
fn documents_of_other_bytes() {
    let read = hold(3000, &SEEDS, laws::document, with_other_bytes);
    assert!(read > 150, "{read} were read");
}

#[test]
fn documents_of_other_trees() {
    let read = hold(1500, &SEEDS, laws::document, with_another_tree);
    assert!(read > 1000, "{read} were read");
}

#[test]
fn descriptors_of_other_bytes() {
    let read = hold(400, &SEEDS, laws::descriptor, with_other_bytes);
    assert!(read > 20, "{read} were read");
}

#[test]
fn descriptors_of_other_trees() {
    let read = hold(250, &SEEDS, laws::descriptor, with_another_tree);
    assert!(read > 150, "{read} were read");
}

#[test]
fn verdicts_on_other_bytes() {
    let judged = hold(300, &SEEDS, laws::verdict, with_other_bytes);
    assert!(judged > 20, "{judged} were judged");
}

#[test]
fn verdicts_on_other_trees() {
    let judged = hold(200, &SEEDS, laws::verdict, with_another_tree);
    assert!(judged > 120, "{judged} were judged");
}
