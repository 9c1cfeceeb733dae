//! The root element, as far as nothing else can be read without it; and the declaration.

use std::fmt::Write as _;

use super::Plan;
use super::scene::Fix;
use crate::xml::edit::{Edit, Tag, split};
use crate::xml::names::ENVELOPE_1;
use crate::xml::{Element, UNDECLARED, escape_attribute};

/// Makes the root an envelope where it is one but for its namespace: its prefix is not added,
/// or there is none at all and it holds what an envelope does.
pub(super) fn fix(text: &str, root: &Element, undeclared: &[(String, usize)], plan: &mut Plan) {
    let unbound = root.name.ns.is_empty() || root.name.ns.starts_with(UNDECLARED);
    if root.name.local != "Envelope" || !unbound {
        return;
    }
    let Some(tag) = Tag::of(text, root) else {
        return;
    };
    let name = text.get(tag.name.clone()).unwrap_or_default();
    let (prefix, _) = split(name);
    let declares = |key: &str| {
        let mut all = tag.attributes.iter();
        all.any(|one| text.get(one.key.clone()) == Some(key))
    };
    let bare = root.name.ns.is_empty() && !declares("xmlns");
    let typical = |child: &Element| {
        let own = child.name.ns.is_empty() || child.name.ns == format!("{UNDECLARED}ovf");
        own && matches!(
            &*child.name.local,
            "References" | "DiskSection" | "VirtualSystem" | "VirtualSystemCollection"
        )
    };
    let mut added = String::new();
    if bare && root.elements().any(typical) {
        added = format!(" xmlns=\"{}\"", escape_attribute(ENVELOPE_1));
    }
    let ovf = undeclared.iter().any(|(prefix, _)| prefix == "ovf");
    if ovf && !declares("xmlns:ovf") && (bare || prefix == "ovf") {
        // Writing to a String cannot fail.
        let _ = write!(added, " xmlns:ovf=\"{}\"", escape_attribute(ENVELOPE_1));
    }
    if added.is_empty() {
        return;
    }
    plan.rule = "ENV-001";
    let edit = Edit::insert(tag.attributes_end(), added);
    let what = "the namespace of OVF 1.x declared";
    plan.take(Ok(Fix::new(root.span.start, vec![edit], what)));
}
