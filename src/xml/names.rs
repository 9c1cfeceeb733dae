//! Namespace URIs and the names in them.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// The envelope of OVF 1.x (DSP0243 1.1 §6.1).
pub const ENVELOPE_1: &str = "http://schemas.dmtf.org/ovf/envelope/1";
/// The envelope of OVF 2.x (DSP0243 2.0 §6.1).
pub const ENVELOPE_2: &str = "http://schemas.dmtf.org/ovf/envelope/2";
/// The envelope before the standard, often called OVF 0.9.
pub const ENVELOPE_0_9: &str = "http://www.vmware.com/schema/ovf/1/envelope";
/// `CIM_ResourceAllocationSettingData`: the members of an Item.
pub const RASD: &str =
    "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData";
/// `CIM_VirtualSystemSettingData`: the members of a System.
pub const VSSD: &str =
    "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData";
/// VMware's extensions.
pub const VMW: &str = "http://www.vmware.com/schema/ovf";
/// VirtualBox' extensions.
pub const VBOX: &str = "http://www.virtualbox.org/ovf/machine";
/// XML Schema instance attributes.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The `xml:` prefix, which is bound without a declaration.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// `CIM_StorageAllocationSettingData`: the members of a `StorageItem` of OVF 2.x.
pub const SASD: &str =
    "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_StorageAllocationSettingData";
/// `CIM_EthernetPortAllocationSettingData`: the members of an `EthernetPortItem`.
pub const EPASD: &str =
    "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_EthernetPortAllocationSettingData";

/// `CIM_BootConfigSetting`: what a `BootDeviceSection` of OVF 2.x holds.
pub const BOOT_CONFIG: &str =
    "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_BootConfigSetting";
/// `CIM_BootSourceSetting`: the members of a device to boot from.
pub const BOOT_SOURCE: &str =
    "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_BootSourceSetting";

/// Namespace declarations (Namespaces in XML 1.0, §3).
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// The environment document, of OVF 1.x and 2.x alike (DSP0243 1.1 §11.1).
pub const ENVIRONMENT: &str = "http://schemas.dmtf.org/ovf/environment/1";
/// The environment document before the standard.
pub const ENVIRONMENT_0_9: &str = "http://www.vmware.com/schema/ovf/1/environment";

/// What every descriptor ovfkit writes declares at its root, whatever is in it: what
/// is kept from elsewhere can count on these.
pub const CARRIED_PREFIXES: [(&str, &str); 4] = [
    ("ovf", ENVELOPE_1),
    ("rasd", RASD),
    ("vssd", VSSD),
    ("vmw", VMW),
];

/// The namespaces ovfkit knows, each with the prefix it is usually written with.
const KNOWN: [(&str, &str); 18] = [
    ("sasd", SASD),
    ("epasd", EPASD),
    ("oe", ENVIRONMENT),
    ("cim", "http://schemas.dmtf.org/wbem/wscim/1/common"),
    ("vcloud", "http://www.vmware.com/vcloud/v1"),
    ("vcloud", "http://www.vmware.com/vcloud/v1.5"),
    ("ovirt", "http://www.ovirt.org/ovf"),
    ("xenc", "http://www.w3.org/2001/04/xmlenc#"),
    ("ovf", ENVELOPE_1),
    ("ovf", ENVELOPE_2),
    ("ovf", ENVELOPE_0_9),
    ("rasd", RASD),
    ("vssd", VSSD),
    ("vmw", VMW),
    ("vbox", VBOX),
    ("xsi", XSI),
    ("xml", XML),
    ("xmlns", XMLNS),
];

/// The name of an element or attribute: a namespace and a name inside it.
/// The prefix a file writes is no part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Name {
    /// The namespace URI, empty for a name in no namespace.
    pub ns: Cow<'static, str>,
    /// The name inside the namespace.
    pub local: Cow<'static, str>,
}

impl Name {
    /// The name `local` in the known namespace `ns`.
    pub const fn known(ns: &'static str, local: &'static str) -> Self {
        Self {
            ns: Cow::Borrowed(ns),
            local: Cow::Borrowed(local),
        }
    }

    /// A name as found in a file.
    pub fn new(ns: &str, local: &str) -> Self {
        // Nearly every name of a descriptor is in one of a few long namespaces.
        let ns = match KNOWN.iter().find(|(_, known)| *known == ns) {
            Some((_, known)) => Cow::Borrowed(*known),
            None => Cow::Owned(ns.to_owned()),
        };
        Self {
            ns,
            local: Cow::Owned(local.to_owned()),
        }
    }
}

/// The name as people write it, `rasd:Parent`, or `{uri}local` for a namespace
/// without a usual prefix.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ns.is_empty() {
            return f.write_str(&self.local);
        }
        match usual_prefix(&self.ns) {
            Some(prefix) => write!(f, "{prefix}:{}", self.local),
            None => write!(f, "{{{}}}{}", self.ns, self.local),
        }
    }
}

/// The prefix the namespace `ns` is usually written with.
pub fn usual_prefix(ns: &str) -> Option<&'static str> {
    let known = KNOWN.iter().find(|(_, known)| *known == ns)?;
    Some(known.0)
}

/// The namespace everybody means by `prefix`; `None` where there are several, as for `ovf`.
pub fn namespace_of(prefix: &str) -> Option<&'static str> {
    let mut known = KNOWN.iter().filter(|(usual, _)| *usual == prefix);
    let (_, ns) = known.next()?;
    known.next().is_none().then_some(*ns)
}

/// Whether templates declare `prefix`, at the root or where they use it. What is kept must
/// not bring another meaning of it, nor declare it a second time.
pub(super) fn is_reserved(prefix: &str) -> bool {
    const DECLARED_WHERE_USED: [&str; 6] = ["bootc", "boots", "epasd", "oe", "ovf2", "sasd"];
    let mut carried = CARRIED_PREFIXES.iter().map(|(carried, _)| carried);
    carried.any(|carried| *carried == prefix) || DECLARED_WHERE_USED.contains(&prefix)
}

/// A name in the OVF 1.x envelope namespace.
pub const fn ovf(local: &'static str) -> Name {
    Name::known(ENVELOPE_1, local)
}

/// A member of `CIM_ResourceAllocationSettingData`.
pub const fn rasd(local: &'static str) -> Name {
    Name::known(RASD, local)
}

/// A member of `CIM_VirtualSystemSettingData`.
pub const fn vssd(local: &'static str) -> Name {
    Name::known(VSSD, local)
}

/// A name in the namespace of the environment document.
pub const fn oe(local: &'static str) -> Name {
    Name::known(ENVIRONMENT, local)
}

/// A member of `CIM_BootConfigSetting`.
pub const fn bootc(local: &'static str) -> Name {
    Name::known(BOOT_CONFIG, local)
}

/// A member of `CIM_BootSourceSetting`.
pub const fn boots(local: &'static str) -> Name {
    Name::known(BOOT_SOURCE, local)
}

/// One of VMware's extensions.
pub const fn vmw(local: &'static str) -> Name {
    Name::known(VMW, local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_shows_its_usual_prefix() {
        assert_eq!(rasd("Parent").to_string(), "rasd:Parent");
        assert_eq!(Name::new("", "id").to_string(), "id");
        assert_eq!(Name::new("urn:x", "y").to_string(), "{urn:x}y");
    }

    #[test]
    fn a_read_name_equals_a_known_one() {
        assert_eq!(Name::new(ENVELOPE_1, "File"), ovf("File"));
    }
}
