//! Descriptors with things changed at random, always the same ones: byte by byte,
//! which mostly breaks the XML, and as trees, which leaves XML of another meaning.

use ovfkit::xml::names::{CARRIED_PREFIXES, ENVELOPE_0_9, ENVELOPE_1, ENVELOPE_2, RASD, VMW, XSI};
use ovfkit::xml::{Element, Name, Node, read, write_element};

use crate::laws;

const SEEDS: [&str; 6] = [
    include_str!("seeds/1.ovf"),
    include_str!("seeds/2.ovf"),
    include_str!("seeds/old.ovf"),
    include_str!("seeds/bare.ovf"),
    include_str!("seeds/collection.ovf"),
    include_str!("seeds/sections.ovf"),
];

/// What is put into bytes.
const WORDS: [&str; 16] = [
    "<",
    ">",
    "&",
    "\"",
    "'",
    "/>",
    "<!--",
    "]]>",
    "<![CDATA[",
    "&#0;",
    "&#x10FFFF;",
    "&lt;",
    " xmlns=''",
    " xmlns:ovf='urn:x'",
    "\u{FEFF}",
    "\0",
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

/// Numbers that look random and are the same in every run (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % sides.max(1) as u64).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }

    fn name(&mut self) -> Name {
        let (ns, local) = self.pick(&NAMES);
        Name::new(ns, local)
    }
}

fn change_bytes(dice: &mut Dice, bytes: &mut Vec<u8>) {
    let at = dice.roll(bytes.len());
    let end = (at + dice.roll(40)).min(bytes.len());
    match dice.roll(5) {
        0 => bytes[at] ^= 1 << dice.roll(8),
        1 => drop(bytes.drain(at..end)),
        2 => bytes.truncate(at),
        3 => {
            let word = dice.pick(&WORDS).bytes();
            bytes.splice(at..at, word);
        }
        _ => {
            let copied = bytes[at..end].to_vec();
            let to = dice.roll(bytes.len());
            bytes.splice(to..to, copied);
        }
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

/// Runs `law` on `times` changed seeds, each given what `change` makes of it; returns
/// how many were read.
fn hold(times: u64, law: fn(&[u8]) -> bool, change: impl Fn(&mut Dice, &str) -> Vec<u8>) -> usize {
    let runs = (0..times).map(|run| {
        let mut dice = Dice(run);
        let seed = dice.pick(&SEEDS);
        let bytes = change(&mut dice, seed);
        let held = std::panic::catch_unwind(|| law(&bytes));
        held.unwrap_or_else(|_| panic!("run {run}:\n{}", String::from_utf8_lossy(&bytes)))
    });
    runs.filter(|read| *read).count()
}

fn with_other_bytes(dice: &mut Dice, seed: &str) -> Vec<u8> {
    let mut bytes = seed.as_bytes().to_vec();
    for _ in 0..=dice.roll(3) {
        if !bytes.is_empty() {
            change_bytes(dice, &mut bytes);
        }
    }
    bytes
}

fn with_another_tree(dice: &mut Dice, seed: &str) -> Vec<u8> {
    let mut root = read(seed).unwrap();
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
        assert!(laws::document(seed.as_bytes()) && laws::descriptor(seed.as_bytes()));
    }
}

#[test]
fn documents_of_other_bytes() {
    let read = hold(3000, laws::document, with_other_bytes);
    assert!(read > 150, "{read} were read");
}

#[test]
fn documents_of_other_trees() {
    let read = hold(1500, laws::document, with_another_tree);
    assert!(read > 1000, "{read} were read");
}

#[test]
fn descriptors_of_other_bytes() {
    let read = hold(400, laws::descriptor, with_other_bytes);
    assert!(read > 20, "{read} were read");
}

#[test]
fn descriptors_of_other_trees() {
    let read = hold(250, laws::descriptor, with_another_tree);
    assert!(read > 150, "{read} were read");
}

#[test]
fn verdicts_on_other_bytes() {
    let judged = hold(300, laws::verdict, with_other_bytes);
    assert!(judged > 20, "{judged} were judged");
}

#[test]
fn verdicts_on_other_trees() {
    let judged = hold(200, laws::verdict, with_another_tree);
    assert!(judged > 120, "{judged} were judged");
}
