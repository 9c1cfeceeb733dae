//! Texts for people, in one language or several.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::Result;

/// A text for people: in the language of the definition, or a map from language tags
/// (RFC 5646, such as `de-DE`) to texts, the first of which is the definition's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LocalText {
    /// The text in the definition's own language.
    pub text: String,
    /// The tag of that language, where it is written.
    pub lang: Option<String>,
    /// The text in other languages, by their tags.
    pub translations: IndexMap<String, String>,
}

impl From<&str> for LocalText {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for LocalText {
    fn from(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

impl<'de> Deserialize<'de> for LocalText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;

        impl<'de> Visitor<'de> for Texts {
            type Value = LocalText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a map from language tags to texts")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<LocalText, E> {
                Ok(text.into())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LocalText, A::Error> {
                let Some((lang, text)) = map.next_entry()? else {
                    return Err(de::Error::custom("there is no text in any language"));
                };
                let mut translations = IndexMap::new();
                while let Some((lang, text)) = map.next_entry()? {
                    translations.insert(lang, text);
                }
                Ok(LocalText {
                    text,
                    lang: Some(lang),
                    translations,
                })
            }
        }

        deserializer.deserialize_str(Texts)
    }
}

impl Serialize for LocalText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.lang {
            None => serializer.serialize_str(&self.text),
            Some(lang) => {
                let own = std::iter::once((lang, &self.text));
                serializer.collect_map(own.chain(&self.translations))
            }
        }
    }
}

impl JsonSchema for LocalText {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text, or a map from language tags (RFC 5646) to texts, the first of \
                            which is the definition's own language.",
            "anyOf": [
                { "type": ["string", "number", "boolean"] },
                {
                    "type": "object",
                    "additionalProperties": { "type": "string" },
                    "minProperties": 1,
                    "examples": [{ "en-US": "Host name", "de-DE": "Rechnername" }]
                }
            ]
        })
    }
}
