//! The definitions of known appliances in `fixtures/appliances`, and the templates they stand for.

use std::fs;
use std::path::{Path, PathBuf};

use ovfkit::ops::pack::{DiskFacts, Facts};

/// What is said of the disks of templates that leave it open.
const DISK: Facts = facts(1 << 30, 8 << 30, 1 << 30);
/// `DISK` in the words of a template: bytes of the file, and of what is in it.
const SIZE: &str = "1073741824";
/// Bytes of the whole disk.
const CAPACITY: &str = "8589934592";
/// The same in MiB.
const CAPACITY_MIB: &str = "8192";

const fn facts(size: u64, capacity: u64, populated: u64) -> Facts {
    let disk = DiskFacts {
        capacity,
        populated,
    };
    Facts {
        size,
        disk: Some(disk),
    }
}

/// One value: the parameter of the definition that gets it, the text in the template it stands
/// for, and the value. A parameter or a text that is not there is empty.
pub(crate) type Given = (&'static str, &'static str, &'static str);

/// A definition, and the template it stands for.
pub(crate) struct Appliance {
    /// The name of the definition.
    pub(crate) name: &'static str,
    /// The template in the corpus, without its ending.
    pub(crate) original: &'static str,
    /// The parameters that name images.
    pub(crate) images: &'static [&'static str],
    /// What is said of each disk.
    pub(crate) disk: Facts,
    /// The values.
    pub(crate) given: &'static [Given],
    /// The differences that are meant: the beginnings of their paths, and why.
    pub(crate) differences: &'static [(&'static str, &'static str)],
}

/// The template leaves out what it would have to measure.
const UNMEASURED: &[(&str, &str)] = &[(".files[0].size", UNTOLD), (".disks[0].populated", UNTOLD)];
const UNTOLD: &str = "sizes are measured and told, though the template has no place for them";
const LABEL: &str = "a property nobody can set has no label there; it has its key for one";
const OWN_WORDS: &str = "the text is not the template's but a short one";

const OS_DISK: Given = ("", "{{OS_DISK}}", "bottlerocket-disk1.vmdk");
const OS_DISK_BYTES: Given = ("", "{{OS_DISK_BYTES}}", CAPACITY);
const PK: Given = ("pk", "{{PK_CERT_DER_HEX}}", "3082010a");
const KEK: Given = ("kek", "{{KEK_CERT_DER_HEX}}", "3082010b");
const DB: Given = ("db", "{{DB_CERT_DER_HEX}}", "3082010c");
const DBX: Given = ("dbx", "{{DBX_EMPTY_HASH_HEX}}", "e3b0c442");

/// All of them.
pub(crate) const APPLIANCES: &[Appliance] = &[
    Appliance {
        name: "bottlerocket",
        original: "bottlerocket-os+bottlerocket__template-unified",
        images: &["os-disk"],
        disk: DISK,
        given: &[OS_DISK, OS_DISK_BYTES],
        differences: UNMEASURED,
    },
    Appliance {
        name: "bottlerocket-secure-boot",
        original: "bottlerocket-os+bottlerocket__template-unified-secboot",
        images: &["os-disk"],
        disk: DISK,
        given: &[OS_DISK, OS_DISK_BYTES, PK, KEK, DB, DBX],
        differences: UNMEASURED,
    },
    Appliance {
        name: "bottlerocket-split",
        original: "bottlerocket-os+bottlerocket__template-split-secboot",
        images: &["os-disk", "data-disk"],
        disk: DISK,
        given: &[
            OS_DISK,
            OS_DISK_BYTES,
            ("", "{{DATA_DISK}}", "bottlerocket-disk2.vmdk"),
            ("", "{{DATA_DISK_BYTES}}", CAPACITY),
            PK,
            KEK,
            DB,
            DBX,
        ],
        differences: &[
            (".files[0].size", UNTOLD),
            (".files[1].size", UNTOLD),
            (".disks[0].populated", UNTOLD),
            (".disks[1].populated", UNTOLD),
        ],
    },
    Appliance {
        name: "coreos-vmware",
        original: "coreos+coreos-assembler__vmware-template",
        images: &["disk"],
        disk: DISK,
        given: &[
            ("name", "{vsphere_image_name}", "fedora-coreos-41"),
            ("product", "{vsphere_product_name}", "Fedora CoreOS"),
            ("vendor", "{vsphere_product_vendor_name}", "Fedora Project"),
            ("version", "{vsphere_product_version}", "41.2025"),
            ("guest", "{vsphere_os_type}", "fedora64Guest"),
            ("hardware", "{vsphere_virtual_system_type}", "vmx-17"),
            ("secure-boot", "{secure_boot}", "true"),
            ("cpus", "{ovf_cpu_count}", "4"),
            ("memory", "{ovf_memory_mb}", "8192"),
            ("", "{vmdk_size}", SIZE),
            ("", "{vmdk_capacity}", CAPACITY),
        ],
        differences: &[],
    },
    Appliance {
        name: "coreos-virtualbox",
        original: "coreos+coreos-assembler__virtualbox-template",
        images: &["disk"],
        disk: DISK,
        given: &[
            ("name", "{vsphere_image_name}", "fedora-coreos-41"),
            ("product", "{vsphere_product_name}", "Fedora CoreOS"),
            ("vendor", "{vsphere_product_vendor_name}", "Fedora Project"),
            ("version", "{vsphere_product_version}", "41.2025"),
            ("cpus", "{ovf_cpu_count}", "4"),
            ("memory", "{ovf_memory_mb}", "8192"),
            ("", "{vmdk_size}", SIZE),
            ("", "{vmdk_capacity}", CAPACITY),
        ],
        differences: &[(
            ".networks",
            "the template describes a network nothing is on, and not the one the adapter is on",
        )],
    },
    Appliance {
        name: "talos",
        original: "siderolabs+talos__talos-template",
        images: &["disk"],
        disk: DISK,
        given: &[
            ("", "{{ .VMDK }}", "talos-disk1.vmdk"),
            ("", "{{ .Size }}", SIZE),
            ("", "{{ .Capacity }}", CAPACITY_MIB),
        ],
        differences: &[(".disks[0].populated", UNTOLD)],
    },
    Appliance {
        name: "image-builder",
        original: "kubernetes-sigs+image-builder__ovf_template",
        images: &["disk"],
        disk: DISK,
        given: &[
            ("name", "${ARTIFACT_ID}", "ubuntu-2404-kube-v1.31.4"),
            ("os", "${OS_ID}", "94"),
            ("guest", "${OS_TYPE}", "ubuntu64Guest"),
            ("os-version", "${OS_VERSION}", "24.04"),
            ("vmx", "${VMX_VERSION}", "15"),
            ("firmware", "${FIRMWARE}", "efi"),
            ("nested", "${NESTEDHV}", "false"),
            ("wake-on-lan", "${WAKEONLANENABLED}", "false"),
            ("product", "${PRODUCT}", "Ubuntu and Kubernetes"),
            ("version", "${TYPED_VERSION}", "kubernetes-v1.31.4"),
            ("eula", "\n${EULA}\n      ", "Do good."),
            ("annotation", "${ANNOTATION}", "A node of a cluster"),
            ("timestamp", "${BUILD_TIMESTAMP}", "1735689600"),
            ("date", "${BUILD_DATE}", "2025-01-01"),
            ("builder", "${IB_VERSION}", "v0.1.40"),
            ("", "${PROPERTIES}", ""),
            ("", "${DISK_NAME}", "ubuntu-2404-kube-v1.31.4-disk1.vmdk"),
            ("", "${STREAM_DISK_SIZE}", SIZE),
            ("", "${DISK_SIZE}", CAPACITY_MIB),
            ("", "${POPULATED_DISK_SIZE}", SIZE),
        ],
        differences: &[
            (".machines[0].properties[0].label", LABEL),
            (".machines[0].properties[1].label", LABEL),
            (".machines[0].properties[2].label", LABEL),
        ],
    },
    Appliance {
        name: "home-assistant",
        original: "home-assistant+operating-system__home-assistant",
        images: &["disk"],
        disk: facts(1 << 30, 32 << 30, 2 << 30),
        given: &[],
        differences: UNMEASURED,
    },
    Appliance {
        name: "open-vmdk",
        original: "vmware+open-vmdk__template-hw7",
        images: &["disk"],
        disk: DISK,
        given: &[
            ("name", "@@NAME@@", "appliance"),
            ("cpus", "@@NUM_CPUS@@", "2"),
            ("memory", "@@MEM_SIZE@@", "1024"),
            ("", "@@VMDK_FILE_SIZE@@", SIZE),
            ("", "@@VMDK_CAPACITY@@", CAPACITY),
        ],
        differences: &[(
            ".disks[0].populated",
            "the template says that nothing is in the disk",
        )],
    },
    Appliance {
        name: "photon-1",
        original: "vmware+govmomi__PhotonOS-photon",
        images: &["disk"],
        disk: facts(507_132_416, 16 << 30, 1_375_535_104),
        given: &[
            ("name", "", "111378-Photon-1.0-Rev2-64-Open-VM-Tools-HW13"),
            ("changes", "", "Open VM Tools are newer."),
        ],
        differences: &[(".machines[0].annotation", OWN_WORDS)],
    },
    Appliance {
        name: "photon-5",
        original: "vmware+govmomi__photon5",
        images: &["disk"],
        disk: facts(322_319_360, 16 << 30, 858_521_600),
        given: &[],
        differences: &[
            (".machines[0].annotation", OWN_WORDS),
            (".machines[0].eulas[0].license", OWN_WORDS),
        ],
    },
    Appliance {
        name: "bitnami-tomcat",
        original: "vmware+govmomi__BitnamiTomcat-bitnami-tomcatstack-8.0.36-x86_64",
        images: &["disk"],
        disk: facts(551_212_032, 17 << 30, 1_656_422_400),
        given: &[("version", "", "8.0.36-2")],
        differences: &[],
    },
];

impl Appliance {
    /// The file with the definition.
    pub(crate) fn file(&self) -> PathBuf {
        fixtures().join(format!("appliances/{}.yaml", self.name))
    }

    /// The values of its parameters, with images that are put into `directory`.
    pub(crate) fn parameters(&self, directory: &Path) -> Vec<(String, String)> {
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let given = self.given.iter();
        let mut parameters: Vec<_> = given
            .filter(|(parameter, ..)| !parameter.is_empty())
            .map(|(parameter, _, value)| set(parameter, value))
            .collect();
        for parameter in self.images {
            let image = directory.join(format!("{parameter}.qcow2"));
            fs::copy(fixtures().join("tiny.qcow2"), &image).expect("an image");
            parameters.push(set(parameter, &image.to_string_lossy()));
        }
        parameters
    }

    /// The project's template with the same values in it.
    pub(crate) fn filled(&self, template: &Path) -> String {
        let mut text = fs::read_to_string(template).expect("a template");
        for (_, placeholder, value) in self.given {
            if !placeholder.is_empty() {
                assert!(text.contains(placeholder), "{}: {placeholder}", self.name);
                text = text.replace(placeholder, value);
            }
        }
        text
    }

    /// Whether `difference` is one of those that are meant.
    pub(crate) fn is_meant(&self, difference: &str) -> bool {
        let mut meant = self.differences.iter();
        meant.any(|(path, _)| difference.starts_with(path))
    }
}

/// Where the fixtures are.
fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}
