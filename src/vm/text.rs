//! Reading one of a few names, as users type them.

use crate::base::suggest::nearest;
use crate::base::{Error, Result};

/// The value whose name is `typed`, compared without case and separators. `what`
/// says what it is the name of.
pub(super) fn choose<T: Copy>(what: &str, typed: &str, names: &[(&'static str, T)]) -> Result<T> {
    let wanted = plain(typed);
    if let Some((_, value)) = names.iter().find(|(name, _)| plain(name) == wanted) {
        return Ok(*value);
    }
    let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    let error = Error::usage(format!("there is no {what} `{typed}`"));
    let list = known.join(", ");
    Err(match nearest(typed, known).first() {
        Some(near) => error.help(format!("did you mean `{near}`? Known are: {list}")),
        None => error.help(format!("known are: {list}")),
    })
}

/// `text` in lower case and without separators.
pub(super) fn plain(text: &str) -> String {
    let letters = text.chars().filter(|c| !matches!(c, '-' | '_' | '.' | ' '));
    letters.flat_map(char::to_lowercase).collect()
}
