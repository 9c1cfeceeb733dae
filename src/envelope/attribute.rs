//! Attributes as readers take them.

use crate::xml::Element;
use crate::xml::names::ENVELOPE_1;

/// The attribute `local` of the standard, also without a prefix, as many readers take it.
pub(crate) fn attr<'e>(element: &'e Element, local: &str) -> Option<&'e str> {
    let in_namespace = |ns: &str| {
        let mut given = element.attributes.iter();
        let found = given.find(|(name, _)| name.local == local && name.ns == ns);
        found.map(|(_, value)| value.as_str())
    };
    in_namespace(ENVELOPE_1).or_else(|| in_namespace(""))
}
