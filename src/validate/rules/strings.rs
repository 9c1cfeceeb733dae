//! Translations.

use std::collections::{HashMap, HashSet};

use super::{Document, Editions, Rule, Sink, TEXTS, repetitions, shown};
use crate::validate::document::{attr, child, children, file_ref, standard};
use crate::xml::Element;
use crate::xml::names::XML;

pub(super) const RULES: &[Rule] = &[
    Rule::error(
        "I18N-001",
        "translations are not the last elements of the envelope",
    )
    .reference("DSP0243 1.1 §10")
    .why("readers that go on to the machine do not expect them before it")
    .help("move `Strings` to the end")
    .fixable()
    .check(last),
    Rule::warning("I18N-001a", "translations do not tell their language")
        .reference("DSP0243 1.1 §10")
        .why("they are never chosen, unless the file they are in tells it")
        .help("write `xml:lang`")
        .check(language),
    Rule::error(
        "I18N-002",
        "a message has no id, or that of another in its bundle",
    )
    .reference("DSP0243 1.1 §10")
    .why("texts refer to messages by id")
    .help("give each `Msg` an `ovf:msgid` of its own")
    .check(ids),
    Rule::warning("I18N-003", "a text has no translation in a bundle")
        .reference("DSP0243 1.1 §10")
        .why("people see it in the language of the descriptor, whatever they chose")
        .help("add a `Msg` of that id to each bundle, or leave `ovf:msgid` out")
        .check(missing),
    Rule::info("I18N-004", "no text has the id of a message")
        .reference("DSP0243 1.1 §10")
        .why("it is never shown")
        .help("remove it")
        .fixable()
        .check(unused),
    Rule::warning(
        "I18N-005",
        "translations are in a file that is not in References, or twice",
    )
    .reference("DSP0243 1.1 §10")
    .why("texts stay in the language of the descriptor")
    .help("write the id of a `File`, or the messages themselves")
    .check(files),
    Rule::warning(
        "I18N-006",
        "a file of translations comes behind other files",
    )
    .reference("DSP0243 1.1 §5.3, §10")
    .why("an importer that reads the package as a stream has passed the texts when it needs them")
    .help("list files of translations first")
    .fixable()
    .check(file_order),
    Rule::info("I18N-007", "two bundles are of one language")
        .reference("DSP0243 1.1 §10")
        .why("which of them is taken is up to the importer")
        .help("merge them")
        .check(languages),
    Rule::info(
        "I18N-008",
        "an element that cannot be translated has a message id",
    )
    .reference("DSP0243 1.1 §10")
    .why("nobody looks it up there")
    .help("leave `ovf:msgid` out")
    .fixable()
    .check(no_text),
    Rule::error(
        "I18N-009",
        "a message is in a file that is not in References",
    )
    .reference("DSP0243 2.1 §10")
    .why("its text cannot be found")
    .help("write the id of a `File`")
    .only(Editions::V2)
    .check(message_files),
];

pub(in crate::validate) fn bundles<'d>(document: &Document<'d>) -> Vec<&'d Element> {
    children(document.root, "Strings").collect()
}

fn lang(bundle: &Element) -> Option<&str> {
    let mut given = bundle.attributes.iter();
    let lang = given.find(|(name, _)| name.ns == XML && name.local == "lang");
    lang.map(|(_, value)| value.as_str())
        .filter(|lang| !lang.is_empty())
}

fn last(document: &Document<'_>, sink: &mut Sink<'_>) {
    let others = document
        .root
        .elements()
        .filter(|one| standard(one) != Some("Strings"));
    let end = others.map(|one| one.span.start).max().unwrap_or_default();
    for bundle in bundles(document)
        .into_iter()
        .filter(|bundle| bundle.span.start < end)
    {
        sink.at(bundle, "comes too early");
    }
}

fn language(document: &Document<'_>, sink: &mut Sink<'_>) {
    for bundle in bundles(document)
        .into_iter()
        .filter(|bundle| lang(bundle).is_none())
    {
        sink.at(bundle, "has no `xml:lang`");
    }
}

fn ids(document: &Document<'_>, sink: &mut Sink<'_>) {
    for bundle in bundles(document) {
        for message in children(bundle, "Msg").filter(|one| attr(one, "msgid").is_none()) {
            sink.at(message, "has no `ovf:msgid`");
        }
        for message in repetitions(children(bundle, "Msg"), |one| attr(one, "msgid")) {
            sink.on(message, "msgid", "is taken");
        }
    }
}

/// The texts with message ids, outside the bundles.
fn used<'d>(document: &Document<'d>) -> Vec<(&'d Element, &'d str)> {
    let mut found = Vec::new();
    document.each(&mut |element, parent| {
        let text = standard(element).is_some_and(|local| TEXTS.contains(&local));
        if text
            && standard(parent) != Some("Strings")
            && let Some(id) = attr(element, "msgid").filter(|id| !id.is_empty())
        {
            found.push((element, id));
        }
    });
    found
}

fn missing(document: &Document<'_>, sink: &mut Sink<'_>) {
    let texts = used(document);
    // Bundles in files are not looked into.
    let inline: Vec<_> = bundles(document)
        .into_iter()
        .filter(|bundle| file_ref(bundle).is_none())
        .collect();
    let outside = inline.len() < bundles(document).len();
    if inline.is_empty() && outside {
        return;
    }
    // How many bundles have each id.
    let mut known: HashMap<&str, usize> = HashMap::new();
    for bundle in &inline {
        let own: HashSet<&str> = children(bundle, "Msg")
            .filter_map(|message| attr(message, "msgid"))
            .collect();
        for id in own {
            *known.entry(id).or_default() += 1;
        }
    }
    let wanted = inline.len().max(1);
    for (text, id) in texts {
        if known.get(id).copied().unwrap_or_default() < wanted {
            sink.on(text, "msgid", "no message of this id");
        }
    }
}

fn unused(document: &Document<'_>, sink: &mut Sink<'_>) {
    let ids: HashSet<&str> = used(document).into_iter().map(|(_, id)| id).collect();
    for message in bundles(document)
        .into_iter()
        .flat_map(|bundle| children(bundle, "Msg"))
    {
        if attr(message, "msgid").is_some_and(|id| !id.is_empty() && !ids.contains(id)) {
            sink.on(message, "msgid", "");
        }
    }
}

fn files(document: &Document<'_>, sink: &mut Sink<'_>) {
    for bundle in bundles(document) {
        let Some(id) = file_ref(bundle) else { continue };
        if !document.file_of.contains_key(id) {
            sink.on(
                bundle,
                "fileRef",
                format!("there is no file `{}`", shown(id)),
            );
        } else if child(bundle, "Msg").is_some() {
            sink.on(bundle, "fileRef", "there are messages within too");
        }
    }
}

fn file_order(document: &Document<'_>, sink: &mut Sink<'_>) {
    let ids: HashSet<&str> = bundles(document).into_iter().filter_map(file_ref).collect();
    let mut others = false;
    for file in &document.files {
        if !ids.contains(attr(file, "id").unwrap_or_default()) {
            others = true;
        } else if others {
            sink.at(file, "comes behind other files");
        }
    }
}

fn languages(document: &Document<'_>, sink: &mut Sink<'_>) {
    for bundle in repetitions(bundles(document), lang) {
        sink.at(bundle, "the language was there");
    }
}

fn no_text(document: &Document<'_>, sink: &mut Sink<'_>) {
    document.each(&mut |element, _| {
        let text = standard(element).is_some_and(|local| TEXTS.contains(&local));
        if !text && attr(element, "msgid").is_some() {
            sink.on(element, "msgid", "");
        }
    });
}

fn message_files(document: &Document<'_>, sink: &mut Sink<'_>) {
    for message in bundles(document)
        .into_iter()
        .flat_map(|bundle| children(bundle, "Msg"))
    {
        if let Some(id) = file_ref(message)
            && !document.file_of.contains_key(id)
        {
            sink.on(
                message,
                "fileRef",
                format!("there is no file `{}`", shown(id)),
            );
        }
    }
}
