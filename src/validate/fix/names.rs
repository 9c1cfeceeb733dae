//! Prefixes that are missing, and elements under old names.

use super::scene::{Fix, Scene, Spot, is_standard};
use super::values::element;
use super::{Attempt, ODD, Plan};
use crate::validate::document::is_member;
use crate::xml::edit::{Edit, Written, placed, split};
use crate::xml::names::{RASD, VMW, XSI, namespace_of};
use crate::xml::{Element, Node};

/// Declares the prefixes everybody means the same by.
pub(super) fn undeclared(scene: &Scene<'_>, spots: &[Spot<'_>], plan: &mut Plan) {
    let mut declarations: Vec<(&str, Edit)> = Vec::new();
    for spot in spots {
        // A place may be that of the tag; the list tells the prefix.
        let mut all = scene.document.undeclared.iter();
        let found =
            all.find(|(prefix, at)| *at == spot.span.start && spot.span.len() == prefix.len());
        let Some((prefix, _)) = found else { continue };
        let ns = match prefix.as_str() {
            "ovf" => Some(&*scene.document.written.name.ns),
            other => namespace_of(other),
        };
        match ns.and_then(|ns| scene.declare(prefix, ns)) {
            Some(edit) => declarations.push((prefix, edit)),
            None => plan.take(Err(
                "nobody but its author knows what the prefix stands for".into(),
            )),
        }
    }
    let Some((_, first)) = declarations.first() else {
        return;
    };
    let text: String = declarations.iter().map(|(_, edit)| &*edit.text).collect();
    let names: Vec<_> = declarations.iter().map(|(prefix, _)| *prefix).collect();
    let what = format!("the prefix `{}` declared on the root", names.join("`, `"));
    let at = spots.first().map_or(0, |spot| spot.span.start);
    plan.take(Ok(Fix::new(
        at,
        vec![Edit::insert(first.span.start, text)],
        what,
    )));
}

/// Writes an attribute of the standard with its prefix.
pub(super) fn unqualified(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let local = spot.attribute.as_deref().ok_or(ODD)?;
    let tag = scene.tag(element).ok_or(ODD)?;
    let named = |one: &&Written| split(scene.slice(&one.key)).1 == local;
    let mut all = tag.attributes.iter().filter(named);
    let (Some(own), None) = (all.next(), all.next()) else {
        return Err("the attribute is there with a prefix too".into());
    };
    let (prefix, declaration) = scene.ovf(element).ok_or(ODD)?;
    let edit = Edit::insert(own.key.start, format!("{prefix}:"));
    let edits = [edit].into_iter().chain(declaration).collect();
    let what = format!("`{local}` written as `{prefix}:{local}`");
    Ok(Fix::new(own.key.start, edits, what))
}

/// Gives an element that is in no namespace, and all such in it, the prefix of the envelope.
pub(super) fn bare(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    fn within(scene: &Scene<'_>, element: &Element, prefix: &str, edits: &mut Vec<Edit>) -> bool {
        let bare = scene
            .written_name(element)
            .is_some_and(|name| name.ns.is_empty());
        if bare && is_standard(element) {
            let local = scene.tag_name(element);
            match scene.rename(element, &format!("{prefix}:{local}")) {
                Some(renamed) => edits.extend(renamed),
                None => return false,
            }
        }
        element
            .elements()
            .all(|child| within(scene, child, prefix, edits))
    }
    let element = element(spot)?;
    if !is_standard(element) {
        return Err("whether it is of the standard cannot be told".into());
    }
    let (prefix, declaration) = scene.ovf(element).ok_or(ODD)?;
    let mut edits: Vec<Edit> = declaration.into_iter().collect();
    if !within(scene, element, &prefix, &mut edits) {
        return Err(ODD);
    }
    let what = format!(
        "`{}` and what is in it written with `{prefix}:`",
        element.name.local
    );
    Ok(Fix::new(element.span.start, edits, what))
}

/// Writes a section typed by `xsi:type` by its own name.
pub(super) fn old_section(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let local = &*element.name.local;
    if matches!(local, "Section" | "Content") {
        return Err("which section it is cannot be told".into());
    }
    let tag = scene.tag(element).ok_or(ODD)?;
    let (prefix, _) = split(scene.slice(&tag.name));
    let name = match prefix {
        "" => local.to_owned(),
        prefix => format!("{prefix}:{local}"),
    };
    let mut edits = scene.rename(element, &name).ok_or(ODD)?;
    edits.push(Edit::delete(xsi_type(scene, element).ok_or(ODD)?));
    let what = format!("written as `{name}`");
    Ok(Fix::new(element.span.start, edits, what))
}

/// Where the attribute `xsi:type` of `element` stands.
fn xsi_type(scene: &Scene<'_>, element: &Element) -> Option<std::ops::Range<usize>> {
    let (prefix, None) = scene.attribute_prefix(element, XSI)? else {
        return None;
    };
    let tag = scene.tag(element)?;
    let key = format!("{prefix}:type");
    let mut all = tag.attributes.into_iter();
    all.find(|one| scene.slice(&one.key) == key)
        .map(|one| one.whole)
}

/// Writes `InstanceID` where the name of before 1.0 stands.
pub(super) fn old_spelling(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let (prefix, _) = split(scene.tag_name(element));
    let name = match prefix {
        "" => "InstanceID".to_owned(),
        prefix => format!("{prefix}:InstanceID"),
    };
    let edits = scene.rename(element, &name).ok_or(ODD)?;
    Ok(Fix::new(
        element.span.start,
        edits,
        format!("written as `{name}`"),
    ))
}

/// Writes an item of OVF 2.x as one of 1.x.
pub(super) fn second_item(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let members = || element.elements().filter(|child| is_member(child));
    // Those of the classes of 2.x alone have no place in an item of 1.x.
    let common = |name: &str| RASD_MEMBERS.contains(&name);
    if let Some(other) = members().find(|one| !common(&one.name.local)) {
        return Err(format!("an `Item` has no `{}`", other.name.local).into());
    }
    let (name, None) = (scene.parent(element))
        .and_then(|parent| scene.ovf_within(parent, "Item"))
        .ok_or(ODD)?
    else {
        return Err(ODD);
    };
    let mut edits = scene.rename(element, &name).ok_or(ODD)?;
    for member in members() {
        let (name, declaration) = scene
            .name_within(element, RASD, &member.name.local)
            .ok_or(ODD)?;
        edits.extend(scene.rename(member, &name).ok_or(ODD)?);
        if let Some(declaration) = declaration.filter(|one| !edits.contains(one)) {
            edits.push(declaration);
        }
    }
    Ok(Fix::new(
        element.span.start,
        edits,
        format!("written as `{name}`"),
    ))
}

/// The members `CIM_ResourceAllocationSettingData` shares with the classes of OVF 2.x.
const RASD_MEMBERS: [&str; 22] = [
    "Address",
    "AddressOnParent",
    "AllocationUnits",
    "AutomaticAllocation",
    "AutomaticDeallocation",
    "Caption",
    "Connection",
    "ConsumerVisibility",
    "Description",
    "ElementName",
    "HostResource",
    "InstanceID",
    "Limit",
    "MappingBehavior",
    "OtherResourceType",
    "Parent",
    "PoolID",
    "Reservation",
    "ResourceSubType",
    "ResourceType",
    "VirtualQuantity",
    "Weight",
];

/// Writes `osType` with VMware's prefix.
pub(super) fn os_type(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let (prefix, declaration) = scene.attribute_prefix(element, VMW).ok_or(ODD)?;
    let written = scene.written(element, "osType").ok_or(ODD)?;
    let edit = Edit::replace(written.key.clone(), format!("{prefix}:osType"));
    let edits = [edit].into_iter().chain(declaration).collect();
    let what = format!("written as `{prefix}:osType`");
    Ok(Fix::new(written.key.start, edits, what))
}

/// Takes the text between elements away.
pub(super) fn stray_text(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let content = scene.content(element).ok_or(ODD)?;
    let children = placed(element);
    let starts = children.iter().map(|child| child.span.start);
    let ends = children.iter().map(|child| child.span.end);
    let gaps = [content.start].into_iter().chain(ends);
    let gaps = gaps.zip(starts.chain([content.end]));
    let mut edits = Vec::new();
    for (start, end) in gaps {
        let gap = scene.slice(&(start..end));
        // What is in comments, and in texts of a kind of their own, is left to people.
        if gap.contains('<') || gap.trim_ascii().is_empty() {
            continue;
        }
        let from = start + (gap.len() - gap.trim_ascii_start().len());
        let to = end - (gap.len() - gap.trim_ascii_end().len());
        edits.push(Edit::delete(from..to));
    }
    let texts = element.children.iter().filter(|node| match node {
        Node::Text(text) => !text.trim_ascii().is_empty(),
        Node::Element(_) => false,
    });
    if edits.len() != texts.count() {
        return Err("there are comments between".into());
    }
    let what = "the text between elements taken out";
    Ok(Fix::new(element.span.start, edits, what))
}
