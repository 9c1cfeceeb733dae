//! Keys, and the variants of enums, as serde reads them.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::de::{Reader, integer};
use super::fault::Fault;
use super::node::{Key, Kind};
use super::path::Step;
use super::scalar::resolve;

/// A key, or the name of a variant.
#[derive(Clone, Copy)]
pub(super) struct Name<'a>(pub(super) &'a str);

macro_rules! deserialize_name {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match resolve(self.0) {
                Kind::Integer(number) => integer(number, visitor),
                _ => visitor.visit_borrowed_str(self.0),
            }
        })+
    };
}

impl<'de> Deserializer<'de> for Name<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(self.0)
    }

    deserialize_name!(deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64);

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let Self(name) = self;
        visitor.visit_enum(Variant { name, inside: None })
    }

    forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// A variant of an enum: its name, and what it holds.
pub(super) struct Variant<'a> {
    pub(super) name: &'a str,
    pub(super) inside: Option<(Reader<'a>, &'a Key)>,
}

impl<'a> Variant<'a> {
    /// Reads what it holds by `read`.
    fn content<T>(
        self,
        expected: &str,
        read: impl FnOnce(Reader<'a>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let Some((reader, key)) = self.inside else {
            let found = Unexpected::Str(self.name);
            return Err(Fault::invalid_type(found, &expected));
        };
        let step = Step::Key(key.text.clone());
        read(reader).map_err(|fault| fault.within(step, reader.node().span))
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Fault> {
        let read = seed.deserialize(Name(self.name));
        let name = read.map_err(|fault| match self.inside {
            Some((_, key)) => fault.at(key.span),
            None => fault,
        })?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        if self.inside.is_none() {
            return Ok(());
        }
        let expected = "nothing";
        self.content(expected, |reader| {
            if reader.node().is_null() {
                return Ok(());
            }
            Err(Fault::invalid_type(reader.unexpected(), &expected))
        })
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        let expected = format!("a map with the key `{}`", self.name);
        self.content(&expected, |reader| seed.deserialize(reader))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Fault> {
        let expected = format!("a map with the key `{}`", self.name);
        self.content(&expected, |reader| reader.list(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let expected = format!("a map with the key `{}`", self.name);
        self.content(&expected, |reader| reader.map(fields, visitor))
    }
}
