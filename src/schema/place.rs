//! Where in the tree a fault is.

use fastxml::StructuredError;

use crate::xml::Element;

/// The path to the innermost element in which `error` was found; the validator's
/// own, which does not count siblings, if it told no line and column.
pub(super) fn path(root: &Element, text: &str, error: &StructuredError) -> Option<String> {
    let told = error.location.xpath.as_deref().map(local);
    let counted = || {
        let (line, column) = (error.location.line?, error.location.column?);
        let lines = text.split_inclusive('\n').take(line.checked_sub(1)?);
        let start: usize = lines.map(str::len).sum();
        // The place is that behind a tag.
        let path = path_at(root, (start + column).checked_sub(2)?);
        // Elsewhere it may be a neighbour's.
        let same = |told: &String| *told == without_counts(&path);
        told.as_ref().is_none_or(same).then_some(path)
    };
    counted().or_else(|| told.clone())
}

/// The path without prefixes.
fn local(path: &str) -> String {
    let name = |step: &str| step.rsplit(':').next().unwrap_or_default().to_owned();
    path.split('/').map(name).collect::<Vec<_>>().join("/")
}

/// The path without the numbers of siblings.
fn without_counts(path: &str) -> String {
    let name = |step: &str| step.split('[').next().unwrap_or_default().to_owned();
    path.split('/').map(name).collect::<Vec<_>>().join("/")
}

fn path_at(root: &Element, offset: usize) -> String {
    let mut path = format!("/{}", root.name.local);
    let mut parent = root;
    while let Some(child) = parent.elements().find(|child| child.span.contains(&offset)) {
        path.push_str(&step(parent, child));
        parent = child;
    }
    path
}

/// The child's name, and its number if there are more of the name.
fn step(parent: &Element, child: &Element) -> String {
    let name = &child.name.local;
    let same = || parent.elements().filter(|other| other.name == child.name);
    if same().nth(1).is_none() {
        return format!("/{name}");
    }
    let before = same().take_while(|other| other.span.start < child.span.start);
    format!("/{name}[{}]", before.count() + 1)
}
