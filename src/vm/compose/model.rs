//! The files of ova-compose as they are written.

use std::fmt;

use indexmap::IndexMap;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::given::{Given, parameter};
use crate::data;

pub(super) type Text = Given<String>;

/// Settings by their keys; nothing takes away one that is made without being written.
pub(super) type Settings = IndexMap<String, Option<Text>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Compose {
    pub(super) system: System,
    pub(super) hardware: Hardware,
    #[serde(default)]
    pub(super) networks: IndexMap<String, Network>,
    pub(super) environment: Option<Environment>,
    pub(super) product: Option<Product>,
    #[serde(default)]
    pub(super) product_sections: Vec<Product>,
    pub(super) annotation: Option<TextBlock>,
    pub(super) eula: Option<TextBlock>,
    #[serde(default)]
    pub(super) configurations: IndexMap<String, Configuration>,
    #[serde(default)]
    pub(super) extra_configs: IndexMap<String, ExtraConfig>,
    pub(super) ip_assignment_settings: Option<IpAssignment>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct System {
    pub(super) name: Text,
    #[serde(rename = "type")]
    pub(super) platforms: Text,
    pub(super) os_cim: Option<Given<u64>>,
    pub(super) os_vmw: Option<Text>,
    pub(super) os_name: Option<Text>,
    pub(super) firmware: Option<Text>,
    pub(super) secure_boot: Option<Given<bool>>,
    pub(super) default_configuration: Option<Text>,
    pub(super) no_default_configs: Option<Given<bool>>,
}

/// The devices by their names, and settings of the machine.
#[derive(Debug, Default)]
pub(super) struct Hardware {
    pub(super) config: Settings,
    pub(super) items: IndexMap<String, Item>,
}

/// The name among the devices that is none of a device.
pub(super) const CONFIG: &str = "config";

impl<'de> Deserialize<'de> for Hardware {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Devices;

        impl<'de> Visitor<'de> for Devices {
            type Value = Hardware;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of devices")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Hardware, A::Error> {
                let mut hardware = Hardware::default();
                while let Some(name) = map.next_key::<String>()? {
                    if name == CONFIG {
                        hardware.config = map.next_value::<Option<_>>()?.unwrap_or_default();
                    } else {
                        hardware.items.insert(name, map.next_value()?);
                    }
                }
                Ok(hardware)
            }
        }

        deserializer.deserialize_map(Devices)
    }
}

/// A device. Which keys mean something depends on its type.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Fields {
    /// It is no device, but a parameter for the number of them.
    #[serde(rename = "!param")]
    parameter: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Text>,
    pub(super) number: Option<Given<u64>>,
    pub(super) size: Option<Given<u64>>,
    pub(super) subtype: Option<Text>,
    pub(super) parent: Option<Text>,
    pub(super) image: Option<Text>,
    pub(super) disk_image: Option<Text>,
    pub(super) raw_image: Option<Text>,
    pub(super) disk_capacity: Option<Given<u64>>,
    pub(super) units: Option<Text>,
    pub(super) disk_id: Option<Text>,
    pub(super) file_id: Option<Text>,
    pub(super) sector_size: Option<Given<u64>>,
    pub(super) connected: Option<Given<bool>>,
    pub(super) network: Option<Text>,
    pub(super) address: Option<Text>,
    pub(super) config: Option<Settings>,
    pub(super) configuration: Option<Text>,
}

/// A device, or just the number of CPUs or the size of memory.
#[derive(Debug)]
pub(super) enum Item {
    Number(Given<u64>),
    Fields(Box<Fields>),
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Item;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a device, or a whole number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Item, E> {
                let unexpected = || E::invalid_value(de::Unexpected::Str(text), &self);
                let number = text.parse().map_err(|_| unexpected())?;
                Ok(Item::Number(Given::Value(number)))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Item, A::Error> {
                let fields = Fields::deserialize(de::value::MapAccessDeserializer::new(map))?;
                match &fields.parameter {
                    Some(text) => parameter(text).map(Item::Number).map_err(data::custom),
                    None => Ok(Item::Fields(Box::new(fields))),
                }
            }
        }

        deserializer.deserialize_str(Either)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Network {
    pub(super) name: Text,
    pub(super) description: Option<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Environment {
    pub(super) transports: Option<Vec<Text>>,
    pub(super) categories: Option<IndexMap<String, Text>>,
    pub(super) properties: Option<IndexMap<String, Property>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Product {
    pub(super) info: Option<Text>,
    #[serde(rename = "product")]
    pub(super) name: Option<Text>,
    pub(super) vendor: Option<Text>,
    pub(super) version: Option<Text>,
    pub(super) full_version: Option<Text>,
    pub(super) class: Option<Text>,
    pub(super) instance: Option<Text>,
    pub(super) required: Option<Text>,
    pub(super) transports: Option<Vec<Text>>,
    pub(super) categories: Option<IndexMap<String, Text>>,
    pub(super) properties: Option<IndexMap<String, Property>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Property {
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) value: Option<PropertyValue>,
    pub(super) label: Option<Text>,
    pub(super) description: Option<Text>,
    pub(super) category: Option<Text>,
    pub(super) qualifiers: Option<Text>,
    pub(super) user_configurable: Option<Given<bool>>,
    pub(super) password: Option<Given<bool>>,
    pub(super) required: Option<Given<bool>>,
    pub(super) configuration: Option<Text>,
}

/// The value of a property: one, or several for deployment options.
#[derive(Debug)]
pub(super) struct PropertyValue {
    pub(super) default: Option<Text>,
    pub(super) configurations: IndexMap<String, Text>,
}

impl<'de> Deserialize<'de> for PropertyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Apart {
            #[serde(rename = "!param")]
            parameter: Option<String>,
            default: Option<Text>,
            #[serde(default)]
            configurations: IndexMap<String, Text>,
        }

        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = PropertyValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value, or a map of values")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<PropertyValue, E> {
                Ok(PropertyValue {
                    default: Some(Given::Value(text.to_owned())),
                    configurations: IndexMap::new(),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PropertyValue, A::Error> {
                let apart = Apart::deserialize(de::value::MapAccessDeserializer::new(map))?;
                let parameter = apart.parameter.as_deref().map(parameter).transpose();
                let parameter = parameter.map_err(data::custom)?;
                Ok(PropertyValue {
                    default: parameter.or(apart.default),
                    configurations: apart.configurations,
                })
            }
        }

        deserializer.deserialize_str(Either)
    }
}

/// A note or a licence.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TextBlock {
    pub(super) info: Option<Text>,
    pub(super) text: Option<Text>,
    pub(super) file: Option<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Configuration {
    pub(super) label: Option<Text>,
    pub(super) description: Option<Text>,
    pub(super) default: Option<Given<bool>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExtraConfig {
    pub(super) value: Text,
    pub(super) required: Option<Given<bool>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IpAssignment {
    pub(super) protocols: Words,
    pub(super) schemes: Option<Words>,
    pub(super) required: Option<Given<bool>>,
}

/// Words in a list, or in a text with commas between them.
#[derive(Debug)]
pub(super) struct Words(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Words;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of words")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Words, E> {
                let words = text
                    .split(',')
                    .map(str::trim)
                    .filter(|word| !word.is_empty());
                Ok(Words(words.map(str::to_owned).collect()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = list.next_element()? {
                    words.push(word);
                }
                Ok(Words(words))
            }
        }

        deserializer.deserialize_str(Either)
    }
}
