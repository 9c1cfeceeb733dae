//! What a machine is: its name and the identifier of this instance.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::base::Result;
use crate::base::digest::Algorithm;

use super::Reader;
use super::cloud_init::{CloudInit, Part};
use super::document::Document;
use super::fault::SeedFault;

/// Hexadecimal digits of a digest in an identifier: 80 bits tell any two contents apart.
const DIGITS: usize = 20;
/// The most characters between two dots of a host name, and of all of it (RFC 1035 §2.3.4).
const MAX_LABEL: usize = 63;
const MAX_HOST_NAME: usize = 253;

/// What can be told by properties of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MetaData {
    pub(super) instance_id: String,
    pub(super) hostname: Option<String>,
    pub(super) public_key: Option<String>,
    pub(super) seed_from: Option<String>,
}

impl MetaData {
    /// That of `cloud_init` for the machine called `machine`. What properties cannot tell is
    /// an error: the guest would come up without it.
    pub(super) fn of(cloud_init: &CloudInit, machine: &str, reader: Reader<'_>) -> Result<Self> {
        let mut made = Self {
            instance_id: instance_id(cloud_init, machine),
            hostname: host_name(machine),
            public_key: None,
            seed_from: None,
        };
        let document = cloud_init.part(Part::MetaData);
        let map = cloud_init.map(Part::MetaData, reader)?;
        let (Some(document), Some(map)) = (document, map) else {
            return Ok(made);
        };
        made.take(document, map)?;
        Ok(made)
    }

    fn take(&mut self, document: &Document, map: Map<String, Value>) -> Result<()> {
        let mut others = Vec::new();
        for (key, value) in map {
            match &*key {
                "instance-id" => self.instance_id = text(document, &key, &value)?,
                "hostname" | "local-hostname" => {
                    self.hostname = Some(text(document, &key, &value)?);
                }
                "seedfrom" => self.seed_from = Some(text(document, &key, &value)?),
                "public-keys" | "public_keys" => {
                    self.public_key = public_key(document, &key, &value)?;
                }
                _ => others.push(key),
            }
        }
        if others.is_empty() {
            return Ok(());
        }
        Err(document.fault(SeedFault::OnlyInImage {
            keys: others.join("`, `"),
        }))
    }
}

/// The meta-data of a machine that was given none. Both values are quoted: a name such as
/// `007` or `on` would be no text without.
pub(super) fn default(cloud_init: &CloudInit, machine: &str) -> String {
    let mut made = format!("instance-id: \"{}\"\n", instance_id(cloud_init, machine));
    if let Some(name) = host_name(machine) {
        // Writing to a string cannot fail.
        let _ = writeln!(made, "local-hostname: \"{name}\"");
    }
    made
}

/// An identifier that differs when anything the guest is told differs: by it cloud-init tells
/// a first boot, after which it does nothing of what is done once.
fn instance_id(cloud_init: &CloudInit, machine: &str) -> String {
    let mut hasher = Algorithm::Sha256.hasher();
    let mut add = |name: &str, bytes: &[u8]| {
        hasher.update(name.as_bytes());
        // The length keeps bytes from moving between the parts.
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add("machine", machine.as_bytes());
    for part in Part::ALL {
        if let Some(document) = cloud_init.part(part) {
            add(part.name(), document.bytes());
        }
    }
    let mut digest = hasher.finish();
    digest.truncate(DIGITS);
    format!("iid-{digest}")
}

/// The host name nearest to a machine's name (RFC 1123 §2.1); none if nothing of it can be in
/// one.
fn host_name(machine: &str) -> Option<String> {
    let allowed = |c: char| match c {
        'a'..='z' | '0'..='9' | '.' => c,
        _ => '-',
    };
    let name: String = machine.to_lowercase().chars().map(allowed).collect();
    let mut labels = Vec::new();
    let mut length = 0;
    for label in name.split('.') {
        let label = label.trim_matches('-');
        let label = label[..label.len().min(MAX_LABEL)].trim_end_matches('-');
        length += label.len() + 1;
        if length > MAX_HOST_NAME + 1 {
            break;
        }
        if !label.is_empty() {
            labels.push(label);
        }
    }
    (!labels.is_empty()).then(|| labels.join("."))
}

fn text(document: &Document, key: &str, value: &Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(document.fault(SeedFault::NoText {
            key: key.to_owned(),
        })),
    }
}

/// The one key a property can tell.
fn public_key(document: &Document, key: &str, value: &Value) -> Result<Option<String>> {
    let keys = match value {
        Value::Array(keys) => &keys[..],
        one => std::slice::from_ref(one),
    };
    let [one] = keys else {
        let given = keys.len();
        return match given {
            0 => Ok(None),
            _ => Err(document.fault(SeedFault::SeveralKeys { given })),
        };
    };
    let text = text(document, key, one)?;
    let lines = text.trim().lines().count();
    if lines > 1 {
        return Err(document.fault(SeedFault::SeveralKeys { given: lines }));
    }
    Ok(Some(text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::host_name;

    #[test]
    fn a_machine_name_becomes_a_host_name() {
        for (machine, name) in [
            ("web-01", Some("web-01")),
            ("Web 01", Some("web-01")),
            ("db.Example.org", Some("db.example.org")),
            ("..a..b-.", Some("a.b")),
            ("_x_", Some("x")),
            ("007", Some("007")),
            ("Größe", Some("gr--e")),
            ("---", None),
            ("", None),
            ("日本", None),
        ] {
            assert_eq!(host_name(machine).as_deref(), name, "{machine}");
        }
    }

    #[test]
    fn a_long_name_is_cut() {
        let label = "a".repeat(100);
        let name = host_name(&format!("{label}.{label}.{label}.{label}.{label}")).expect("a name");
        assert!(name.len() <= 253, "{}", name.len());
        assert!(name.split('.').all(|label| label.len() == 63), "{name}");
        let cut = host_name(&format!("{}-{label}", "b".repeat(62)));
        assert_eq!(cut, Some("b".repeat(62)));
    }
}
