//! What is resolved of real descriptors of different producers, as golden files. Each
//! was compared with the descriptor by eye when it was made.
//!
//! `OVFKIT_CORPUS` names a directory with descriptors in `corpus/ovf`; without it the
//! test skips aloud.

mod support;

use std::fs;
use std::path::Path;

use ovfkit::envelope::parse;
use ovfkit::envelope::resolve::{Choices, resolve};
use ovfkit::xml::decode;
use serde_json::Value;

use support::corpus;

/// Descriptors, each with a deployment option and a language where those are not the
/// default ones.
const VIEWS: [(&str, Option<&str>, Option<&str>); 20] = [
    // Producers, one each: VirtualBox in three generations, VMware's products, COT,
    // oVirt, Xen and others that build images.
    (
        "GoogleCloudPlatform+compute-image-tools__ovf_descriptor",
        None,
        None,
    ),
    ("OpenXT+manager__uivm", None, None),
    (
        "bottlerocket-os+bottlerocket__template-split-secboot",
        None,
        None,
    ),
    ("coreos+coreos-assembler__virtualbox-template", None, None),
    ("glennmatthews+cot__ubuntu.2.0", None, None),
    (
        "home-assistant+operating-system__home-assistant",
        None,
        None,
    ),
    ("jclouds+legacy-jclouds__ovf-vcd1.5", None, None),
    ("kubernetes-sigs+image-builder__ovf_template", None, None),
    ("libguestfs+virt-v2v__test-i-ova-two-disks", None, None),
    ("oVirt+ovirt-engine__vmOvfData", None, None),
    ("pop-os+virtualbox__WinXP", None, None),
    ("pop-os+virtualbox__joomla-1.1.4-ovf", None, None),
    ("proxmox+pve-storage__Win_2008_R2_two-disks", None, None),
    ("siderolabs+talos__talos-template", None, None),
    ("vmware+govmomi__0012__photon5", None, None),
    (
        "vmware+govmomi__BitnamiTomcat-bitnami-tomcatstack-8.0.36-x86_64",
        None,
        None,
    ),
    // Deployment options, languages, collections.
    ("Awingu+open-ovf__someOVF", None, None),
    ("glennmatthews+cot__iosv", Some("1CPU-1GB-8NIC"), None),
    ("vmware+govmomi__ImportOvf2014-complete_vsc_11", None, None),
    (
        "vmware+govmomi__standard_ovas-internal-sha2-internal",
        None,
        Some("da"),
    ),
];

/// How long a text of others is repeated.
const REPEATED: usize = 40;

#[test]
fn what_is_resolved() {
    let Some(directory) = corpus::file("corpus/ovf") else {
        return;
    };
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden/view");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (name, configuration, locale) in VIEWS {
        let path = directory.join(format!("{name}.ovf"));
        let view = view(&path, configuration, locale);
        settings.bind(|| insta::assert_snapshot!(name, view));
    }
}

/// The view as JSON, without what is absent, and with long texts as their lengths.
fn view(path: &Path, configuration: Option<&str>, locale: Option<&str>) -> String {
    let bytes = fs::read(path).expect("a descriptor");
    let text = decode(&bytes).expect("text");
    let envelope = parse(&text).expect("an envelope");
    let choices = Choices {
        configuration: configuration.map(str::to_owned),
        locale: locale.map(str::to_owned),
        ..Choices::default()
    };
    let view = resolve(&envelope, &choices).expect("an option it has");
    let value = serde_json::to_value(view).expect("JSON");
    let short = short(value).expect("a view is not absent");
    serde_json::to_string_pretty(&short).expect("JSON")
}

fn short(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) => {
            let length = text.chars().count();
            let told = if length > REPEATED {
                format!("({length} characters)")
            } else {
                text
            };
            Some(Value::String(told))
        }
        Value::Array(values) if values.is_empty() => None,
        Value::Array(values) => Some(values.into_iter().filter_map(short).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Some(
                fields
                    .filter_map(|(key, value)| Some((key, short(value)?)))
                    .collect(),
            )
        }
        other => Some(other),
    }
}
