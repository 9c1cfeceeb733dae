use proptest::prelude::*;

use super::*;
use crate::base::position::BYTE_ORDER_MARK;

const TEXT: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>Grüße 💾</a>";

fn units(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn fails(bytes: &[u8]) -> Error {
    match decode(bytes) {
        Ok(text) => panic!("accepted: {text:?}"),
        Err(error) => error,
    }
}

#[test]
fn every_form_of_unicode() {
    let le = |text: &str| units(text, u16::to_le_bytes);
    let be = |text: &str| units(text, u16::to_be_bytes);
    let marked = format!("{BYTE_ORDER_MARK}{TEXT}");
    for bytes in [
        TEXT.as_bytes().to_vec(),
        marked.as_bytes().to_vec(),
        le(TEXT),
        be(TEXT),
        le(&marked),
        be(&marked),
    ] {
        assert_eq!(decode(&bytes).expect("text"), TEXT);
        assert_eq!(read_bytes(&bytes).expect("read").1.text(), "Grüße 💾");
    }
    assert!(matches!(decode(TEXT.as_bytes()), Ok(Cow::Borrowed(_))));
}

#[test]
fn declarations_that_lie() {
    for encoding in ["UTF-16", "utf8", "ISO-8859-1", "Shift_JIS"] {
        let text = format!("<?xml version='1.0' encoding='{encoding}'?><a>ü</a>");
        assert_eq!(read_bytes(text.as_bytes()).expect("UTF-8").1.text(), "ü");
    }
    for encoding in ["iso-8859-1", "Windows-1252", "US-ASCII"] {
        let mut bytes = format!("<?xml version='1.0' encoding = \"{encoding}\"?><a>").into_bytes();
        bytes.extend(b"\xFC\x80\x9F\x81</a>");
        let (_, root) = read_bytes(&bytes).expect("Latin-1");
        assert_eq!(root.text(), "ü€Ÿ\u{81}");
    }
    let error = fails(b"<?xml version='1.0' encoding='Shift_JIS'?><a>\x83\x5C</a>");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("`Shift_JIS`"));
}

#[test]
fn broken_text_has_a_place() {
    let error = fails(b"\xEF\xBB\xBF<a>\n \xC3\xA4\xFC!\n</a>");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.place().offset, Some(10));
    assert_eq!(error.place().line, Some((2, 3)));
    assert_eq!(
        error.excerpt().map(|shown| &*shown.line),
        Some(" ä\u{FFFD}!")
    );
    assert_eq!(fails(b"<a>\n\0</a>").place().line, Some((2, 1)));
    let mut cut = units("<a>\n💾", u16::to_le_bytes);
    for _ in 0..3 {
        cut.pop();
        let error = fails(&cut);
        assert_eq!(error.place().line, Some((2, 1)), "{error}");
        assert_eq!(error.place().offset, Some(8));
    }
    let nul = units("<a>\0", u16::to_be_bytes);
    assert_eq!(fails(&nul).place().offset, Some(6));
}

#[test]
fn what_is_no_xml_is_named() {
    let mut tar = vec![0; 512];
    tar[257..262].copy_from_slice(b"ustar");
    for (bytes, message) in [
        (&tar[..], "this is a package (OVA), not a descriptor"),
        (b"\x1F\x8B\x08", "gzip"),
        (b"PK\x03\x04", "zip"),
        (b"QFI\xFB\0\0\0\x03", "qcow2"),
        (b"KDMV", "VMDK"),
        (b"\xFD7zXZ\0", "xz"),
        (b"", "empty"),
        (&[0; 600], "nothing but zero"),
        (b"\xFF\xFE\0\0<\0\0\0", "UTF-32"),
        (b"\0\0\0<", "UTF-32"),
        (b"<\0\0\0", "UTF-32"),
    ] {
        let error = fails(bytes);
        assert!(error.message().contains(message), "{error}");
        assert!(error.advice().is_some(), "{error}");
    }
}

#[test]
fn the_size_is_checked_first() {
    let long = vec![b' '; MAX_DOCUMENT_BYTES + 1];
    assert_eq!(fails(&long).kind(), ErrorKind::LimitExceeded);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_bytes(&bytes);
        let _ = read_bytes(&[b"<?xml version='1.0' encoding='latin1'?><a>", &bytes[..]].concat());
    }

    #[test]
    fn no_markup_panics(text in "[<>/&;#x!a:='\"\\[\\]?\n é-]{0,60}") {
        let _ = read_bytes(text.as_bytes());
        let _ = read_bytes(format!("<a {text}>{text}").as_bytes());
    }
}

#[test]
fn what_begins_otherwise_is_no_xml() {
    for (bytes, place) in [
        (&b"\x89PNG\r\n\x1A\n"[..], (1, 1)),
        (b"SHA256(vm.ovf)= 00\n", (1, 1)),
        (b"\xEF\xBB\xBF\n {}", (2, 2)),
    ] {
        let error = fails(bytes);
        assert!(error.message().contains("not XML"), "{error}");
        assert_eq!(error.place().line, Some(place));
        assert!(error.excerpt().is_some());
    }
    assert_eq!(
        decode(b" \n<a/>").expect("blanks are for the reader"),
        " \n<a/>"
    );
}
