//! What the machine is a product of.

use std::collections::HashSet;

use super::{Document, Rule, Sink, require, shown, wrong_values};
use crate::validate::document::{attr, child, children, standard};
use crate::xml::Element;

/// The children of the section, in order.
const ORDER: [&str; 11] = [
    "Info",
    "Product",
    "Vendor",
    "Version",
    "FullVersion",
    "ProductUrl",
    "VendorUrl",
    "AppUrl",
    "Icon",
    "Category",
    "Property",
];

pub(super) const RULES: &[Rule] = &[
    Rule::error("PRD-001", "the parts of a product section are out of order")
        .reference("DSP0243 1.1 §9.5")
        .why("the schema has one order; importers do not mind")
        .help("sort them: facts, links, icons, then categories and properties")
        .strict()
        .fixable()
        .check(order),
    Rule::error(
        "PRD-002",
        "two product sections have one class and instance",
    )
    .reference("DSP0243 1.1 §9.5")
    .why("the full keys of their properties cannot be told apart; OVF Tool refuses them")
    .help("give each a class of its own, or instances to those of one class")
    .check(twins),
    Rule::error(
        "PRD-020",
        "an icon refers to a file that is not in References",
    )
    .reference("DSP0243 1.1 §9.5")
    .why("there is no picture to show")
    .help("write the `ovf:id` of a `File` into `ovf:fileRef`, or remove the icon")
    .check(icons),
    Rule::warning("PRD-020a", "the size of an icon is no number")
        .reference("DSP0243 1.1 §9.5")
        .why("it is not known how much room the picture takes")
        .help("write the pixels as a whole number")
        .check(icon_sizes),
    Rule::warning("PRD-021", "a link of a product is no URL")
        .reference("DSP0243 1.1 §9.5")
        .why("there is nothing to open")
        .help("write a URL with its scheme, or remove the element")
        .check(links),
    Rule::info(
        "PRD-022",
        "the address of the application has an unknown property",
    )
    .reference("DSP0243 1.1 §9.5")
    .why("nothing takes the place of `${key}`; VMware's appliances have such addresses on purpose")
    .help("write the full key of a property of the machine")
    .check(application),
    Rule::info("PRD-024", "a category has no properties, or comes twice")
        .reference("DSP0243 1.1 §9.5")
        .why("dialogs show an empty heading")
        .help("remove it")
        .fixable()
        .check(categories),
];

/// The product sections.
pub(super) fn sections<'d>(document: &Document<'d>) -> Vec<&'d Element> {
    document
        .sections_named("ProductSection")
        .map(|section| section.element)
        .collect()
}

/// Where an element of a product section has to stand among the others.
pub(in crate::validate) fn rank(element: &Element) -> usize {
    let known = standard(element).and_then(|own| ORDER.iter().position(|one| *one == own));
    // Categories and properties stand in any mix.
    known.map_or(ORDER.len(), |own| own.min(ORDER.len() - 2))
}

fn order(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in sections(document) {
        let mut highest = 0;
        for element in section.elements() {
            let own = rank(element);
            if own < highest {
                sink.at(element, "comes too late");
            }
            highest = highest.max(own);
        }
    }
}

fn twins(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut known = HashSet::new();
    for section in document.sections_named("ProductSection") {
        let name = |local| attr(section.element, local).unwrap_or_default();
        // Sections that only tell facts do no harm beside each other.
        let key = (section.content, name("class"), name("instance"));
        if !known.insert(key) {
            sink.at(section.element, "another has them");
        }
    }
}

fn icons_of<'d>(document: &Document<'d>) -> Vec<&'d Element> {
    let sections = sections(document).into_iter();
    sections
        .flat_map(|section| children(section, "Icon"))
        .collect()
}

fn icons(document: &Document<'_>, sink: &mut Sink<'_>) {
    let all = icons_of(document);
    require(all.iter().copied(), "fileRef", sink);
    for icon in all {
        if let Some(id) = attr(icon, "fileRef").filter(|id| !id.is_empty())
            && !document.file_of.contains_key(id)
        {
            sink.on(icon, "fileRef", format!("there is no file `{}`", shown(id)));
        }
    }
}

fn icon_sizes(document: &Document<'_>, sink: &mut Sink<'_>) {
    wrong_values(document, sink, |element, local, _| {
        element.name.local == "Icon" && matches!(local, "height" | "width")
    });
}

fn links(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in sections(document) {
        for local in ["ProductUrl", "VendorUrl", "AppUrl"] {
            let Some(link) = child(section, local) else {
                continue;
            };
            let text = link.text();
            let text = text.trim_ascii();
            let url = text.contains("://") && !text.contains(char::is_whitespace);
            if !text.is_empty() && !url && !text.contains("${") && !text.starts_with("mailto:") {
                sink.at(link, "has no scheme");
            }
        }
    }
}

fn application(document: &Document<'_>, sink: &mut Sink<'_>) {
    let links: Vec<_> = sections(document)
        .into_iter()
        .filter_map(|section| child(section, "AppUrl"))
        .collect();
    if links.is_empty() {
        return;
    }
    let properties = super::properties::by_key(document);
    for link in links {
        let text = link.text();
        for part in text.split("${").skip(1) {
            if let Some((key, _)) = part.split_once('}')
                && !properties.contains_key(key)
            {
                sink.at(link, format!("there is no property `{}`", shown(key)));
            }
        }
    }
}

fn categories(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in sections(document) {
        let mut last: Option<&Element> = None;
        for element in section.elements() {
            match standard(element) {
                Some("Category") => {
                    if let Some(empty) = last.replace(element) {
                        sink.at(empty, "has no properties");
                    }
                }
                Some("Property") => last = None,
                _ => {}
            }
        }
        if let Some(empty) = last {
            sink.at(empty, "has no properties");
        }
    }
}
