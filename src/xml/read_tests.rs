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
    let bound: Vec<String> = (0..200).map(|n| format!(" xmlns:p{n}='u'")).collect();
    let error = fails(&format!("<a>\n<b{}/></a>", bound.concat()));
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(error.message().contains("namespace prefixes"), "{error}");
    assert_eq!(error.place().line, Some((2, 1)));
}

#[test]
fn faults_are_named() {
    for (text, message) in [
        ("", "no element"),
        ("<a>", "`a`, opened at line 1, is never closed"),
        (
            "<a>\n</b>",
            "`</b>` stands where `a`, opened at line 1, has to",
        ),
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

#[test]
fn faults_stand_where_they_are() {
    for (text, line, column, marked) in [
        ("<a>\n <p:b/>", 2, 2, "<p:b"),
        ("<a x='1'\n p:y='2'/>", 2, 2, "p:y"),
        ("<a x='1'\n x='2'/>", 2, 2, "x"),
        ("<a\n y='12 <'/>", 2, 2, "y"),
        ("<a y='\n12 &b;'/>", 2, 4, "&b;"),
        ("<a>\n12 &b; 3</a>", 2, 4, "&b;"),
        ("<a>\n<b>\n</a>", 3, 1, "</a"),
        ("<a>\n <b>\n x\n\n", 3, 3, ""),
        ("<a/>\n\n  x", 3, 3, "x"),
        ("<a\n x=1/>", 2, 4, "1"),
    ] {
        let error = fails(text);
        assert_eq!(error.place().line, Some((line, column)), "{text}: {error}");
        let shown = error.excerpt().expect("a line");
        let fault = shown.line.chars().skip(shown.indent).take(shown.width);
        assert_eq!(fault.collect::<String>(), marked, "{text}");
    }
}

#[test]
fn a_cut_document_fails_at_every_byte() {
    let text = "<?xml version='1.0'?><!--c--><p:a xmlns:p='u' p:x='&lt;'>\
                <b/>&#65;<![CDATA[é]]></p:a>";
    assert!(read(text).is_ok());
    for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
        let error = fails(&text[..end]);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{end}: {error}");
    }
    for end in 0..text.len() {
        assert!(super::super::read_bytes(&text.as_bytes()[..end]).is_err());
    }
}

#[test]
fn hostile_documents_end_soon() {
    let deep = "<a>".repeat(100_000);
    let million = |before: &str, after: &str| {
        let given: Vec<String> = (0..1_000_000)
            .map(|n| format!(" {before}{n}={after}"))
            .collect();
        given.concat()
    };
    let wide = format!("<a{}/>", million("a", "''"));
    let bound = format!("<a{}/>", million("xmlns:", "'u'"));
    let uri = "u".repeat(1 << 20);
    let copied = format!("<a xmlns='{uri}'>{}</a>", "<b/>".repeat(100_000));
    for text in [
        &deep,
        &wide,
        &bound[..MAX_DOCUMENT_BYTES.min(bound.len())],
        &copied,
    ] {
        let message = fails(text).message().to_owned();
        assert!(message.len() < 300, "{message}");
    }
    assert_eq!(fails(&deep).kind(), ErrorKind::LimitExceeded);
    assert_eq!(fails(&wide).kind(), ErrorKind::LimitExceeded);
    assert_eq!(fails(&copied).kind(), ErrorKind::LimitExceeded);
    let bomb = "<!DOCTYPE a [<!ENTITY b '&c;&c;'><!ENTITY c 'x'>]><a>&b;</a>";
    assert_eq!(fails(bomb).kind(), ErrorKind::Denied);
    let quoted = "<!DOCTYPE a SYSTEM 'file:///etc/passwd' [<!ENTITY % p \"]>\">]><a/>";
    assert_eq!(fails(quoted).kind(), ErrorKind::Denied);
}

#[test]
fn large_documents_are_read() {
    let many = format!("<a>{}</a>", "<b c='d'>e</b>".repeat(100_000));
    assert_eq!(read(&many).expect("fine").elements().count(), 100_000);
    let long = format!("<a>{}</a>", "Lorem ipsum ".repeat(350_000));
    assert_eq!(read(&long).expect("fine").text().len(), 4_200_000);
}

#[test]
fn a_namespace_is_what_its_declaration_means() {
    let root = read("<a xmlns='u?a&amp;b' xmlns:p='u\n&#65;' p:c=''/>").expect("fine");
    assert_eq!(root.name, Name::new("u?a&b", "a"));
    assert_eq!(root.attributes[0].0, Name::new("u A", "c"));
    let again = read(&super::super::write_element(&root)).expect("what was written");
    assert_eq!(again, root);
    assert!(fails("<a xmlns:p='&b;'/>").message().contains("`&b;`"));
    assert!(fails("<a xmlns:p='&#1;'/>").message().contains("U+0001"));
}

#[test]
fn undeclared_prefixes_can_be_let_pass() {
    let text = "<a>\n <p:b p:x='1' q:y='2'/><p:c/></a>";
    let (root, undeclared) = read_lenient(text).expect("well-formed but for the prefixes");
    assert_eq!(undeclared, [("p".to_owned(), 5), ("q".to_owned(), 18)]);
    let b = root.elements().next().expect("b");
    assert_eq!(b.name, Name::new("undeclared:p", "b"));
    assert_eq!(b.attribute(&Name::new("undeclared:q", "y")), Some("2"));
    assert!(read(text).is_err());
    assert!(read_lenient("<a><p:b></a>").is_err());
    let many: Vec<_> = (0..50).map(|n| format!("<p{n}:a/>")).collect();
    let (_, undeclared) = read_lenient(&format!("<a>{}</a>", many.concat())).expect("read");
    assert_eq!(undeclared.len(), MAX_UNDECLARED);
}
