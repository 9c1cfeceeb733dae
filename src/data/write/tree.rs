//! What serde writes, in the order it writes it.

use std::fmt::Display;

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use crate::base::{Error, ErrorKind, Result};

/// The name of a newtype around a text that may be written like a number: where it is read,
/// numbers are taken as they are written.
pub const LOOSE: &str = "ovfkit::data::Loose";

/// A value to write.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text.
    Text(String),
    /// A text that may be written like a number, or as `true` or `false`.
    Loose(String),
    /// Values in a row.
    List(Vec<Tree>),
    /// Values by their keys.
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// What `value` is written as.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        value.serialize(Writer).map_err(|Fault(message)| {
            Error::new(
                ErrorKind::Internal,
                format!("it cannot be written: {message}"),
            )
        })
    }

    /// A number or truth value as it is in JSON.
    pub fn of_json(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(yes) => Self::Bool(*yes),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::of_json).collect()),
            Value::Object(map) => {
                let entries = map
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::of_json(value)));
                Self::Map(entries.collect())
            }
        }
    }

    /// The number or truth value a loose text is as good as.
    pub(super) fn loose(text: &str) -> Option<serde_json::Value> {
        match text {
            "true" => return Some(true.into()),
            "false" => return Some(false.into()),
            _ => {}
        }
        let number = text.parse::<u64>().ok()?;
        (number.to_string() == text).then(|| number.into())
    }
}

/// As JSON.
impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(yes) => serializer.serialize_bool(*yes),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Loose(text) => match Self::loose(text) {
                Some(value) => value.serialize(serializer),
                None => serializer.serialize_str(text),
            },
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| (key, value));
                serializer.collect_map(entries)
            }
        }
    }
}

/// What cannot be written.
#[derive(Debug)]
pub(super) struct Fault(String);

impl Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

impl serde::ser::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

struct Writer;

/// Values of a list, on their way.
pub(super) struct Items(Vec<Tree>);

/// Entries of a map, on their way.
pub(super) struct Entries {
    done: Vec<(String, Tree)>,
    key: Option<String>,
    /// The variant all of it is the value of.
    variant: Option<&'static str>,
}

impl Entries {
    fn new(variant: Option<&'static str>) -> Self {
        Self {
            done: Vec::new(),
            key: None,
            variant,
        }
    }

    fn finish(self) -> Tree {
        let map = Tree::Map(self.done);
        match self.variant {
            Some(variant) => Tree::Map(vec![(variant.to_owned(), map)]),
            None => map,
        }
    }
}

macro_rules! numbers {
    ($($method:ident: $type:ty)*) => {
        $(fn $method(self, value: $type) -> Result<Tree, Fault> {
            Ok(Tree::Number(value.into()))
        })*
    };
}

impl Serializer for Writer {
    type Ok = Tree;
    type Error = Fault;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    numbers!(serialize_i8: i8 serialize_i16: i16 serialize_i32: i32 serialize_i64: i64
        serialize_u8: u8 serialize_u16: u16 serialize_u32: u32 serialize_u64: u64);

    fn serialize_bool(self, value: bool) -> Result<Tree, Fault> {
        Ok(Tree::Bool(value))
    }

    fn serialize_f32(self, value: f32) -> Result<Tree, Fault> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Tree, Fault> {
        let number = serde_json::Number::from_f64(value);
        let number = number.ok_or_else(|| Fault::custom(format_args!("{value} is no number")))?;
        Ok(Tree::Number(number))
    }

    fn serialize_char(self, value: char) -> Result<Tree, Fault> {
        Ok(Tree::Text(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<Tree, Fault> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Tree, Fault> {
        Ok(Tree::List(
            value
                .iter()
                .map(|byte| Tree::Number((*byte).into()))
                .collect(),
        ))
    }

    fn serialize_none(self) -> Result<Tree, Fault> {
        Ok(Tree::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Tree, Fault> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Tree, Fault> {
        Ok(Tree::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Tree, Fault> {
        Ok(Tree::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Tree, Fault> {
        Ok(Tree::Text(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Tree, Fault> {
        let tree = value.serialize(self)?;
        Ok(match tree {
            Tree::Text(text) if name == LOOSE => Tree::Loose(text),
            other => other,
        })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Tree, Fault> {
        Ok(Tree::Map(vec![(
            variant.to_owned(),
            value.serialize(self)?,
        )]))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items, Fault> {
        Ok(Items(Vec::new()))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items, Fault> {
        Ok(Items(Vec::new()))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items, Fault> {
        Ok(Items(Vec::new()))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Items, Fault> {
        Err(Fault::custom(
            "a variant with several values has no form in files of data",
        ))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, Fault> {
        Ok(Entries::new(None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries, Fault> {
        Ok(Entries::new(None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries, Fault> {
        Ok(Entries::new(Some(variant)))
    }
}

macro_rules! items {
    ($($trait:ident: $method:ident)*) => {
        $(impl $trait for Items {
            type Ok = Tree;
            type Error = Fault;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
                self.0.push(value.serialize(Writer)?);
                Ok(())
            }

            fn end(self) -> Result<Tree, Fault> {
                Ok(Tree::List(self.0))
            }
        })*
    };
}

items!(SerializeSeq: serialize_element SerializeTuple: serialize_element
    SerializeTupleStruct: serialize_field SerializeTupleVariant: serialize_field);

macro_rules! fields {
    ($($trait:ident)*) => {
        $(impl $trait for Entries {
            type Ok = Tree;
            type Error = Fault;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Fault> {
                self.done.push((key.to_owned(), value.serialize(Writer)?));
                Ok(())
            }

            fn end(self) -> Result<Tree, Fault> {
                Ok(self.finish())
            }
        })*
    };
}

fields!(SerializeStruct SerializeStructVariant);

impl SerializeMap for Entries {
    type Ok = Tree;
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        self.key = Some(match key.serialize(Writer)? {
            Tree::Text(text) | Tree::Loose(text) => text,
            Tree::Number(number) => number.to_string(),
            Tree::Bool(yes) => yes.to_string(),
            _ => return Err(Fault::custom("a key has to be a text")),
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        let key = self.key.take().unwrap_or_default();
        self.done.push((key, value.serialize(Writer)?));
        Ok(())
    }

    fn end(self) -> Result<Tree, Fault> {
        Ok(self.finish())
    }
}
