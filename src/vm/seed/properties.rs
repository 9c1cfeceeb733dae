//! What a guest is told, as properties of the descriptor.
//!
//! cloud-init's OVF datasource (`cloudinit/sources/DataSourceOVF.py`) takes `instance-id`,
//! `hostname`, `public-keys`, `seedfrom`, `password`, and in base64 `user-data` and
//! `network-config`, and no other. Ignition (`internal/providers/vmware`) takes
//! `guestinfo.ignition.config.data` and its encoding.

use crate::base::{Error, Result};
use base64ct::{Base64, Encoding as _};

use super::cloud_init::{CloudInit, Part};
use super::document::Document;
use super::encode::encode;
use super::fault::SeedFault;
use super::ignition::Ignition;
use super::meta_data::MetaData;
use super::{MAX_PROPERTY_VALUE, Reader};

/// The key of a network's configuration.
const NETWORK: &str = "network";

/// A property of the descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedProperty {
    /// Its name, which the guest looks for.
    pub key: &'static str,
    /// Its type; all of these are strings.
    pub value_type: &'static str,
    /// What a dialog calls it.
    pub label: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Its value; empty where whoever deploys the machine may give one.
    pub value: String,
    /// Whether whoever deploys the machine is asked for it.
    pub user_configurable: bool,
    /// Whether the value is hidden while it is typed.
    pub password: bool,
}

impl SeedProperty {
    /// Whether the value is a file, or says how to read one: what nobody writes by hand.
    pub fn is_file(&self) -> bool {
        let files = [USER_DATA, NETWORK_CONFIG, IGNITION, IGNITION_ENCODING];
        files.iter().any(|kind| kind.key == self.key)
    }
}

/// The keys whose values are made of the files anew each time, and of nothing else.
pub const FILE_KEYS: [&str; 5] = [
    INSTANCE_ID.key,
    USER_DATA.key,
    NETWORK_CONFIG.key,
    IGNITION.key,
    IGNITION_ENCODING.key,
];

/// A way for the environment document to the guest (DSP0243 1.1 §11.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// As `guestinfo.ovfEnv`, which a guest reads with VMware Tools.
    GuestInfo,
    /// As an image in a CD drive, which has to be there and be empty.
    Iso,
}

impl Transport {
    /// The name in the descriptor.
    pub fn token(self) -> &'static str {
        match self {
            Self::GuestInfo => "com.vmware.guestInfo",
            Self::Iso => "iso",
        }
    }
}

/// What the descriptor has to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    /// The properties, in the order to write them.
    pub properties: Vec<SeedProperty>,
    /// The transports by which the guest finds them; any of them suffices.
    pub transports: Vec<Transport>,
}

impl Properties {
    /// Adds what `cloud_init` tells the machine called `machine`.
    pub(super) fn add_cloud_init(
        &mut self,
        cloud_init: &CloudInit,
        machine: &str,
        reader: Reader<'_>,
    ) -> Result<()> {
        if let Some(document) = cloud_init.part(Part::VendorData) {
            return Err(document.fault(SeedFault::VendorData));
        }
        let told = MetaData::of(cloud_init, machine, reader)?;
        let user_data = cloud_init.user_data();
        // cloud-init inflates what is compressed without being told.
        let encoded = encode("user-data", user_data.bytes());
        let encoded = encoded.map_err(|error| error.at(user_data.path()))?;
        let network_config = network_config(cloud_init, reader)?;
        self.push(&INSTANCE_ID, told.instance_id);
        self.push(&HOSTNAME, told.hostname.unwrap_or_default());
        if let Some(seed_from) = told.seed_from {
            self.push(&SEED_FROM, seed_from);
        }
        self.push(&PUBLIC_KEYS, told.public_key.unwrap_or_default());
        self.push(&USER_DATA, encoded.text);
        if let Some(network_config) = network_config {
            self.push(&NETWORK_CONFIG, network_config);
        }
        self.push(&PASSWORD, String::new());
        self.add_transports(&[Transport::GuestInfo, Transport::Iso]);
        self.check(cloud_init.part(Part::MetaData))
    }

    /// Adds what `ignition` says.
    pub(super) fn add_ignition(&mut self, ignition: &Ignition) -> Result<()> {
        let document = ignition.document();
        let encoded = encode(IGNITION.key, document.bytes());
        let encoded = encoded.map_err(|error| error.at(document.path()))?;
        self.push(&IGNITION, encoded.text);
        let encoding = if encoded.compressed {
            "gzip+base64"
        } else {
            "base64"
        };
        self.push(&IGNITION_ENCODING, encoding.to_owned());
        self.add_transports(&[Transport::GuestInfo]);
        Ok(())
    }

    fn push(&mut self, kind: &Kind, value: String) {
        self.properties.push(SeedProperty {
            key: kind.key,
            value_type: "string",
            label: kind.label,
            description: kind.description,
            value,
            user_configurable: true,
            password: kind.key == PASSWORD.key,
        });
    }

    /// Adds ways the guest can take; where something takes fewer, only those are left.
    fn add_transports(&mut self, ways: &[Transport]) {
        if self.transports.is_empty() {
            self.transports = ways.to_vec();
        } else {
            self.transports.retain(|way| ways.contains(way));
        }
    }

    /// Checks the values that came from meta-data as they are.
    fn check(&self, document: Option<&Document>) -> Result<()> {
        let Some(document) = document else {
            return Ok(());
        };
        for SeedProperty { key, value, .. } in &self.properties {
            if value.len() > MAX_PROPERTY_VALUE {
                let (key, length) = (*key, value.len());
                return Err(document.fault(SeedFault::LongValue { key, length }));
            }
            if value.chars().any(char::is_control) {
                return Err(document.fault(SeedFault::ControlCharacter { key }));
            }
        }
        Ok(())
    }
}

/// The network's configuration as cloud-init takes it from a property: below the key
/// `network`, which the file may leave out.
fn network_config(cloud_init: &CloudInit, reader: Reader<'_>) -> Result<Option<String>> {
    let document = cloud_init.part(Part::NetworkConfig);
    let map = cloud_init.map(Part::NetworkConfig, reader)?;
    let (Some(document), Some(map)) = (document, map) else {
        return Ok(None);
    };
    let text = if map.contains_key(NETWORK) {
        Base64::encode_string(document.bytes())
    } else {
        let below = below_network(document.text(Part::NetworkConfig.name())?);
        Base64::encode_string(below.as_bytes())
    };
    let (key, length) = (NETWORK_CONFIG.key, text.len());
    if length > MAX_PROPERTY_VALUE {
        // Unlike user-data it may not be compressed.
        return Err(Error::from(SeedFault::LongValue { key, length }).at(document.path()));
    }
    Ok(Some(text))
}

/// The YAML `text`, which is one map, below the key `network`. It stays as it is written: to
/// cloud-init, which goes by YAML 1.1, a `no` is `false`, and to others a text.
fn below_network(text: &str) -> String {
    let is_mark = |line: &&str| *line == "---" || line.starts_with("--- ");
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    // What stands before the mark are directives and comments; behind it may be content.
    let (first, rest) = match lines.iter().position(|line| is_mark(&line.trim_end())) {
        Some(at) => (lines[at][3..].trim(), &lines[at + 1..]),
        None => ("", &lines[..]),
    };
    let mut below = format!("{NETWORK}: {first}").trim_end().to_owned();
    below.push('\n');
    for line in rest.iter().take_while(|line| line.trim_end() != "...") {
        if !line.is_empty() {
            below.push_str("  ");
        }
        below.push_str(line);
        below.push('\n');
    }
    below
}

/// What is known of a property before it has a value.
struct Kind {
    key: &'static str,
    label: &'static str,
    description: &'static str,
}

const INSTANCE_ID: Kind = Kind {
    key: "instance-id",
    label: "Instance ID",
    description: "Identifies this instance. When it changes, the guest does again what it does on \
                  a first boot.",
};
const HOSTNAME: Kind = Kind {
    key: "hostname",
    label: "Host name",
    description: "The name the guest gets.",
};
const SEED_FROM: Kind = Kind {
    key: "seedfrom",
    label: "Seed URL",
    description: "What user-data and meta-data are fetched from: \"user-data\" and \"meta-data\" \
                  are appended to it.",
};
const PUBLIC_KEYS: Kind = Kind {
    key: "public-keys",
    label: "SSH public key",
    description: "A key that may log in as the default user. May be empty.",
};
const USER_DATA: Kind = Kind {
    key: "user-data",
    label: "User data",
    description: "What cloud-init does on the first boot, in base64.",
};
const NETWORK_CONFIG: Kind = Kind {
    key: "network-config",
    label: "Network configuration",
    description: "The configuration of the network below the key \"network\", as YAML in base64.",
};
const PASSWORD: Kind = Kind {
    key: "password",
    label: "Password of the default user",
    description: "Lets the default user log in by password, which has to be changed then. May be \
                  empty.",
};
const IGNITION: Kind = Kind {
    key: "guestinfo.ignition.config.data",
    label: "Ignition config",
    description: "What Ignition does on the first boot.",
};
const IGNITION_ENCODING: Kind = Kind {
    key: "guestinfo.ignition.config.data.encoding",
    label: "Encoding of the Ignition config",
    description: "Empty, base64 or gzip+base64.",
};
