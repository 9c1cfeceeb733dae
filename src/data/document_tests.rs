//! Documents as types, and what is told of wrong ones.

use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Machine {
    name: Option<String>,
    cpus: u32,
    #[serde(default)]
    disks: Vec<Disk>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Disk {
    size: u64,
    bus: Option<Bus>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Bus {
    Sata,
    Nvme,
}

fn yaml(text: &str) -> Document {
    Loader::new().text("vm.yaml", text, None).load().unwrap()
}

#[test]
fn every_error_is_told_at_its_place() {
    let document = yaml(
        "nmae: a\ncpus: many\ndisks:\n  - {size: 1, bus: usb}\n  - {bus: sata}\n  - {sise: 3}\n  - 4\n",
    );
    let error = document.read::<Machine>().unwrap_err();
    let mut all = vec![error.to_string()];
    all.extend(error.others().iter().map(ToString::to_string));
    assert_eq!(all, [""]);
}
