//! Shapes values may be written in: short or in full, one or many.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, IntoDeserializer as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::Result;
use crate::data;

/// What can be said in one word where nothing else needs saying.
pub trait Word: Sized {
    /// What the word stands for, in the words of an error: "a path".
    const WHAT: &'static str;

    /// Reads the word.
    fn from_word(word: &str) -> Result<Self>;

    /// The word that says it all, if there is one.
    fn as_word(&self) -> Option<String>;
}

/// Says that a map may be written as one word where just one field has something to say.
macro_rules! word {
    ($type:ident, $field:ident, $what:literal) => {
        impl $crate::vm::definition::Word for $type {
            const WHAT: &'static str = $what;

            fn from_word(word: &str) -> $crate::base::Result<Self> {
                Ok(Self {
                    $field: Some(word.into()),
                    ..Self::default()
                })
            }

            fn as_word(&self) -> Option<String> {
                let word = self.$field.clone()?;
                let alone = Self {
                    $field: Some(word.clone()),
                    ..Self::default()
                };
                (*self == alone).then(|| word.into())
            }
        }
    };
}

pub(super) use word;

/// A value that may be written as one word or as a map of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Brief<T>(pub T);

impl<T> Deref for Brief<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Brief<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<'de, T: Word + Deserialize<'de>> Deserialize<'de> for Brief<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Word + Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} or a map", T::WHAT)
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<T, E> {
                T::from_word(word).map_err(data::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        // Asked for a text, a data file gives numbers as they are written, too.
        deserializer.deserialize_str(Either(PhantomData)).map(Self)
    }
}

impl<T: Word + Serialize> Serialize for Brief<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_word() {
            Some(word) => serializer.serialize_newtype_struct(data::LOOSE, &word),
            None => self.0.serialize(serializer),
        }
    }
}

impl<T: Word + JsonSchema> JsonSchema for Brief<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Brief{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let full = generator.subschema_for::<T>();
        json_schema!({
            "anyOf": [{ "type": ["string", "number", "boolean"], "description": T::WHAT }, full]
        })
    }
}

/// A list, of which a single member may stand alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(members: Vec<T>) -> Self {
        Self(members)
    }
}

impl<T> Deref for List<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> DerefMut for List<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.0
    }
}

impl<'t, T> IntoIterator for &'t List<T> {
    type Item = &'t T;
    type IntoIter = std::slice::Iter<'t, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one value or a list of them")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Vec<T>, E> {
                Ok(vec![T::deserialize(word.into_deserializer())?])
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<T>, A::Error> {
                Ok(vec![T::deserialize(MapAccessDeserializer::new(map))?])
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
                // The size of what is read is bounded by that of the file it is read from.
                let mut members = Vec::new();
                while let Some(member) = list.next_element()? {
                    members.push(member);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_str(Members(PhantomData)).map(Self)
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            members => members.serialize(serializer),
        }
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("List{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

/// A value as it is written: a text, a number or a truth value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Scalar(pub String);

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(data::LOOSE, &self.0)
    }
}

impl Deref for Scalar {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<Scalar> for String {
    fn from(scalar: Scalar) -> Self {
        scalar.0
    }
}

impl From<String> for Scalar {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A data file gives numbers as they are written when it is asked for a text.
        String::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}
