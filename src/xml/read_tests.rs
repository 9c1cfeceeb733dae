use crate::base::ErrorKind;

use super::super::names;
use super::*;

fn fails(text: &str) -> Error {
    match read(text) {
        Ok(element) => panic!("accepted: {element:?}"),
        Err(error) => error,
    }
}

#[test]
fn names_are_resolved_and_spans_kept() {
    let text =
        "<?xml version=\"1.0\"?>\n<a xmlns='urn:d' xmlns:p='urn:p' p:x='1' x='2'>\n<p:b/> t</a>\n";
    let root = read(text).expect("a good document");
    assert_eq!(root.name, Name::new("urn:d", "a"));
    assert_eq!(
        root.attributes,
        [
            (Name::new("urn:p", "x"), "1".to_owned()),
            (Name::new("", "x"), "2".to_owned())
        ],
        "attributes without a prefix are in no namespace"
    );
    assert_eq!(&text[root.span.clone()], text[22..].trim_end());
    let Node::Element(b) = &root.children[1] else {
        panic!("{:?}", root.children)
    };
    assert_eq!(b.name, Name::new("urn:p", "b"));
    assert_eq!(&text[b.span.clone()], "<p:b/>");
    assert_eq!(root.children[2], Node::Text(" t".to_owned()));
}

#[test]
fn text_is_joined_and_normalised() {
    let root =
        read("<a b='x&#10;y\n&lt;'>1\r\n&amp;<![CDATA[<2>]]>&#x41;<!-- no -->3</a>").expect("fine");
    assert_eq!(root.attributes, [(Name::new("", "b"), "x\ny <".to_owned())]);
    assert_eq!(root.children, [Node::Text("1\n&<2>A3".to_owned())]);
}

#[test]
fn equality_ignores_the_place() {
    assert_eq!(
        read("<a><b/></a>").expect("fine"),
        read("\n\n<a><b></b></a>").expect("fine")
    );
}

#[test]
fn a_byte_order_mark_is_no_text() {
    assert!(
        fails("\u{FEFF}\n<a>&b;</a>")
            .to_string()
            .starts_with("2:4: ")
    );
    assert_eq!(read("\u{FEFF}<a/>").expect("fine").name, Name::new("", "a"));
}

#[test]
fn a_doctype_and_its_entities_are_refused() {
    let error = fails("<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b 'c'>]>\n<a>&b;</a>");
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(error.place().line, Some((2, 1)));
    assert!(
        fails("<a>\n &b;</a>")
            .to_string()
            .contains("2:2: the entity `&b;`")
    );
    assert!(fails("<a x='&b;'/>").message().contains("the entity `&b;`"));
}

#[test]
fn limits_are_enforced() {
    let deep = "<a>".repeat(MAX_DEPTH + 1) + &"</a>".repeat(MAX_DEPTH + 1);
    let many = format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS));
    let long = format!("<a>{}</a>", " ".repeat(MAX_DOCUMENT_BYTES));
    let wide: Vec<String> = (0..=MAX_ATTRIBUTES).map(|n| format!(" a{n}=''")).collect();
    let wide = format!("<a{}/>", wide.concat());
    for text in [deep, many, long, wide] {
        assert_eq!(fails(&text).kind(), ErrorKind::LimitExceeded);
    }
}

#[test]
fn faults_are_named() {
    for (text, message) in [
        ("", "no element"),
        ("<a>", "inside `a`"),
        ("<a></b>", "not well-formed"),
        ("</a>", "not well-formed"),
        ("<a/><b/>", "second root element, `b`"),
        ("x<a/>", "outside the root"),
        ("<a/>x", "outside the root"),
        ("<1/>", "`1` is not a name"),
        ("<a:b:c xmlns:a='urn:a'/>", "`a:b:c` is not a name"),
        ("<p:a/>", "prefix `p` is not declared"),
        ("<a p:x=''/>", "prefix `p` is not declared"),
        ("<a x='1' x='2'/>", "attribute `x` is given twice"),
        (
            "<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>",
            "attribute `{u}x` is given twice",
        ),
        ("<a x='<'/>", "bare `<`"),
        ("<a x=1/>", "not well-formed"),
        ("<a>\u{1}</a>", "U+0001"),
        ("<a>&#1;</a>", "U+0001"),
        ("<a x='&#1;'/>", "U+0001"),
        ("<a>&#0;</a>", "not well-formed"),
        ("<a>& b</a>", "not well-formed"),
        ("<?xml version='1.1'?><a/>", "XML 1.1"),
    ] {
        let error = fails(text);
        assert!(error.message().contains(message), "{text}: {error}");
        assert!(error.place().line.is_some(), "{text}");
    }
}

#[test]
fn known_names_share_their_namespace() {
    let root = read(&format!("<Envelope xmlns='{}'/>", names::ENVELOPE_1)).expect("fine");
    assert_eq!(root.name, names::ovf("Envelope"));
}
