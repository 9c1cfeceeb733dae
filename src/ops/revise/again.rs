//! First-boot configuration in the place of one the package has already.

use super::in_package;
use crate::ops::define::seed::{Told, image_name};
use crate::vm::Definition;
use crate::vm::seed::FILE_KEYS;

/// Takes out of `changed` what was told to guests in `original`, where they are `told` something
/// else now.
pub(super) fn forget(told: &Told, original: &Definition, changed: &mut Definition) {
    let members = original.machines.iter().zip(&mut changed.machines);
    for ((original, changed), told) in members.zip(told.members()) {
        forget(told, original, changed);
    }
    if !told.is_something() {
        return;
    }
    let image = image_name(changed);
    changed.cdroms.retain(|drive| {
        let own = drive.image.as_deref().and_then(in_package);
        own.as_ref() != Some(&image)
    });
    let own = original.properties.iter();
    let own: Vec<_> = own
        .chain(original.product.iter().flat_map(|one| &one.properties))
        .collect();
    let lists = std::iter::once(&mut changed.properties)
        .chain(changed.product.iter_mut().map(|one| &mut one.properties));
    for list in lists {
        for (key, property) in list {
            // What somebody wrote over it is none of the package's.
            let same = own
                .iter()
                .any(|(known, own)| *known == key && own.default == property.default);
            if FILE_KEYS.contains(&&**key) && same {
                property.default = None;
            }
        }
    }
}
