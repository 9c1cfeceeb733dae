//! What can be wrong with a descriptor that is well-formed XML.

use thiserror::Error;

use crate::base::ErrorKind;
use crate::base::error::Fact;

/// A fault found while reading an envelope. Offsets count bytes in the document.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The root is not an OVF envelope.
    #[error("the root element is `{found}`, not an OVF envelope")]
    NotAnEnvelope {
        /// The root element.
        found: String,
        /// Where it stands.
        offset: usize,
    },
    /// The root is an envelope of an edition of the standard yet to come.
    #[error("the envelope is in the namespace `{namespace}`, which ovfkit does not know")]
    UnknownEdition {
        /// The namespace.
        namespace: String,
        /// Where the root stands.
        offset: usize,
    },
    /// An attribute is there in the namespaces of two editions of the standard.
    #[error("the attribute `{attribute}` is given twice on `{element}`, in two namespaces of OVF")]
    RepeatedAttribute {
        /// The attribute.
        attribute: String,
        /// The element it is on.
        element: String,
        /// Where that stands.
        offset: usize,
    },
    /// The root of a file of translations is another element.
    #[error("the root element is `{found}`, not `ovf:Strings`")]
    NotStrings {
        /// The root element.
        found: String,
        /// Where it stands.
        offset: usize,
    },
    /// The root of an environment document is another element.
    #[error("the root element is `{found}`, not an OVF environment")]
    NotAnEnvironment {
        /// The root element.
        found: String,
        /// Where it stands.
        offset: usize,
    },
    /// An element the model does not know.
    #[error("ovfkit does not know `{element}` in `{parent}`")]
    UnknownElement {
        /// The element.
        element: String,
        /// The element around it.
        parent: String,
        /// Where it stands.
        offset: usize,
    },
    /// An attribute of the standard without its namespace.
    #[error("the attribute `{attribute}` on `{element}` has no prefix")]
    Unqualified {
        /// The attribute.
        attribute: String,
        /// The element it is on.
        element: String,
        /// Where that stands.
        offset: usize,
    },
    /// An element given more often than the standard allows.
    #[error("`{parent}` has more than one `{element}`")]
    RepeatedElement {
        /// The element.
        element: String,
        /// The element around it.
        parent: String,
        /// Where the one too many stands.
        offset: usize,
    },
    /// An element the standard requires is missing.
    #[error("`{parent}` has no `{element}`")]
    MissingElement {
        /// The missing element.
        element: String,
        /// The element it should be in.
        parent: String,
        /// Where that stands.
        offset: usize,
    },
    /// An attribute the standard requires is missing.
    #[error("`{element}` has no attribute `{attribute}`")]
    MissingAttribute {
        /// The missing attribute.
        attribute: String,
        /// The element it should be on.
        element: String,
        /// Where that stands.
        offset: usize,
    },
    /// A value of the wrong type.
    #[error("`{name}` is \"{value}\", not {expected}")]
    WrongValue {
        /// The element or attribute.
        name: String,
        /// What it holds.
        value: String,
        /// What it should hold.
        expected: &'static str,
        /// Where it stands.
        offset: usize,
    },
    /// Text between the children of an element.
    #[error("there is text between the elements of `{element}`")]
    StrayText {
        /// The element.
        element: String,
        /// Where it stands.
        offset: usize,
    },
}

impl Fact for EnvelopeError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownElement { .. } | Self::UnknownEdition { .. } => ErrorKind::Unsupported,
            _ => ErrorKind::Invalid,
        }
    }

    fn offset(&self) -> Option<u64> {
        let (Self::NotAnEnvelope { offset, .. }
        | Self::UnknownEdition { offset, .. }
        | Self::RepeatedAttribute { offset, .. }
        | Self::NotStrings { offset, .. }
        | Self::NotAnEnvironment { offset, .. }
        | Self::UnknownElement { offset, .. }
        | Self::RepeatedElement { offset, .. }
        | Self::Unqualified { offset, .. }
        | Self::MissingElement { offset, .. }
        | Self::MissingAttribute { offset, .. }
        | Self::WrongValue { offset, .. }
        | Self::StrayText { offset, .. }) = self;
        u64::try_from(*offset).ok()
    }

    fn help(&self) -> Option<String> {
        let help = match self {
            Self::NotAnEnvelope { .. } => {
                "give a descriptor (`*.ovf`): its root is `Envelope` in the namespace of OVF"
            }
            Self::NotStrings { .. } => "name a file of translations in `ovf:fileRef`",
            Self::UnknownEdition { .. } => "have it exported as OVF 1.x or 2.x",
            Self::RepeatedAttribute { .. } => "remove one of the two",
            // What does not stop the reading needs no advice to go on.
            _ => return None,
        };
        Some(help.to_owned())
    }
}
