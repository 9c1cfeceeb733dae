//! Values, and parameters that stand for them.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::path::Path;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::base::{Error, ErrorKind, Result};
use crate::data::{self, Document, Kind};

/// The tag of a parameter.
pub const TAG: &str = "!param";

/// A single value, or a parameter that stands for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given<T> {
    /// A value.
    Value(T),
    /// `!param name`, or `!param name=default`.
    Parameter {
        /// The name.
        name: String,
        /// The value unless another is given.
        default: Option<T>,
    },
}

impl<T> Given<T> {
    /// The value, or the default of the parameter.
    pub(super) fn usual(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Parameter { default, .. } => default.as_ref(),
        }
    }

    /// The value, if it is none of a parameter.
    pub(super) fn literal(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Parameter { .. } => None,
        }
    }
}

impl<T: Display> Given<T> {
    /// As a text.
    pub(super) fn text(&self) -> Given<String> {
        match self {
            Self::Value(value) => Given::Value(value.to_string()),
            Self::Parameter { name, default } => Given::Parameter {
                name: name.clone(),
                default: default.as_ref().map(ToString::to_string),
            },
        }
    }
}

/// What a single value can be.
pub(super) trait Single: Clone + Display {
    /// What it is, in the words of an error.
    const WHAT: &'static str;

    /// Reads it.
    fn read(text: &str) -> Option<Self>;
}

impl Single for String {
    const WHAT: &'static str = "a text";

    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Single for u64 {
    const WHAT: &'static str = "a whole number";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Single for bool {
    const WHAT: &'static str = "`true` or `false`";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl<'de, T: Single> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Single> Visitor<'de> for Either<T> {
            type Value = Given<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}, or `{TAG} NAME`", T::WHAT)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Given<T>, E> {
                let unexpected = || E::invalid_value(de::Unexpected::Str(text), &self);
                T::read(text).map(Given::Value).ok_or_else(unexpected)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Given<T>, A::Error> {
                match map.next_key::<String>()?.as_deref() {
                    Some(TAG) => parameter(&map.next_value::<String>()?).map_err(data::custom),
                    _ => Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
                }
            }
        }

        // Asked for a text, a data file gives numbers as they are written, too.
        deserializer.deserialize_str(Either(PhantomData))
    }
}

/// The parameter that `text`, which stands behind the tag, names.
pub(super) fn parameter<T: Single>(text: &str) -> Result<Given<T>> {
    let wrong = |message: String| Error::new(ErrorKind::Invalid, message);
    let (name, default) = match text.split_once('=') {
        Some((name, default)) => (name.trim(), Some(default.trim())),
        None => (text, None),
    };
    if name.is_empty() {
        return Err(wrong(format!("`{TAG}` names no parameter"))
            .help(format!("write `{TAG} NAME` or `{TAG} NAME=DEFAULT`")));
    }
    let default = default.map(single).transpose()?.flatten();
    let default = default.map(|text| {
        T::read(&text).ok_or_else(|| {
            wrong(format!(
                "the default of the parameter `{name}` has to be {}, and is `{text}`",
                T::WHAT
            ))
        })
    });
    Ok(Given::Parameter {
        name: name.to_owned(),
        default: default.transpose()?,
    })
}

/// The single value that a default is, itself in YAML; nothing if that is nothing.
fn single(text: &str) -> Result<Option<String>> {
    let many = || {
        Error::new(
            ErrorKind::Unsupported,
            format!("the default `{text}` is not a single value"),
        )
        .why("a parameter of a definition stands for one value")
        .help("write what it stands for in its place")
    };
    let document = Document::python(Path::new("default"), text, TAG).map_err(|_| many())?;
    match document.root().scalar() {
        Some(scalar) if scalar.kind == Kind::Null => Ok(None),
        Some(scalar) => Ok(Some(scalar.text.clone())),
        None => Err(many()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_names_and_defaults() {
        let read = |text: &str| parameter::<String>(text).expect(text);
        let parameter = |name: &str, default: Option<&str>| Given::Parameter {
            name: name.to_owned(),
            default: default.map(str::to_owned),
        };
        assert_eq!(read("disk"), parameter("disk", None));
        assert_eq!(read("disk ="), parameter("disk", None));
        assert_eq!(read("a = b=c"), parameter("a", Some("b=c")));
        assert_eq!(read("a='x: y'"), parameter("a", Some("x: y")));
        assert_eq!(read("a=Yes"), parameter("a", Some("true")));
        assert_eq!(read("a=1.10"), parameter("a", Some("1.10")));
    }

    #[test]
    fn wrong_ones_are_told() {
        for (text, told) in [
            ("=1", "`!param` names no parameter"),
            ("a=[1, 2]", "the default `[1, 2]` is not a single value"),
            ("a={", "the default `{` is not a single value"),
            (
                "a=many",
                "the default of the parameter `a` has to be a whole number, and is `many`",
            ),
        ] {
            let error = parameter::<u64>(text).expect_err(text);
            assert_eq!(error.message(), told);
        }
    }
}
