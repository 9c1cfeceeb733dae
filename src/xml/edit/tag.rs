//! Start and end tags as they are written.

use std::ops::Range;

use crate::xml::Element;

/// An attribute, or the declaration of a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// Its name, with the prefix.
    pub(crate) key: Range<usize>,
    /// Its value, between the quotes.
    pub(crate) value: Range<usize>,
    /// All of it, with the blanks in front.
    pub(crate) whole: Range<usize>,
}

/// A start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    /// The name, with the prefix.
    pub(crate) name: Range<usize>,
    pub(crate) attributes: Vec<Written>,
    /// The first byte behind it.
    pub(crate) end: usize,
    /// Whether it is an end tag as well.
    pub(crate) empty: bool,
}

impl Tag {
    /// The start tag of `element`, which was read from `text`.
    pub(crate) fn of(text: &str, element: &Element) -> Option<Self> {
        let bytes = text.as_bytes();
        let name_start = element.span.start + 1;
        let blanks = |at: usize| {
            let rest = bytes.get(at..).unwrap_or_default();
            at + rest
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count()
        };
        let until = |at: usize, stop: &[u8]| {
            let rest = bytes.get(at..).unwrap_or_default();
            let ends = |byte: &&u8| byte.is_ascii_whitespace() || stop.contains(*byte);
            at + rest.iter().take_while(|byte| !ends(byte)).count()
        };
        let name = name_start..until(name_start, b"/>");
        let mut attributes = Vec::new();
        let mut at = name.end;
        loop {
            let start = blanks(at);
            match bytes.get(start)? {
                b'>' => {
                    let (end, empty) = (start + 1, false);
                    return Some(Self {
                        name,
                        attributes,
                        end,
                        empty,
                    });
                }
                b'/' => {
                    let (end, empty) = (start + 2, true);
                    return Some(Self {
                        name,
                        attributes,
                        end,
                        empty,
                    });
                }
                _ => {}
            }
            let key = start..until(start, b"=");
            let sign = blanks(key.end);
            let quote = blanks(sign + 1);
            let open = *bytes
                .get(quote)
                .filter(|byte| matches!(byte, b'"' | b'\''))?;
            let inside = bytes.get(quote + 1..)?;
            let length = inside.iter().position(|byte| *byte == open)?;
            let value = quote + 1..quote + 1 + length;
            let whole = at..value.end + 1;
            at = whole.end;
            attributes.push(Written { key, value, whole });
        }
    }

    /// Where the next attribute would stand.
    pub(crate) fn attributes_end(&self) -> usize {
        self.attributes
            .last()
            .map_or(self.name.end, |last| last.whole.end)
    }
}

/// The end tag of `element`, if it has one of its own.
pub(crate) fn end_tag(text: &str, element: &Element) -> Option<Range<usize>> {
    let whole = text.get(element.span.clone())?;
    let start = element.span.start + whole.rfind("</").filter(|_| whole.ends_with('>'))?;
    let name = text.get(start + 2..element.span.end - 1)?;
    // A comment may look like one in an element that is closed in its start tag.
    (!name.contains(['<', '>'])).then_some(start..element.span.end)
}

/// The prefix and the local part of a written name.
pub(crate) fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_of_tags_are_found() {
        let text = "<r><p:a x = 'v>' \n y=\"\"><b/></p:a ><c\t/><d z='/'/></r>";
        let root = crate::xml::read_lenient(text).expect("fine").0;
        let children: Vec<_> = root.elements().collect();
        let tag = Tag::of(text, children[0]).expect("a tag");
        assert_eq!(&text[tag.name.clone()], "p:a");
        let parts: Vec<_> = tag
            .attributes
            .iter()
            .map(|one| [&one.key, &one.value, &one.whole].map(|part| &text[part.clone()]))
            .collect();
        assert_eq!(parts, [["x", "v>", " x = 'v>'"], ["y", "", " \n y=\"\""]]);
        assert!(text[tag.end..].starts_with("<b/>") && !tag.empty);
        assert_eq!(&text[end_tag(text, children[0]).expect("one")], "</p:a >");
        for (child, name) in [(1, "c"), (2, "d")] {
            let tag = Tag::of(text, children[child]).expect("a tag");
            assert_eq!(&text[tag.name.clone()], name);
            assert!(tag.empty && tag.end == children[child].span.end);
            assert_eq!(end_tag(text, children[child]), None);
        }
        assert_eq!(split("p:a"), ("p", "a"));
    }
}
