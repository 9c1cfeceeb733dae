//! What is written as YAML and JSON reads back the same.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use ovfkit::data::{Format, Kind, Loader, Node, Tree, Value};

/// `tree` as what is read of it.
fn same(tree: &Tree, node: &Node) -> bool {
    match (tree, &node.value) {
        (Tree::Null, _) => node.is_null(),
        (Tree::Bool(yes), Value::Scalar(scalar)) => scalar.text == yes.to_string(),
        (Tree::Number(number), Value::Scalar(scalar)) => scalar.text == number.to_string(),
        (Tree::Text(text), Value::Scalar(scalar)) => {
            scalar.text == *text && scalar.kind == Kind::Text
        }
        (Tree::Loose(text), Value::Scalar(scalar)) => scalar.text == *text && !node.is_null(),
        (Tree::List(items), Value::List(nodes)) => {
            items.len() == nodes.len() && items.iter().zip(nodes).all(|(a, b)| same(a, b))
        }
        (Tree::Map(entries), Value::Map(nodes)) => {
            entries.len() == nodes.len()
                && entries
                    .iter()
                    .zip(nodes)
                    .all(|((key, a), b)| *key == b.key.text && same(a, &b.value))
        }
        _ => false,
    }
}

fn read(text: &str, format: Format) -> Node {
    let document = Loader::new().text("x", text, Some(format)).load();
    document
        .unwrap_or_else(|error| panic!("{error:?} in\n{text}"))
        .root()
        .clone()
}

fn check(tree: &Tree) {
    let escaped = tree.clone().escaped();
    let yaml = escaped.yaml(0) + "\n";
    assert!(same(tree, &read(&yaml, Format::Yaml)), "{tree:?}\n{yaml}");
    let json = escaped.json().expect("JSON");
    assert!(same(tree, &read(&json, Format::Json)), "{tree:?}\n{json}");
}

/// Texts that YAML has a meaning for, or has trouble with.
const HARD: &[&str] = &[
    "",
    " ",
    "~",
    "null",
    "true",
    "yes",
    "No",
    "0",
    "-1",
    "1.10",
    "0x1f",
    "0b1",
    "1_000",
    ".5",
    "1e3",
    "12:30:00",
    "- a",
    "-",
    "?",
    "a: b",
    "a:",
    ":a",
    "a #b",
    "#a",
    "[a]",
    "{a}",
    "a, b",
    "*a",
    "&a",
    "!a",
    "|",
    ">",
    "'",
    "\"",
    "it's",
    "say \"x\"",
    "%a",
    "@a",
    "`a",
    "a\\b",
    "a\nb",
    "a\n",
    "a\n\n",
    "\na",
    "  a\nb",
    "a\n  b\n",
    "a\n \nb",
    "a\r\nb",
    "a\tb",
    "\t",
    "---",
    "...",
    "${a}",
    "$${a}",
    "a${",
    "ä",
    "\u{85}",
    "\u{2028}",
    "\u{FEFF}",
    "\u{1F600}",
    "\u{7F}",
    "\u{1}",
    "<<",
    "=",
    "4 GiB",
    "scsi0:1",
    "00:50:56:00:00:01",
    "<a b=\"c\"/>\n<d/>",
    "trailing ",
    "a'b\"c",
    "a -",
    "a ?",
];

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        select(HARD).prop_map(str::to_owned),
        "\\PC{0,12}",
        vec(select(HARD), 1..4).prop_map(|parts| parts.concat()),
        "[a-z \\n:#'\"-]{0,20}",
    ]
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaves = prop_oneof![
        4 => texts().prop_map(Tree::Text),
        2 => texts().prop_map(Tree::Loose),
        1 => any::<i64>().prop_map(|number| Tree::Number(number.into())),
        1 => any::<bool>().prop_map(Tree::Bool),
    ];
    leaves.prop_recursive(4, 40, 5, |inner| {
        let keys = texts().prop_filter("appends", |key| !key.ends_with('+'));
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Tree::List),
            vec((keys, inner), 0..5).prop_map(|entries| {
                let mut map: Vec<(String, Tree)> = Vec::new();
                for (key, value) in entries {
                    if map.iter().all(|(known, _)| *known != key) {
                        map.push((key, value));
                    }
                }
                Tree::Map(map)
            }),
        ]
    })
}

/// A loose text that is empty or nothing has to be told from nothing.
fn in_a_map(tree: Tree) -> Tree {
    Tree::Map(vec![("a".to_owned(), tree)])
}

#[test]
fn hard_texts_read_back() {
    for text in HARD {
        check(&in_a_map(Tree::Text((*text).to_owned())));
        check(&in_a_map(Tree::Loose((*text).to_owned())));
        check(&in_a_map(Tree::List(vec![Tree::Text((*text).to_owned())])));
        check(&in_a_map(Tree::Map(vec![(
            (*text).to_owned(),
            Tree::Bool(true),
        )])));
    }
    let long = "k".repeat(2000);
    check(&in_a_map(Tree::Map(vec![(
        long.clone(),
        Tree::List(vec![Tree::Map(vec![(long.clone(), Tree::Text(long))])]),
    )])));
}

#[test]
fn short_things_stay_short() {
    let text = |text: &str| Tree::Text(text.to_owned());
    let disk = Tree::Map(vec![("size".to_owned(), text("20 GiB"))]);
    let tree = Tree::Map(vec![
        ("cpus".to_owned(), Tree::Loose("4".to_owned())),
        ("version".to_owned(), text("1.10")),
        (
            "disks".to_owned(),
            Tree::List(vec![text("noble.img"), disk]),
        ),
        ("note".to_owned(), text("One\nTwo\n")),
    ]);
    let yaml = "cpus: 4\nversion: '1.10'\ndisks: [noble.img, { size: 20 GiB }]\n\
                note: |\n  One\n  Two";
    assert_eq!(tree.yaml(0), yaml);
}

#[test]
fn a_key_that_appends_is_refused() {
    let tree = in_a_map(Tree::Map(vec![("b+".to_owned(), Tree::Bool(true))]));
    assert!(tree.check().is_err());
    assert!(in_a_map(Tree::Null).check().is_ok());
}

proptest! {
    #[test]
    fn what_is_written_reads_back(tree in trees()) {
        check(&in_a_map(tree));
    }
}
