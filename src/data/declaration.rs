//! Parameters as files declare them, below `parameters`.

use std::collections::BTreeMap;

use crate::base::suggest::nearest;
use crate::base::{Error, Result};

use super::files::Files;
use super::node::{Entry, Kind, Node, Span, Value};
use super::template::is_name;

/// What a declaration can have.
const KEYS: [&str; 4] = ["default", "description", "env", "required"];

/// A parameter as declared.
pub(super) struct Declared {
    /// The text it stands for if nothing else is given, and where that is.
    pub(super) default: Option<(String, Span)>,
    /// The variable of the environment that sets it, and where it is named.
    pub(super) variable: Option<(String, Span)>,
    /// Whether somebody has to set it.
    pub(super) required: bool,
    /// Where it is declared.
    pub(super) span: Span,
}

/// Reads the declarations in `node` by their names, and tells what is wrong with others.
pub(super) fn read(files: &Files, node: &Node) -> (BTreeMap<String, Declared>, Vec<Error>) {
    let mut declared = BTreeMap::new();
    let mut errors = Vec::new();
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                match (Reader { files }).declaration(entry) {
                    Ok(one) => {
                        declared.insert(entry.key.text.clone(), one);
                    }
                    Err(error) => errors.push(error),
                }
            }
        }
        _ if node.is_null() => {}
        _ => {
            let message = format!("`parameters` has to be a map, and is {}", node.what());
            errors.push(files.invalid(node.span, message));
        }
    }
    (declared, errors)
}

struct Reader<'a> {
    files: &'a Files,
}

impl Reader<'_> {
    fn declaration(&self, Entry { key, value }: &Entry) -> Result<Declared> {
        let name = &key.text;
        if !is_name(name) {
            let message = format!("`{name}` is no name of a parameter");
            return Err(self.files.invalid(key.span, message).help(
                "a name begins with a letter or `_`, and goes on with those, digits, `-` and `.`",
            ));
        }
        let mut declared = Declared {
            default: None,
            variable: None,
            required: false,
            span: key.span,
        };
        let Value::Map(entries) = &value.value else {
            declared.default = self.text(value)?;
            return Ok(declared);
        };
        for Entry { key, value } in entries {
            match key.text.as_str() {
                "default" => declared.default = self.text(value)?,
                "description" => drop(self.text(value)?),
                "env" => declared.variable = self.text(value)?,
                "required" => declared.required = self.yes(value)?,
                other => return Err(self.unknown(other, key.span)),
            }
        }
        match &declared.default {
            Some((_, default)) if declared.required => {
                let message = format!("the parameter `{name}` is required and has a default");
                Err(self
                    .files
                    .invalid(*default, message)
                    .why("a default is for who gives no value, and a required one has to be given")
                    .help("remove one of them"))
            }
            _ => Ok(declared),
        }
    }

    fn unknown(&self, key: &str, span: Span) -> Error {
        let error = self
            .files
            .invalid(span, format!("a parameter has no key `{key}`"));
        let list = KEYS.join(", ");
        error.help(match nearest(key, KEYS).first() {
            Some(near) => format!("did you mean `{near}`? Known are: {list}"),
            None => format!("known are: {list}"),
        })
    }

    /// The text of a single value, unless it is nothing.
    fn text(&self, node: &Node) -> Result<Option<(String, Span)>> {
        match node.scalar() {
            Some(scalar) if scalar.kind == Kind::Null => Ok(None),
            Some(scalar) => Ok(Some((scalar.text.clone(), node.span))),
            None => Err(self.instead(node, "a single value")),
        }
    }

    fn yes(&self, node: &Node) -> Result<bool> {
        match node.scalar().map(|scalar| scalar.kind) {
            Some(Kind::Bool(yes)) => Ok(yes),
            _ => Err(self.instead(node, "`true` or `false`")),
        }
    }

    fn instead(&self, node: &Node, wanted: &str) -> Error {
        let message = format!("this has to be {wanted}, and is {}", node.what());
        self.files.invalid(node.span, message)
    }
}
