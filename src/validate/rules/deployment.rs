//! The choices whoever deploys the package has.

use std::collections::HashSet;

use super::{Document, Rule, Sink, repetitions, require, shown, wrong_values};
use crate::validate::document::{attr, attr_anywhere, child};
use crate::xml::Element;

pub(super) const RULES: &[Rule] = &[
    Rule::error(
        "DEP-001",
        "a configuration lacks its id, label or description",
    )
    .reference("DSP0243 1.1 §9.8")
    .why("whoever deploys the machine cannot tell what there is to choose from")
    .help("write `ovf:id`, `Label` and `Description`, in this order")
    .check(complete),
    Rule::error("DEP-001a", "a DeploymentOptionSection has no configuration")
        .reference("DSP0243 1.1 §9.8")
        .why("there is nothing to choose from")
        .help("remove the section")
        .fixable()
        .check(empty),
    Rule::error(
        "DEP-002",
        "two configurations have one id, or an id has a blank",
    )
    .reference("DSP0243 1.1 §9.8")
    .why("items list ids separated by blanks, so which is meant cannot be told")
    .help("give each configuration an id of its own, without blanks")
    .check(ids),
    Rule::error("DEP-003", "several configurations are the default")
        .reference("DSP0243 1.1 §9.8")
        .why("which of them is taken is up to the importer")
        .help("keep one `ovf:default=\"true\"`")
        .fixable()
        .check(defaults),
    Rule::error(
        "DEP-004",
        "an item is for a configuration that is not there",
    )
    .reference("DSP0243 1.1 §9.8")
    .why("the device never exists")
    .help("write the ids of configurations, separated by blanks")
    .check(unknown),
    Rule::warning("DEP-006", "an item lists several configurations")
        .reference("practice of govc")
        .why("govc compares the whole list with one id, and loses the device")
        .help("write one item for each configuration")
        .check(lists),
    Rule::warning("DEP-008", "a configuration has no CPU or no memory")
        .reference("DSP0243 1.1 §9.8")
        .why("others have them, so this one cannot be deployed")
        .help("add an item of kind 3 and one of kind 4 for it")
        .check(incomplete),
    Rule::info(
        "DEP-009",
        "nothing depends on several of the configurations",
    )
    .reference("DSP0243 1.1 §9.8")
    .why("choosing one or the other makes no difference")
    .help("remove it, or let items and values depend on it")
    .check(unused),
];

fn complete(document: &Document<'_>, sink: &mut Sink<'_>) {
    require(document.configurations.iter().copied(), "id", sink);
    for configuration in &document.configurations {
        let parts: Vec<_> = configuration
            .elements()
            .map(|part| &*part.name.local)
            .collect();
        if parts != ["Label", "Description"] {
            sink.at(configuration, "has not exactly `Label` and `Description`");
        }
    }
    wrong_values(document, sink, |element, local, _| {
        element.name.local == "Configuration" && local == "default"
    });
}

fn empty(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in document.sections_named("DeploymentOptionSection") {
        if child(section.element, "Configuration").is_none() {
            sink.at(section.element, "has none");
        }
    }
}

fn ids(document: &Document<'_>, sink: &mut Sink<'_>) {
    let all = || document.configurations.iter().copied();
    let id = |one: &'_ Element| {
        attr(one, "id")
            .filter(|id| !id.is_empty())
            .map(str::to_owned)
    };
    for configuration in repetitions(all(), id) {
        sink.on(configuration, "id", "is taken");
    }
    for configuration in all() {
        if id(configuration).is_some_and(|id| id.contains(char::is_whitespace)) {
            sink.on(configuration, "id", "has a blank");
        }
    }
}

fn defaults(document: &Document<'_>, sink: &mut Sink<'_>) {
    let all = document.configurations.iter();
    let marked = all.filter(|one| {
        let value = attr(one, "default").map(str::trim_ascii);
        value.is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
    });
    for another in marked.skip(1) {
        sink.on(another, "default", "one more");
    }
}

fn unknown(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.items() {
        let mut listed = item.configurations.iter();
        if let Some(other) = listed.find(|id| !document.configuration_ids.contains(**id)) {
            let label = format!("there is no configuration `{}`", shown(other));
            sink.on(item.element, "configuration", label);
        }
    }
}

fn lists(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document
        .items()
        .filter(|item| item.configurations.len() > 1)
    {
        sink.on(item.element, "configuration", "");
    }
}

fn incomplete(document: &Document<'_>, sink: &mut Sink<'_>) {
    for hardware in document.machines() {
        for kind in [3, 4] {
            let shares: Vec<_> = hardware.items.iter().filter(|item| item.is(kind)).collect();
            let everywhere = shares.iter().any(|item| item.configurations.is_empty());
            if shares.is_empty() || everywhere {
                continue;
            }
            let there: HashSet<&str> = shares
                .iter()
                .flat_map(|item| item.configurations.iter().copied())
                .collect();
            // The first one that is missing tells enough, and there can be many.
            let mut all = document.configurations.iter();
            let without = all.find(|one| !there.contains(attr(one, "id").unwrap_or_default()));
            if let Some(configuration) = without {
                let id = attr(configuration, "id").unwrap_or_default();
                let what = if kind == 3 { "CPU" } else { "memory" };
                sink.at(hardware.element, format!("no {what} in `{}`", shown(id)));
            }
        }
    }
}

fn unused(document: &Document<'_>, sink: &mut Sink<'_>) {
    if document.configurations.is_empty() {
        return;
    }
    let mut used: HashSet<&str> = HashSet::new();
    document.each(&mut |element, _| {
        let list = attr_anywhere(element, "configuration").unwrap_or_default();
        used.extend(list.split_ascii_whitespace());
    });
    let without = document.configurations.iter().filter(|one| {
        let id = attr(one, "id").unwrap_or_default();
        !id.is_empty() && !used.contains(id)
    });
    // One may be the plain machine, which others add to.
    for configuration in without.skip(1) {
        sink.on(configuration, "id", "");
    }
}
