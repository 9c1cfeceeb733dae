//! Logical networks.

use super::scene::{Fix, Scene, Spot};
use super::values::{drop_element, element};
use super::{Attempt, ODD, Plan};
use crate::validate::document::{Around, attr, child};
use crate::xml::edit::Where;
use crate::xml::{escape_attribute, escape_text};

/// Takes out a network that says what the first of its name does.
pub(super) fn repeated(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let network = element(spot)?;
    let name = attr(network, "name");
    let mut all = scene.document.networks.iter();
    let first = all.find(|one| attr(one, "name") == name).ok_or(ODD)?;
    let says_nothing = network.elements().next().is_none() && network.attributes.len() <= 1;
    if *first != network && !says_nothing {
        return Err("the two say different things".into());
    }
    drop_element(scene, spot)
}

/// Adds the networks adapters are on.
pub(super) fn missing(scene: &Scene<'_>, spots: &[Spot<'_>], plan: &mut Plan) {
    let mut names: Vec<String> = Vec::new();
    for spot in spots {
        let text = spot
            .element
            .map(crate::xml::Element::text)
            .unwrap_or_default();
        let name = text.trim_ascii().to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if !names.is_empty() {
        plan.take(add(scene, &names));
    }
}

fn add(scene: &Scene<'_>, names: &[String]) -> Attempt {
    let root = scene.document.root;
    let mut sections = scene.document.sections_named("NetworkSection");
    let section = sections.find(|section| section.around == Around::Envelope);
    let (network, declared) = scene.ovf_within(root, "Network").ok_or(ODD)?;
    let (description, _) = scene.ovf_within(root, "Description").ok_or(ODD)?;
    let (prefix, attribute_declared) = scene.ovf(root).ok_or(ODD)?;
    let one = |name: &String, indent: &str| {
        let deeper = deeper(indent);
        format!(
            "<{network} {prefix}:name=\"{}\">{deeper}<{description}>The {} network</{description}>\
             {indent}</{network}>",
            escape_attribute(name),
            escape_text(name)
        )
    };
    let put = if let Some(section) = section {
        let indent = match section.element.elements().last() {
            Some(last) => scene.indent(last.span.start).to_owned(),
            None => deeper(scene.indent(section.element.span.start)),
        };
        let all: Vec<_> = names.iter().map(|name| one(name, &indent)).collect();
        scene.put(section.element, Where::Last, &all.join(&indent))
    } else {
        let (own, _) = scene.ovf_within(root, "NetworkSection").ok_or(ODD)?;
        let (info, _) = scene.ovf_within(root, "Info").ok_or(ODD)?;
        let disks = child(root, "DiskSection");
        let before = disks.or_else(|| child(root, "References"));
        let before = before.ok_or("there is no `References` to put the networks behind")?;
        let outer = scene.indent(before.span.start);
        let indent = deeper(outer);
        let all: Vec<_> = names.iter().map(|name| one(name, &indent)).collect();
        let all = all.join(&indent);
        let xml =
            format!("<{own}>{indent}<{info}>Logical networks</{info}>{indent}{all}{outer}</{own}>");
        scene.put(root, Where::Behind(before), &xml)
    };
    let put = put.ok_or(ODD)?;
    let at = put.span.start;
    let mut edits = vec![put];
    for declaration in declared.into_iter().chain(attribute_declared) {
        if !edits.contains(&declaration) {
            edits.push(declaration);
        }
    }
    let what = match names {
        [one] => format!("network `{one}` added"),
        several => format!("networks `{}` added", several.join("`, `")),
    };
    Ok(Fix::new(at, edits, what))
}

/// The indent of what is within.
fn deeper(indent: &str) -> String {
    match indent {
        "" => String::new(),
        indent => format!("{indent}  "),
    }
}
