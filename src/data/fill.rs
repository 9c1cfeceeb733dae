//! A tree with its parameters replaced by what they stand for.

use super::limits::MAX_ERRORS;
use super::node::{Kind, Node, Scalar, Style, Value};
use super::parameters::Parameters;
use super::scalar::resolve;
use super::template::{Piece, pieces};

/// Puts values for all parameters in `node`. What is wrong, `parameters` has.
pub(super) fn fill(node: &mut Node, parameters: &mut Parameters<'_>) {
    let span = node.span;
    match &mut node.value {
        Value::List(items) => {
            for item in items {
                fill(item, parameters);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                fill(&mut entry.value, parameters);
            }
        }
        // Enough was told already.
        Value::Scalar(_) if parameters.errors.len() >= MAX_ERRORS => {}
        Value::Scalar(scalar) => match pieces(&scalar.text) {
            Ok(None) => {}
            Ok(Some(parts)) => {
                if let Ok(text) = parameters.expand(&parts, &scalar.text, span) {
                    *scalar = filled(scalar.style, &parts, text);
                }
            }
            Err(malformed) => parameters.malformed(&malformed, &scalar.text, span),
        },
    }
}

/// What a value of `parts`, written in `style`, is when `text` stands for them.
fn filled(style: Style, parts: &[Piece], text: String) -> Scalar {
    let alone = matches!(parts, [Piece::Parameter(_)]);
    let kind = match style {
        Style::Plain => resolve(&text),
        // Where there are quotes anyway, they do not tell that a text is wanted.
        Style::OnlyForm if alone => resolve(&text),
        // In YAML they do; but in braces, a parameter cannot be without.
        Style::Quoted if alone => Kind::Filled,
        Style::OnlyForm | Style::Quoted => Kind::Text,
    };
    Scalar { text, kind, style }
}
