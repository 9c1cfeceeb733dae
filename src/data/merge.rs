//! One tree over another.
//!
//! Maps merge key by key. Lists and single values are replaced; `name+` appends a list
//! instead, and nothing (`null`, `~`) takes away what was there.

use std::collections::HashMap;

use crate::base::Result;

use super::files::Files;
use super::node::{Entry, Node, Value};

/// What ends the name of a key whose list is appended.
const APPENDS: char = '+';

/// The tree `later` over the tree `earlier`, if there is one.
pub(super) fn merge(files: &Files, earlier: Option<Node>, later: Node) -> Result<Node> {
    let span = later.span;
    let value = match later.value {
        scalar @ Value::Scalar(_) => scalar,
        Value::List(items) => {
            let items = items.into_iter().map(|item| merge(files, None, item));
            Value::List(items.collect::<Result<_>>()?)
        }
        Value::Map(later) => {
            let earlier = match earlier.map(|earlier| earlier.value) {
                Some(Value::Map(entries)) => entries,
                _ => Vec::new(),
            };
            Value::Map(entries(files, earlier, later)?)
        }
    };
    Ok(Node { value, span })
}

/// The entries `later` over the entries `earlier`.
fn entries(files: &Files, earlier: Vec<Entry>, later: Vec<Entry>) -> Result<Vec<Entry>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut merged: Vec<Option<Entry>> = Vec::with_capacity(earlier.len());
    for (at, entry) in earlier.into_iter().enumerate() {
        places.insert(entry.key.text.clone(), at);
        merged.push(Some(entry));
    }
    let (appended, plain): (Vec<_>, Vec<_>) = later
        .into_iter()
        .partition(|entry| entry.key.text.ends_with(APPENDS));
    for mut entry in plain {
        let place = places.get(&entry.key.text).copied();
        let before = place.and_then(|at| merged[at].take());
        if before.is_some() && entry.value.is_null() {
            places.remove(&entry.key.text);
            continue;
        }
        entry.value = merge(files, before.map(|before| before.value), entry.value)?;
        put(&mut places, &mut merged, entry);
    }
    for mut entry in appended {
        entry.key.text.pop();
        let before = places
            .get(&entry.key.text)
            .and_then(|&at| merged[at].take());
        entry.value = append(files, before, entry.value)?;
        put(&mut places, &mut merged, entry);
    }
    Ok(merged.into_iter().flatten().collect())
}

/// Puts `entry` where one of its name was, else behind all.
fn put(places: &mut HashMap<String, usize>, merged: &mut Vec<Option<Entry>>, entry: Entry) {
    if let Some(&at) = places.get(&entry.key.text) {
        merged[at] = Some(entry);
    } else {
        places.insert(entry.key.text.clone(), merged.len());
        merged.push(Some(entry));
    }
}

/// The list `later` behind the list `earlier`.
fn append(files: &Files, earlier: Option<Entry>, later: Node) -> Result<Node> {
    let later = merge(files, None, later)?;
    let (span, what) = (later.span, later.what());
    let Value::List(more) = later.value else {
        let message = format!("`+` appends a list, and this is {what}");
        return Err(files.invalid(span, message));
    };
    let Some(earlier) = earlier.filter(|earlier| !earlier.value.is_null()) else {
        let value = Value::List(more);
        return Ok(Node { value, span });
    };
    let (name, what) = (&earlier.key.text, earlier.value.what());
    let before = files.location(earlier.value.span);
    let Value::List(mut items) = earlier.value.value else {
        let message = format!("`{name}+` appends to a list, and `{name}` is {what}");
        return Err(files
            .invalid(span, message)
            .why(format!("that was given at {before}"))
            .help(format!("write `{name}` to replace it")));
    };
    items.extend(more);
    let value = Value::List(items);
    Ok(Node { value, span })
}
