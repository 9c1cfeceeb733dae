//! What vSphere takes, where a descriptor was made for another platform.

use super::elements::is_marked;
use super::scene::{Fix, Scene};
use super::values::say;
use super::{Attempt, ODD, Plan};
use crate::envelope::cim::preferences;
use crate::validate::document::{ItemAt, child, member};
use crate::xml::names::VSSD;

const IDE: u32 = 5;
const OTHER_STORAGE: u32 = 20;
/// What VirtualBox calls a sound card by; CIM has no such number.
const SOUND: u32 = 35;
/// The kind of machine that all versions of ESXi in use run.
const PORTABLE: &str = "vmx-13";
const SATA: &str = "vmware.sata.ahci";

/// The kind of machine of VirtualBox, which ESXi answers with "unsupported hardware family".
pub(super) fn family(scene: &Scene<'_>, plan: &mut Plan) {
    if !scene.options.vsphere {
        return;
    }
    for machine in scene.document.machines() {
        let kind = child(machine.element, "System").and_then(|system| {
            let mut all = system.elements();
            all.find(|one| one.name.ns == VSSD && one.name.local == "VirtualSystemType")
        });
        let Some(kind) = kind else { continue };
        let text = kind.text();
        let of_virtualbox = |word: &str| word.to_ascii_lowercase().starts_with("virtualbox-");
        let mut words = preferences(&text).peekable();
        if words.peek().is_some() && words.all(of_virtualbox) {
            plan.take(say(scene, kind, PORTABLE));
        }
    }
}

/// The models of VirtualBox' controllers.
pub(super) fn models(scene: &Scene<'_>, plan: &mut Plan) {
    if !scene.options.vsphere {
        return;
    }
    for item in scene.document.devices() {
        let Some(model) = member(item.element, "ResourceSubType") else {
            continue;
        };
        let text = model.text();
        let text = text.trim_ascii();
        if item.is(IDE) && text.to_ascii_uppercase().starts_with("PIIX") {
            let what = format!("the model `{text}` of an IDE controller left out");
            let edits = vec![scene.take_out(model)];
            plan.take(Ok(Fix::new(model.span.start, edits, what)));
        } else if item.is(OTHER_STORAGE) && text.eq_ignore_ascii_case("AHCI") {
            plan.take(say(scene, model, SATA));
        }
    }
}

/// The sound card of VirtualBox.
pub(super) fn sound(scene: &Scene<'_>, plan: &mut Plan) {
    if !scene.options.vsphere {
        return;
    }
    for item in scene.document.devices().filter(|item| item.is(SOUND)) {
        if !crate::validate::document::is_optional(item.element) {
            plan.take(optional(scene, item));
        }
    }
}

fn optional(scene: &Scene<'_>, item: &ItemAt<'_>) -> Attempt {
    if is_marked(item.element) {
        return Err("it says that it is required".into());
    }
    let edits = scene.set(item.element, "required", "false").ok_or(ODD)?;
    let what = "the sound card marked as optional";
    Ok(Fix::new(item.element.span.start, edits, what))
}
