//! Values that are one word or number.

use crate::xml::{Element, Name, Node};

use super::Capacity;
use super::cim::ResourceType;
use super::take::{Faults, FromElement, Misfit};

/// A value with a lexical form of its own (XML Schema part 2).
pub(super) trait Scalar: Sized {
    /// What it should have been, for a message.
    const EXPECTED: &'static str;
    /// The value `text` stands for.
    fn parse(text: &str) -> Option<Self>;
}

impl Scalar for String {
    const EXPECTED: &'static str = "text";

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

/// Capitals are tolerated, as they are in the field.
impl Scalar for bool {
    const EXPECTED: &'static str = "`true` or `false`";

    fn parse(text: &str) -> Option<Self> {
        match text.trim_ascii() {
            "1" => Some(true),
            "0" => Some(false),
            text if text.eq_ignore_ascii_case("true") => Some(true),
            text if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

impl Scalar for ResourceType {
    const EXPECTED: &'static str = u16::EXPECTED;

    fn parse(text: &str) -> Option<Self> {
        u16::parse(text).map(Self)
    }
}

impl Scalar for Capacity {
    const EXPECTED: &'static str = "a number or `${property}`";

    fn parse(text: &str) -> Option<Self> {
        let key = text
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'));
        match key {
            Some(key) => Some(Self::Property(key.to_owned())),
            None => u64::parse(text).map(Self::Units),
        }
    }
}

/// Numbers; blanks around them do not count.
macro_rules! numbers {
    ($($number:ty)*) => { $(
        impl Scalar for $number {
            const EXPECTED: &'static str = "a whole number in range";

            fn parse(text: &str) -> Option<Self> {
                text.trim_ascii().parse().ok()
            }
        }
    )* };
}

/// Scalars as the text of an element, whose attributes are kept beside.
macro_rules! texts {
    ($($scalar:ty)*) => { $(
        impl FromElement for $scalar {
            fn kept_attributes(element: &mut Element) -> Vec<(Name, String)> {
                std::mem::take(&mut element.attributes)
            }

            fn from_element(
                element: Element,
                _: &Faults,
            ) -> Result<Self, Box<Misfit>> {
                if element.children.iter().any(|node| matches!(node, Node::Element(_))) {
                    let expected = "text alone";
                    return Err(Box::new(Misfit { element, expected }));
                }
                match Self::parse(&element.text()) {
                    Some(value) => Ok(value),
                    None => {
                        let expected = Self::EXPECTED;
                        Err(Box::new(Misfit { element, expected }))
                    }
                }
            }
        }
    )* };
}

numbers!(u8 u16 u32 u64 i32);
texts!(String bool u8 u16 u32 u64 i32 ResourceType);
