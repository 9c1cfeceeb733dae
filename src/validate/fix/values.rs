//! Values that are loosely spelled, empty, or not to be there.

use std::borrow::Cow;

use super::scene::{Fix, Scene, Spot, is_blank};
use super::{Attempt, ODD};
use crate::envelope::Version;
use crate::validate::document::{attr, attr_anywhere, member, standard};
use crate::xml::Element;
use crate::xml::edit::{Edit, Where};
use crate::xml::names::VMW;

/// The element a spot is about.
pub(super) fn element<'d>(spot: &Spot<'d>) -> Result<&'d Element, Cow<'static, str>> {
    spot.element.ok_or(ODD)
}

/// Why a value stays.
const UNCLEAR: Cow<'static, str> = Cow::Borrowed("what is meant cannot be told");

/// The truth value `text` means.
fn truth(text: &str) -> Option<&'static str> {
    match text.trim_ascii().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some("true"),
        "false" | "no" | "off" | "0" => Some("false"),
        _ => None,
    }
}

/// Gives the attribute `local` the `value`.
pub(super) fn set(scene: &Scene<'_>, element: &Element, local: &str, value: &str) -> Attempt {
    let edits = scene.set(element, local, value).ok_or(ODD)?;
    let what = format!("`{local}=\"{value}\"` written");
    Ok(Fix::new(element.span.start, edits, what))
}

/// Takes the attribute `local` away.
pub(super) fn unset(scene: &Scene<'_>, element: &Element, local: &str) -> Attempt {
    let edit = scene.unset(element, local).ok_or(ODD)?;
    let what = format!("`{local}` left out");
    Ok(Fix::new(edit.span.start, vec![edit], what))
}

/// Makes `text` the text of `element`.
pub(super) fn say(scene: &Scene<'_>, element: &Element, text: &str) -> Attempt {
    let edit = scene.set_text(element, text).ok_or(ODD)?;
    let what = format!("`{}` is now `{text}`", element.name.local);
    Ok(Fix::new(element.span.start, vec![edit], what))
}

/// Takes the element out.
pub(super) fn drop_element(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let what = format!("`{}` taken out", element.name.local);
    let edits = vec![scene.take_out(element)];
    Ok(Fix::new(element.span.start, edits, what))
}

/// Takes a message out that no text has the id of.
pub(super) fn drop_message(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let id = attr(element, "msgid").unwrap_or_default();
    let what = format!("message `{id}` taken out");
    let edits = vec![scene.take_out(element)];
    Ok(Fix::new(element.span.start, edits, what))
}

/// Takes the attribute out.
pub(super) fn drop_attribute(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let local = spot.attribute.as_deref().ok_or(ODD)?;
    unset(scene, element(spot)?, local)
}

/// Spells a truth value as the standard has it.
pub(super) fn boolean(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let (element, local) = (element(spot)?, spot.attribute.as_deref());
    let Some(local) = local else {
        let value = truth(&element.text()).ok_or(UNCLEAR)?;
        return say(scene, element, value);
    };
    let written = attr(element, local).unwrap_or_default();
    if written.trim_ascii().is_empty() {
        return unset(scene, element, local);
    }
    set(scene, element, local, truth(written).ok_or(UNCLEAR)?)
}

/// Takes out an attribute with a type that is empty, where it may be missing.
pub(super) fn empty_attribute(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    const DISPENSABLE: [&str; 16] = [
        "size",
        "chunkSize",
        "populatedSize",
        "required",
        "readOnly",
        "userConfigurable",
        "password",
        "width",
        "height",
        "startDelay",
        "stopDelay",
        "waitingForGuest",
        "minimum",
        "maximum",
        "bound",
        "configuration",
    ];
    let local = spot.attribute.as_deref().ok_or(ODD)?;
    let element = element(spot)?;
    let choice = local == "default" && standard(element) == Some("Configuration");
    if !choice && !DISPENSABLE.contains(&local) {
        return Err("it has to be there, and its value has to be chosen".into());
    }
    unset(scene, element, local)
}

/// Takes out a member of a device that is empty, where it may be missing.
pub(super) fn empty_member(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let local = &*element.name.local;
    let item = scene.parent(element);
    let kind = item
        .and_then(|item| member(item, "ResourceType"))
        .map(|kind| kind.text().trim_ascii().to_owned());
    let counted = matches!(kind.as_deref(), Some("3" | "4"));
    if matches!(local, "InstanceID" | "ElementName" | "ResourceType")
        || (local == "VirtualQuantity" && counted)
    {
        return Err("it has to be there, and its value has to be chosen".into());
    }
    if !is_blank(element) {
        return Err(ODD);
    }
    drop_element(scene, spot)
}

/// A language with hyphens.
pub(super) fn language(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let written = scene.written(element, "lang").ok_or(ODD)?;
    let old = scene.slice(&written.value);
    // A locale of a system may have an encoding behind the language.
    let tag = old.split(['.', '@']).next().unwrap_or(old).trim_ascii();
    let tag = tag.replace('_', "-");
    if !crate::validate::rules::envelope::is_language(&tag) {
        return Err(UNCLEAR);
    }
    let what = format!("`xml:lang=\"{tag}\"` written");
    let edit = Edit::replace(written.value, tag);
    Ok(Fix::new(element.span.start, vec![edit], what))
}

/// Words with single blanks between.
fn single_blanks(list: &str) -> String {
    let words = list.split(|c: char| c.is_ascii_whitespace() || ",;".contains(c));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

pub(super) fn types(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    say(scene, element, &single_blanks(&element.text()))
}

pub(super) fn transports(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let list = attr_anywhere(element, "transport").unwrap_or_default();
    set(scene, element, "transport", &single_blanks(list))
}

/// The firmware in the words of VMware.
pub(super) fn firmware(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let value = attr_anywhere(element, "value").unwrap_or_default();
    let word = match value.trim_ascii().to_ascii_lowercase().as_str() {
        "efi" | "uefi" => "efi",
        "bios" => "bios",
        _ => return Err(UNCLEAR),
    };
    let written = scene.written(element, "value").ok_or(ODD)?;
    let edit = Edit::replace(written.value, word);
    let what = format!("the firmware written as `{word}`");
    Ok(Fix::new(element.span.start, vec![edit], what))
}

/// EFI where Secure Boot asks for it and no firmware is named.
pub(super) fn secure_boot(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let section = scene.parent(element).ok_or(ODD)?;
    let names_one = section.elements().any(|one| {
        one.name.ns == VMW && attr_anywhere(one, "key") == Some(crate::envelope::vmw::FIRMWARE)
    });
    if names_one {
        return Err("another firmware is asked for, so one of the two has to go".into());
    }
    let (ovf, None) = scene.ovf(element).ok_or(ODD)? else {
        return Err(ODD);
    };
    let (vmw, None) = scene.attribute_prefix(element, VMW).ok_or(ODD)? else {
        return Err(ODD);
    };
    let setting = format!(
        "<{vmw}:Config {ovf}:required=\"false\" {vmw}:key=\"firmware\" {vmw}:value=\"efi\"/>"
    );
    let edit = scene
        .put(section, Where::Before(element), &setting)
        .ok_or(ODD)?;
    let what = "the setting `firmware` with the value `efi` added";
    Ok(Fix::new(element.span.start, vec![edit], what))
}

/// The edition of the namespace.
pub(super) fn version(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let version = match scene.document.version {
        Version::V0_9 => "0.9",
        Version::V1 => "1.0",
        Version::V2 => "2.0",
    };
    set(scene, element(spot)?, "version", version)
}

/// What a declaration says of the encoding.
pub(super) fn encoding(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    if !scene.slice(&spot.span).eq_ignore_ascii_case("UTF-16") {
        return Err(ODD);
    }
    let edit = Edit::replace(spot.span.clone(), "UTF-8");
    let what = "the declared encoding is now UTF-8";
    Ok(Fix::new(spot.span.start, vec![edit], what))
}

/// Closes an element that has to be empty.
pub(super) fn filled(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let content = scene.content(element).ok_or(ODD)?;
    if !scene.slice(&content).trim_ascii().is_empty() {
        return Err("there is more than blanks in it".into());
    }
    let what = format!("the blanks in `{}` left out", element.name.local);
    Ok(Fix::new(
        element.span.start,
        vec![Edit::delete(content)],
        what,
    ))
}

/// As much of a caption as there is room for.
pub(super) fn caption(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let text = element.text();
    let most = crate::validate::rules::devices::MAX_CAPTION;
    let short: String = text.trim_ascii().chars().take(most).collect();
    say(scene, element, short.trim_ascii_end())
}

/// The type of a property in small letters, where that makes it one of the standard's.
pub(super) fn property_type(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    const TYPES: [&str; 12] = [
        "uint8", "sint8", "uint16", "sint16", "uint32", "sint32", "uint64", "sint64", "string",
        "boolean", "real32", "real64",
    ];
    let element = element(spot)?;
    let written = attr(element, "type").unwrap_or_default();
    let word = written.trim_ascii().to_ascii_lowercase();
    let word = if word == "bool" { "boolean" } else { &word };
    if !TYPES.contains(&word) {
        return Err("which of the standard's types fits has to be chosen".into());
    }
    set(scene, element, "type", word)
}

/// The default of a property as strict importers read it.
pub(super) fn loose_value(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let value = attr(element, "value").unwrap_or_default();
    if value.is_empty() {
        // A value for configurations has to have one.
        if standard(element) == Some("Value") {
            return Err("a value for configurations has to be chosen".into());
        }
        return unset(scene, element, "value");
    }
    let property = match standard(element) {
        Some("Property") => Some(element),
        _ => scene.parent(element),
    };
    let of_type = property
        .and_then(|property| attr(property, "type"))
        .unwrap_or_default();
    let plain = value.trim_ascii();
    let is_truth = of_type.to_ascii_lowercase().starts_with("bool");
    let new = truth(plain).filter(|_| is_truth).unwrap_or(plain);
    set(scene, element, "value", new)
}

/// The default of a password that is asked for anyway.
pub(super) fn password(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let asked = attr(element, "userConfigurable").and_then(truth) == Some("true");
    if standard(element) != Some("Property") || !asked {
        return Err("nobody would be asked for another, and the guest might have none".into());
    }
    unset(scene, element, "value")
}

/// An address on a network, without the blanks around.
pub(super) fn connection(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let text = element.text();
    let plain = text.trim_ascii();
    let known = |name: &str| scene.document.network_names.contains(name);
    if known(&text) && !known(plain) {
        return Err("the network is called so, too".into());
    }
    let content = scene.content(element).ok_or(ODD)?;
    let inside = scene.slice(&content).trim_ascii().to_owned();
    let what = format!("the blanks around `{plain}` left out");
    let edit = Edit::replace(content, inside);
    Ok(Fix::new(element.span.start, vec![edit], what))
}

/// Keeps the first default.
pub(super) fn another_default(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    unset(scene, element(spot)?, "default")
}

/// What is above the capacity is no estimate of it.
pub(super) fn populated(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    unset(scene, element(spot)?, "populatedSize")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_values() {
        assert_eq!(truth(" TRUE"), Some("true"));
        assert_eq!(truth("No"), Some("false"));
        assert_eq!(truth("maybe"), None);
        assert_eq!(single_blanks("a,\tb;c  d "), "a b c d");
    }
}
