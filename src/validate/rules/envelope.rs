//! The document as a whole, and its root.

use super::extensions::ATTRIBUTES;
use super::{Document, Editions, Rule, Sink, TEXTS, shown, wrong_values};
use crate::envelope::{EnvelopeError, Version};
use crate::validate::document::{attr, attr_anywhere, children, standard};
use crate::validate::sink::placeholder;
use crate::xml::names::{ENVELOPE_1, XML, XSI};
use crate::xml::{Element, Node};

pub(super) const RULES: &[Rule] = &[
    Rule::error("ENV-003", "the parts of the envelope are out of order")
        .reference("DSP0243 1.1 §7.1")
        .why("the order is References, sections, the virtual system, translations; importers that read as a stream rely on it")
        .help("move the element")
        .fixable()
        .check(order),
    Rule::error("ENV-004", "the envelope has not exactly one References")
        .reference("DSP0243 1.1 §7.1")
        .why("without it no file of the package can be found")
        .help("write one `References` as the first element; it may be empty")
        .fixable()
        .check(references),
    Rule::error("ENV-005", "the envelope has not exactly one virtual system or collection")
        .reference("DSP0243 1.1 §7.2")
        .why("importers take the first, or refuse the package")
        .help("put several machines into one `VirtualSystemCollection`")
        .check(one_content),
    Rule::warning("ENV-008", "an attribute of the standard has no prefix")
        .reference("DSP0243 1.1 §7.1")
        .why("attributes have to be in the namespace of the envelope; strict readers take this one for missing")
        .help("write it with the prefix `ovf:`")
        .fixable()
        .check(unqualified),
    Rule::warning("ENV-009", "an element of the standard is in no namespace")
        .reference("DSP0243 1.1 §6.1, §7.1")
        .why("only readers that look at local names alone find it")
        .help("bind the namespace of the envelope, or write the prefix `ovf:`")
        .only(Editions::Standard)
        .fixable()
        .check(bare_elements),
    Rule::warning("ENV-011", "a section is typed by `xsi:type`, as before the standard")
        .reference("DSP0243 1.1 §9; practice of OVF 0.9")
        .why("a schema accepts it, but hardly any importer looks for sections so")
        .help("write the section by its own name")
        .only(Editions::Standard)
        .fixable()
        .check(old_sections),
    Rule::error("ENV-017", "`ovf:required` is no truth value")
        .reference("DSP0243 1.1 §7.3")
        .why("a value that cannot be read counts as `true`, and the package is refused where it was meant to be optional")
        .help("write `true` or `false`, in small letters")
        .fixable()
        .check(required),
    Rule::warning("ENV-018", "the descriptor is of OVF 2.x")
        .reference("practice of virt-v2v, Proxmox VE, oVirt and VMware")
        .why("most importers look for the namespace of 1.x alone and find no machine")
        .help("bring it down with `ovfkit rewrite --ovf-version 1.1`")
        .only(Editions::V2)
        .check(second_edition),
    Rule::warning("ENV-019", "`ovf:version` contradicts the namespace")
        .reference("DSP0243 1.1 §6.1; practice of VirtualBox")
        .why("the namespace alone tells the edition; readers that look at the attribute are misled")
        .help("remove the attribute, or write the edition of the namespace")
        .only(Editions::Standard)
        .fixable()
        .check(version),
    Rule::error("ENV-021", "an element for text holds other elements")
        .reference("DSP0243 1.1 §10")
        .why("readers take the text alone; what is in the elements is lost, or the whole text")
        .help("write plain text without markup")
        .check(markup),
    Rule::error("ENV-022", "there is text between elements")
        .reference("DSP0243 1.1 §7.1")
        .why("no element mixes text and elements; usually a closing tag was left out or doubled")
        .help("remove the text")
        .strict()
        .fixable()
        .check(stray_text),
    Rule::warning("ENV-023", "`xml:lang` is no language")
        .reference("DSP0243 1.1 §10; BCP 47")
        .why("the texts are never chosen, whatever language is asked for")
        .help("write the tag with hyphens, such as `de-DE`")
        .fixable()
        .check(language),
    Rule::warning("ENV-025", "a number or truth value is empty")
        .reference("DSP0243 1.1 §7.1")
        .why("an attribute with a type cannot be empty; readers take it for 0, or refuse it")
        .help("leave the attribute out, or give it a value")
        .fixable()
        .check(empty_values),
    Rule::error("ENV-026", "an element that has to be empty is not")
        .reference("DSP0243 1.1 §9.5, §9.7")
        .why("not even blanks may stand in it by the schema; importers do not mind")
        .help("close it in its start tag")
        .strict()
        .fixable()
        .check(filled),
    Rule::error("ENV-027", "the version of an envelope of 0.9 is missing or of another edition")
        .reference("practice of OVF 0.9")
        .why("OVF Tool refuses an envelope of before the standard whose `ovf:version` does not begin with 0")
        .help("write `ovf:version=\"0.9\"`")
        .only(Editions::Before)
        .fixable()
        .check(old_version),
    Rule::info("ENV-029", "the descriptor is a template with placeholders")
        .reference("practice of build systems")
        .why("values that are yet to come cannot be judged, and are not")
        .help("validate what the build makes of it")
        .check(template),
    Rule::warning("ENV-031", "the declared encoding is not that of the bytes")
        .reference("XML 1.0 §4.3.3")
        .why("a reader that trusts the declaration refuses the document")
        .help("change the declaration to `encoding=\"UTF-8\"`")
        .fixable()
        .check(encoding),
    Rule::info("ENV-032", "the document begins with a byte order mark")
        .reference("XML 1.0 §4.3.3")
        .why("XML allows it, but some readers take it for text before the root")
        .help("store the document without it")
        .fixable()
        .check(byte_order_mark),
];

/// Where an element of the envelope has to stand among the others.
pub(in crate::validate) fn rank(element: &Element) -> u8 {
    match standard(element) {
        Some("References") => 0,
        Some("VirtualSystem" | "VirtualSystemCollection") => 2,
        Some("Strings") => 3,
        _ => 1,
    }
}

fn order(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut highest = 0;
    let judged = document.root.elements();
    // What is neither of the standard nor a section has a rule of its own.
    let judged =
        judged.filter(|one| standard(one).is_some() || one.name.local.ends_with("Section"));
    for element in judged {
        let own = rank(element);
        // What stands behind the translations is told with them.
        if own < highest && highest < 3 {
            sink.at(element, "comes too late");
        }
        highest = highest.max(own);
    }
}

fn references(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut all = children(document.root, "References");
    if all.next().is_none() {
        sink.at(document.root, "has no `References`");
    }
    for another in all {
        sink.at(another, "one more");
    }
}

fn one_content(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut outermost = document
        .contents
        .iter()
        .filter(|content| content.parent.is_none());
    if outermost.next().is_none() {
        sink.at(
            document.root,
            "has no `VirtualSystem` and no `VirtualSystemCollection`",
        );
    }
    for another in outermost {
        sink.at(another.element, "one more");
    }
}

fn unqualified(document: &Document<'_>, sink: &mut Sink<'_>) {
    document.each(&mut |element, _| {
        let bare = element
            .attributes
            .iter()
            .filter(|(name, _)| name.ns.is_empty());
        for (name, _) in bare.filter(|_| standard(element).is_some()) {
            if ATTRIBUTES.contains(&&*name.local) {
                sink.on(
                    element,
                    &name.local,
                    format!("should be `ovf:{}`", name.local),
                );
            }
        }
    });
}

fn bare_elements(document: &Document<'_>, sink: &mut Sink<'_>) {
    fn within(parent: &Element, sink: &mut Sink<'_>) {
        for child in parent.elements() {
            let own = child.name.ns == parent.name.ns;
            if child.name.ns.is_empty() {
                sink.at(
                    child,
                    format!("`{}` has no namespace", shown(&child.name.local)),
                );
            } else if own {
                within(child, sink);
            }
        }
    }
    within(document.written, sink);
}

fn old_sections(document: &Document<'_>, sink: &mut Sink<'_>) {
    fn within(parent: &Element, sink: &mut Sink<'_>) {
        for child in parent
            .elements()
            .filter(|child| child.name.ns == parent.name.ns)
        {
            if matches!(&*child.name.local, "Section" | "Content") {
                let typed = child.attributes.iter().any(|(name, _)| name.ns == XSI);
                sink.at(
                    child,
                    if typed {
                        "typed by `xsi:type`"
                    } else {
                        "has no type at all"
                    },
                );
            }
            if matches!(
                &*child.name.local,
                "Content" | "VirtualSystem" | "VirtualSystemCollection"
            ) {
                within(child, sink);
            }
        }
    }
    within(document.written, sink);
}

fn required(document: &Document<'_>, sink: &mut Sink<'_>) {
    document.each(&mut |element, _| {
        let given = element.attributes.iter();
        let mut own = given.filter(|(name, _)| name.ns == ENVELOPE_1 && name.local == "required");
        if let Some((_, value)) = own.next()
            && !matches!(value.trim_ascii(), "true" | "false" | "1" | "0")
        {
            sink.on(
                element,
                "required",
                format!("`{}` is neither", shown(value)),
            );
        }
    });
}

fn second_edition(document: &Document<'_>, sink: &mut Sink<'_>) {
    sink.at(document.written, "the namespace is that of 2.x");
}

fn version(document: &Document<'_>, sink: &mut Sink<'_>) {
    let major = if document.version == Version::V2 {
        "2"
    } else {
        "1"
    };
    if let Some(version) = attr(document.root, "version")
        && !version.trim_ascii().starts_with(major)
    {
        let label = format!("`{}`, but the namespace is of {major}.x", shown(version));
        sink.on(document.written, "version", label);
    }
}

fn markup(document: &Document<'_>, sink: &mut Sink<'_>) {
    document.each(&mut |element, parent| {
        let text = standard(element).is_some_and(|local| TEXTS.contains(&local));
        if text && standard(parent).is_some() && element.elements().next().is_some() {
            sink.at(element, "holds elements");
        }
    });
}

fn stray_text(document: &Document<'_>, sink: &mut Sink<'_>) {
    for fault in document.faults {
        if let EnvelopeError::StrayText { offset, .. } = fault
            && let Some(element) = document.element_at(*offset)
        {
            sink.at(element, "has text between its elements");
        }
    }
}

fn language(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut look = |element: &Element| {
        let mut given = element.attributes.iter();
        let lang = given.find(|(name, _)| name.ns == XML && name.local == "lang");
        if let Some((_, lang)) = lang
            && !lang.is_empty()
            && !is_language(lang)
        {
            sink.on(element, "lang", format!("`{}` is no tag", shown(lang)));
        }
    };
    look(document.root);
    document.each(&mut |element, _| look(element));
}

/// Whether the tag has the form of `xs:language`.
pub(in crate::validate) fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let sized = |part: &str| (1..=8).contains(&part.len());
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    parts
        .next()
        .is_some_and(|first| sized(first) && letters(first))
        && parts.all(|part| sized(part) && plain(part))
}

fn empty_values(document: &Document<'_>, sink: &mut Sink<'_>) {
    wrong_values(document, sink, |element, local, value| {
        value.trim_ascii().is_empty() && element.name.local != local && local != "capacity"
    });
}

fn filled(document: &Document<'_>, sink: &mut Sink<'_>) {
    document.each(&mut |element, parent| {
        let empty = match standard(element) {
            Some("Icon" | "InstanceCount") => true,
            Some("Item") => standard(parent) == Some("StartupSection"),
            _ => false,
        };
        let text = element
            .children
            .iter()
            .any(|node| matches!(node, Node::Text(_)));
        if empty && text {
            sink.at(element, "is not empty");
        }
    });
}

fn old_version(document: &Document<'_>, sink: &mut Sink<'_>) {
    match attr_anywhere(document.root, "version") {
        None => sink.at(document.written, "has no `ovf:version`"),
        Some(version) if !version.trim_ascii().starts_with('0') => {
            sink.on(document.written, "version", format!("`{}`", shown(version)));
        }
        Some(_) => {}
    }
}

fn template(document: &Document<'_>, sink: &mut Sink<'_>) {
    if let Some(span) = placeholder(document.text) {
        sink.placeholder(span, "a value is put here");
    }
}

fn encoding(document: &Document<'_>, sink: &mut Sink<'_>) {
    let Some(end) = document
        .text
        .find("?>")
        .filter(|_| document.text.starts_with("<?xml"))
    else {
        return;
    };
    let declaration = document.text[..end].to_ascii_lowercase();
    let Some(at) = declaration.find("utf-16") else {
        return;
    };
    if std::str::from_utf8(document.bytes).is_ok() {
        sink.span(at..at + "utf-16".len(), "the bytes are UTF-8");
    }
}

fn byte_order_mark(document: &Document<'_>, sink: &mut Sink<'_>) {
    if document.bytes.starts_with(b"\xEF\xBB\xBF") {
        sink.span(0..0, "");
    }
}
