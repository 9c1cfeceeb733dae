//! A plan to pack a machine, for tests of what packing does.

use std::path::Path;

use ovfkit::disk::open::OpenOptions;
use ovfkit::ops::define::{Defined, Order, Plan, plan};
use ovfkit::ops::pack::Output;
use ovfkit::vm::definition::{Brief, Disk, Drive};
use ovfkit::vm::{Definition, Profile};

/// The machine `name` with `disk`, and `cd` in a drive, to go to `output`.
pub(crate) fn planned(name: &str, disk: &Path, cd: &Path, output: &Output) -> Plan {
    let image = |path: &Path| Some(path.display().to_string());
    let definition = Definition {
        name: Some(name.to_owned()),
        disks: vec![Brief(Disk {
            image: image(disk),
            ..Disk::default()
        })],
        cdroms: vec![Brief(Drive {
            image: image(cd),
            ..Drive::default()
        })],
        ..Definition::default()
    };
    let defined = Defined::from(definition);
    let order = Order {
        profiles: &[Profile::named("portable").expect("built in")],
        open: &OpenOptions::default(),
        time: 0,
    };
    plan(&defined, &order, &|_, _| Ok(output.clone())).expect("nothing is wrong with it")
}
