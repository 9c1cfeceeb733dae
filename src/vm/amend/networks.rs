//! Networks, as adapters are on others now.

use crate::vm::build::{networks, titles};
use crate::vm::definition::{Brief, Definition, LocalText, Network};

/// Adds networks to `changed` that adapters are on now, and takes those out that adapters were
/// on in `original` and are not any more. What is new is told, since it may be a slip.
///
/// A definition that describes networks has to describe all, but that of a package describes
/// them whoever wrote it. Adapters that name no network are on the one called `usual`.
pub fn follow_networks(
    original: &Definition,
    changed: &mut Definition,
    usual: &str,
) -> Vec<String> {
    let (before, now) = (networks(original, usual), networks(changed, usual));
    let was = original.networks.as_ref();
    let Some(described) = &mut changed.networks else {
        return Vec::new();
    };
    described.retain(|name, network| {
        let left = before.contains(name) && !now.contains(name);
        let same = was.and_then(|was| was.get(name)) == Some(&*network);
        !(left && same)
    });
    let mut notes = Vec::new();
    for name in now {
        if !described.contains_key(&name) {
            notes.push(format!("the network `{name}` is new in the package"));
            let description = LocalText::from(titles::network(&name));
            described.insert(name, Brief(Network { description }));
        }
    }
    notes
}
