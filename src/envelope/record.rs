//! Records: parts of the model that say, field by field, where each stands.

use super::take::Record;

/// Declares a record and how it is read. Each field names the method of
/// [`Take`](super::take::Take) that finds it; whatever no field asks for ends up in
/// `extra`, so that a record can lose nothing.
macro_rules! record {
    (
        $(#[$about:meta])*
        pub struct $record:ident {
            $(
                $(#[$field_about:meta])*
                $field:ident: $type:ty = $method:ident($($argument:expr),*);
            )*
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
        pub struct $record {
            $(
                $(#[$field_about])*
                pub $field: $type,
            )*
            /// What there is besides.
            pub extra: $crate::envelope::Extra,
        }

        impl $crate::envelope::take::Record for $record {
            const CHILDREN: &'static [(&'static str, &'static $crate::xml::Name)] =
                &[$($crate::envelope::record::child_of!($method, $field, $($argument),*)),*];

            fn read(
                element: $crate::xml::Element,
                faults: &$crate::envelope::take::Faults,
            ) -> Self {
                let mut take = $crate::envelope::take::Take::new(element, faults);
                Self {
                    $($field: take.$method($($argument),*),)*
                    extra: take.finish(),
                }
            }
        }

        impl $crate::envelope::translation::Texts for $record {
            fn visit_texts(&mut self, visit: &mut dyn FnMut(&mut $crate::envelope::Text)) {
                $($crate::envelope::translation::Texts::visit_texts(&mut self.$field, visit);)*
            }
        }

        impl $crate::envelope::take::FromElement for $record {
            fn from_element(
                element: $crate::xml::Element,
                faults: &$crate::envelope::take::Faults,
            ) -> Result<Self, Box<$crate::envelope::take::Misfit>> {
                Ok($crate::envelope::take::Record::read(element, faults))
            }
        }
    };
}

/// A field with the name of the child it is, or with no name if it is something else.
macro_rules! child_of {
    (child, $field:ident, $name:expr) => {
        (stringify!($field), $name)
    };
    (required, $field:ident, $name:expr) => {
        (stringify!($field), $name)
    };
    ($other:ident, $field:ident, $($argument:expr),*) => {
        (stringify!($field), &$crate::xml::Name::known("", ""))
    };
}

pub(super) use {child_of, record};

/// The fields of `R` that are children in the namespace `ns`, with the children's names,
/// in the order of the schema.
pub(super) fn children_in<R: Record>(
    ns: &'static str,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = R::CHILDREN.iter();
    let within = all.filter(move |(_, name)| name.ns == ns);
    within.map(|(field, name)| (*field, &*name.local))
}
