//! A tree as serde reads it.

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use super::collect::LeftOut;
use super::fault::Fault;
use super::node::{Entry, Kind, Node, Value};
use super::path::Step;
use super::scalar::resolve;
use super::variant::{Name, Variant};

/// Reads a node, save what is left out of it.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    node: &'a Node,
    left_out: Option<&'a LeftOut>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(node: &'a Node, left_out: Option<&'a LeftOut>) -> Self {
        Self { node, left_out }
    }

    /// Its node.
    pub(super) fn node(self) -> &'a Node {
        self.node
    }

    /// Reads what `step` leads to, which is `node`; nothing if that is left out.
    fn below(self, step: &Step, node: &'a Node) -> Option<Self> {
        let Some(left_out) = self.left_out else {
            return Some(Self::new(node, None));
        };
        (!left_out.is_gone(step)).then(|| Self::new(node, left_out.of(step)))
    }

    /// What it is to serde.
    pub(super) fn unexpected(self) -> Unexpected<'a> {
        match &self.node.value {
            Value::List(_) => Unexpected::Seq,
            Value::Map(_) => Unexpected::Map,
            Value::Scalar(scalar) => match scalar.kind {
                Kind::Null => Unexpected::Unit,
                Kind::Bool(yes) => Unexpected::Bool(yes),
                Kind::Integer(_) | Kind::Float(_) => Unexpected::Other(&scalar.text),
                Kind::Text | Kind::Filled => Unexpected::Str(&scalar.text),
            },
        }
    }

    fn invalid<V: Visitor<'a>>(self, visitor: &V) -> Fault {
        Fault::invalid_type(self.unexpected(), visitor)
    }

    /// What a single value is where no text is wanted.
    fn kind(self) -> Option<Kind> {
        let scalar = self.node.scalar()?;
        Some(match scalar.kind {
            Kind::Filled => resolve(&scalar.text),
            kind => kind,
        })
    }

    /// A text, which every single value but nothing can be. Who asks for one and takes lists
    /// or maps as well gets those.
    fn text<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Scalar(scalar) if scalar.kind != Kind::Null => {
                visitor.visit_borrowed_str(&scalar.text)
            }
            Value::Scalar(_) => Err(self.invalid(&visitor)),
            Value::List(_) => self.list(visitor),
            Value::Map(_) => self.map(&[], visitor),
        }
    }

    fn number<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.kind() {
            Some(Kind::Integer(number)) => integer(number, visitor),
            Some(Kind::Float(number)) => visitor.visit_f64(number),
            _ => Err(self.invalid(&visitor)),
        }
    }

    /// The items of a list.
    pub(super) fn list<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::List(items) => visitor.visit_seq(Items {
                reader: self,
                all: items,
                next: 0,
            }),
            _ => Err(self.invalid(&visitor)),
        }
    }

    /// A map, in which nothing for a key of `fields` is as if it were not there.
    pub(super) fn map<V: Visitor<'a>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Map(entries) => visitor.visit_map(Entries {
                reader: self,
                left: entries.iter(),
                fields,
                value: None,
            }),
            _ => Err(self.invalid(&visitor)),
        }
    }
}

/// The least wide of serde's numbers that `number` fits.
pub(super) fn integer<'a, V: Visitor<'a>>(number: i128, visitor: V) -> Result<V::Value, Fault> {
    if let Ok(number) = u64::try_from(number) {
        visitor.visit_u64(number)
    } else if let Ok(number) = i64::try_from(number) {
        visitor.visit_i64(number)
    } else {
        visitor.visit_i128(number)
    }
}

macro_rules! deserialize {
    ($as:ident: $($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.$as(visitor)
        })+
    };
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::List(_) => self.list(visitor),
            Value::Map(_) => self.map(&[], visitor),
            Value::Scalar(scalar) => match scalar.kind {
                Kind::Null => visitor.visit_unit(),
                Kind::Bool(yes) => visitor.visit_bool(yes),
                Kind::Integer(number) => integer(number, visitor),
                Kind::Float(number) => visitor.visit_f64(number),
                Kind::Text | Kind::Filled => visitor.visit_borrowed_str(&scalar.text),
            },
        }
    }

    deserialize!(number: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_u128 deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_f32 deserialize_f64);
    deserialize!(text: deserialize_str deserialize_string deserialize_char
        deserialize_identifier);
    deserialize!(list: deserialize_seq);

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.kind() {
            Some(Kind::Bool(yes)) => visitor.visit_bool(yes),
            _ => Err(self.invalid(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.node.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.node.is_null() {
            visitor.visit_unit()
        } else {
            Err(self.invalid(&visitor))
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.list(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.list(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.map(&[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.map(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Scalar(scalar) if scalar.kind != Kind::Null => {
                let name = &scalar.text;
                visitor.visit_enum(Variant { name, inside: None })
            }
            Value::Map(entries) => match &entries[..] {
                [entry] => {
                    let name = &entry.key.text;
                    let inside = self.below(&Step::Key(name.clone()), &entry.value);
                    let inside = inside.map(|reader| (reader, &entry.key));
                    visitor.visit_enum(Variant { name, inside })
                }
                _ => Err(Fault::invalid_length(entries.len(), &"a map with one key")),
            },
            _ => Err(self.invalid(&visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { bytes byte_buf }
}

/// The items of a list that are not left out.
struct Items<'a> {
    reader: Reader<'a>,
    all: &'a [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        while let Some(item) = self.all.get(self.next) {
            let step = Step::Index(self.next);
            self.next += 1;
            if let Some(reader) = self.reader.below(&step, item) {
                let read = seed.deserialize(reader).map(Some);
                return read.map_err(|fault| fault.within(step, item.span));
            }
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.all.len() - self.next)
    }
}

/// The entries of a map that are not left out.
struct Entries<'a> {
    reader: Reader<'a>,
    left: std::slice::Iter<'a, Entry>,
    fields: &'static [&'static str],
    value: Option<(Step, Reader<'a>)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        for Entry { key, value } in self.left.by_ref() {
            if value.is_null() && self.fields.contains(&key.text.as_str()) {
                continue;
            }
            let step = Step::Key(key.text.clone());
            if let Some(reader) = self.reader.below(&step, value) {
                self.value = Some((step, reader));
                let read = seed.deserialize(Name(&key.text)).map(Some);
                return read.map_err(|fault| fault.of_key(&key.text, key.span));
            }
        }
        Ok(None)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        let Some((step, reader)) = self.value.take() else {
            return Err(Fault::custom("a value is asked for before its key"));
        };
        let read = seed.deserialize(reader);
        read.map_err(|fault| fault.within(step, reader.node.span))
    }
}
