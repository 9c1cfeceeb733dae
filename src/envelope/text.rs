//! Texts for people, which may be translated.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::xml::names::ovf;
use crate::xml::{Element, Name, Node, write_attributes};

use super::take::{Faults, FromElement, Misfit};

/// A text for people (`Msg_Type`; DSP0243 1.1 §10). Where it has a message id and
/// the envelope's strings know that id in the wanted language, theirs is meant.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Text {
    /// The text itself.
    pub text: String,
    /// The id of its translations (`ovf:msgid`).
    pub msgid: Option<String>,
    /// Other attributes, as found.
    pub attributes: Vec<(Name, String)>,
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

impl FromElement for Text {
    fn from_element(element: Element, _: &Faults) -> Result<Self, Box<Misfit>> {
        let is_element = |node: &Node| matches!(node, Node::Element(_));
        if element.children.iter().any(is_element) {
            let expected = "text alone";
            return Err(Box::new(Misfit { element, expected }));
        }
        let text = element.text();
        let mut attributes = element.attributes;
        let position = attributes
            .iter()
            .position(|(name, _)| *name == ovf("msgid"));
        let msgid = position.map(|index| attributes.remove(index).1);
        Ok(Self {
            text,
            msgid,
            attributes,
        })
    }
}

/// `attributes` is text ready to stand in a start tag, the message id included.
impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let msgid = self.msgid.iter().map(|id| (ovf("msgid"), id.clone()));
        let attributes: Vec<_> = msgid.chain(self.attributes.iter().cloned()).collect();
        let mut fields = serializer.serialize_struct("Text", 3)?;
        fields.serialize_field("text", &self.text)?;
        fields.serialize_field("msgid", &self.msgid)?;
        fields.serialize_field("attributes", &write_attributes(&attributes))?;
        fields.end()
    }
}
