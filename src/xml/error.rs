//! What can be wrong with an XML document.

use quick_xml::errors::IllFormedError;
use thiserror::Error;

use crate::base::ErrorKind;
use crate::base::error::Fact;

use super::read::{
    MAX_ATTRIBUTES, MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_ELEMENTS, MAX_NAMESPACE_BYTES,
};

/// A fault of the XML itself, before it is looked at as OVF.
#[derive(Debug, Error)]
#[error("{fault}")]
pub struct XmlError {
    /// What is wrong.
    #[source]
    pub fault: XmlFault,
    /// Byte offset of the fault in the document.
    pub offset: usize,
}

/// The ways in which a document can be at fault.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum XmlFault {
    /// The tokenizer could not go on.
    #[error("the XML is not well-formed: {}", plain(.0))]
    Syntax(#[from] quick_xml::Error),
    /// An element or attribute has a name XML does not allow.
    #[error("`{0}` is not a name XML allows")]
    BadName(String),
    /// A prefix nobody declared.
    #[error("the namespace prefix `{0}` is not declared")]
    UnknownPrefix(String),
    /// An attribute given twice, perhaps through two prefixes.
    #[error("the attribute `{0}` is given twice on one element")]
    DuplicateAttribute(String),
    /// An attribute value containing a bare `<`.
    #[error("the value of attribute `{0}` contains a bare `<`")]
    BareLessThan(String),
    /// A character XML 1.0 does not allow, plain or as a reference.
    #[error("the character U+{0:04X} is not allowed in XML")]
    ForbiddenCharacter(u32),
    /// An entity other than the five predefined ones.
    #[error("the entity `&{0};` is not one of the five XML predefines")]
    UnknownEntity(String),
    /// A document type declaration.
    #[error("the document has a DOCTYPE, which ovfkit refuses")]
    Doctype,
    /// XML 1.1, which has other rules for characters and line ends.
    #[error("the document is XML {0}; OVF uses XML 1.0")]
    Version(String),
    /// Text before or after the root element.
    #[error("there is text outside the root element")]
    TextOutsideRoot,
    /// A second root element.
    #[error("there is a second root element, `{0}`")]
    SecondRoot(String),
    /// A document without an element.
    #[error("the document has no element")]
    NoRoot,
    /// The document ends inside an element.
    #[error("`{name}`, opened at line {line}, is never closed")]
    Unclosed {
        /// The element.
        name: String,
        /// The line of its start tag.
        line: u32,
    },
    /// An end tag of another name than the start tag.
    #[error("`</{found}>` stands where `{name}`, opened at line {line}, has to be closed")]
    WrongEndTag {
        /// The name in the end tag.
        found: String,
        /// The element that is open.
        name: String,
        /// The line of its start tag.
        line: u32,
    },
    /// The document is too long.
    #[error("the document is longer than {MAX_DOCUMENT_BYTES} bytes")]
    TooLong,
    /// Elements are nested too deep.
    #[error("elements are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// The document has too many elements.
    #[error("the document has more than {MAX_ELEMENTS} elements")]
    TooManyElements,
    /// An element has too many attributes.
    #[error("an element has more than {MAX_ATTRIBUTES} attributes")]
    TooManyAttributes,
    /// More prefixes are declared around an element than the tokenizer keeps.
    #[error("more than {0} namespace prefixes are declared around one element")]
    TooManyPrefixes(usize),
    /// The namespaces of all names together are too long.
    #[error("the namespaces of the document's names are longer than {MAX_NAMESPACE_BYTES} bytes")]
    NamespacesTooLong,
}

impl XmlFault {
    /// Says where in the document the fault is.
    pub(super) fn at(self, offset: usize) -> XmlError {
        XmlError {
            fault: self,
            offset,
        }
    }
}

impl Fact for XmlError {
    fn kind(&self) -> ErrorKind {
        match self.fault {
            XmlFault::TooLong
            | XmlFault::TooDeep
            | XmlFault::TooManyElements
            | XmlFault::TooManyAttributes
            | XmlFault::TooManyPrefixes(_)
            | XmlFault::NamespacesTooLong => ErrorKind::LimitExceeded,
            XmlFault::Doctype => ErrorKind::Denied,
            XmlFault::Version(_) => ErrorKind::Unsupported,
            _ => ErrorKind::Invalid,
        }
    }

    fn offset(&self) -> Option<u64> {
        match self.fault {
            // No place in the document is at fault.
            XmlFault::TooLong => None,
            _ => u64::try_from(self.offset).ok(),
        }
    }

    fn why(&self) -> Option<String> {
        let why = match self.fault {
            XmlFault::Doctype => {
                "a DOCTYPE can define entities that read other files or grow without bound; \
                 OVF descriptors need none"
            }
            XmlFault::UnknownPrefix(_) => {
                "each prefix has to be declared with `xmlns:prefix=\"…\"` on the element or around it"
            }
            XmlFault::Unclosed { .. } | XmlFault::Syntax(quick_xml::Error::Syntax(_)) => {
                "a copy or download that broke off leaves such a document"
            }
            _ => return None,
        };
        Some(why.to_owned())
    }

    fn help(&self) -> Option<String> {
        use quick_xml::Error::{IllFormed, Syntax};
        let help = match &self.fault {
            XmlFault::Doctype => "remove the `<!DOCTYPE …>` from the descriptor",
            XmlFault::UnknownEntity(_) => "write the character itself, or its number as `&#…;`",
            XmlFault::Syntax(IllFormed(IllFormedError::UnclosedReference)) => {
                "write a plain `&` as `&amp;`"
            }
            XmlFault::Unclosed { .. } | XmlFault::NoRoot | XmlFault::Syntax(Syntax(_)) => {
                "fetch or export it again"
            }
            XmlFault::Syntax(_) | XmlFault::BadName(_) | XmlFault::WrongEndTag { .. } => {
                "correct the line, or export the descriptor again"
            }
            XmlFault::UnknownPrefix(_) => "declare it, or remove what uses it",
            XmlFault::DuplicateAttribute(_) => "remove one of the two",
            XmlFault::BareLessThan(_) => "write it as `&lt;`",
            XmlFault::ForbiddenCharacter(_) => {
                "remove it; of the control characters XML allows tabs and line ends alone"
            }
            XmlFault::Version(_) => "change the first line to `<?xml version=\"1.0\"?>`",
            XmlFault::TextOutsideRoot | XmlFault::SecondRoot(_) => {
                "remove it: a descriptor is one `Envelope`"
            }
            XmlFault::TooLong
            | XmlFault::TooDeep
            | XmlFault::TooManyElements
            | XmlFault::TooManyAttributes
            | XmlFault::TooManyPrefixes(_)
            | XmlFault::NamespacesTooLong => {
                "no program writes descriptors as large; is it the right file?"
            }
        };
        Some(help.to_owned())
    }
}

/// The tokenizer's words, without what the message around them says already.
fn plain(error: &quick_xml::Error) -> String {
    match error {
        quick_xml::Error::Syntax(error) => error.to_string(),
        quick_xml::Error::IllFormed(IllFormedError::UnclosedReference) => {
            "an `&` begins no reference".to_owned()
        }
        quick_xml::Error::IllFormed(error) => error.to_string(),
        quick_xml::Error::InvalidAttr(error) => {
            // It begins with the place in the tag, which is known better.
            let text = error.to_string();
            let placed = text.starts_with("position ");
            match text.split_once(": ") {
                Some((_, fault)) if placed => fault.to_owned(),
                _ => text,
            }
        }
        other => other.to_string(),
    }
}
