//! A definition that was made of a descriptor, and changed: what of the descriptor each part of
//! it is.
//!
//! [`reverse`](super::reverse) makes a definition of a descriptor, and [`build`](super::build)
//! an envelope of that and of the changed one. The two envelopes have ids of their own. Here
//! they get those of the descriptor, so that what differs between them can be changed in it.
//!
//! ```text
//! mod      all of it                  devices  which device is which
//! files    which file is which        rename   other ids for the same
//! networks what adapters are on now
//! ```

mod devices;
mod files;
mod networks;
mod rename;

use std::collections::HashMap;

use super::build::Appliance;
use super::definition::Definition;
use super::reverse::Recovered;
use crate::envelope::Envelope;

pub use files::Fate;
pub use networks::follow_networks;

/// A descriptor, and the definition that was made of it.
pub struct Original<'o> {
    /// What the descriptor says.
    pub envelope: &'o Envelope,
    /// What was made of it.
    pub recovered: &'o Recovered,
    /// The name of the file of the package that a path in the definition means.
    pub in_package: &'o dyn Fn(&str) -> Option<String>,
}

/// What becomes of the files of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// What each file of the changed appliance is, in its order.
    pub fates: Vec<Fate>,
    /// The names of those that are not in the package any more.
    pub removed: Vec<String>,
}

/// Gives `before`, which was built of the definition of `original`, and `after`, built of
/// `changed`, the ids of `original` wherever they speak of the same.
pub fn amend(
    original: &Original<'_>,
    before: &mut Appliance,
    changed: &Definition,
    after: &mut Appliance,
) -> Files {
    let (files, fates) = files::match_files(original, before, after);
    let devices = devices::match_devices(original, before, changed, after);
    let disks = files::match_disks(original, before, after, &devices, &files);
    rename::rename(
        &mut before.envelope,
        &devices.before,
        &files.before,
        &disks.before,
    );
    rename::rename(
        &mut after.envelope,
        &devices.after,
        &files.after,
        &disks.after,
    );
    files::renew(original, before, &fates);
    fates
}

/// Ids by those they take the place of.
type Ids = HashMap<String, String>;

/// Ids of both appliances.
#[derive(Debug, Default)]
struct Both {
    before: Ids,
    after: Ids,
}

/// The machines of `definition`, in order.
fn machines(definition: &Definition) -> Vec<&Definition> {
    if definition.machines.is_empty() {
        return vec![definition];
    }
    definition.machines.iter().flat_map(machines).collect()
}
