//! "Did you mean": the names nearest to what was typed.

/// How many names to suggest at most.
const SUGGESTIONS: usize = 3;

/// The names nearest to `typed`, the nearest first; none when nothing is near.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let typed = typed.to_lowercase();
    // More than a third of the letters wrong is another word.
    let tolerance = typed.chars().count() / 3 + 1;
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (distance(&typed, name), name))
        .filter(|(distance, _)| *distance <= tolerance)
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter()
        .take(SUGGESTIONS)
        .map(|(_, name)| name)
        .collect()
}

/// Levenshtein's distance: insertions, deletions and replacements from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn a_slip_finds_its_name() {
        let names = ["lsilogic", "lsilogicsas", "pvscsi", "sata"];
        assert_eq!(nearest("lsilogik", names), ["lsilogic"]);
        assert_eq!(nearest("PVSCI", names), ["pvscsi"]);
        assert!(nearest("floppy", names).is_empty());
    }
}
