//! Patterns for names: `*` is anything, `?` one character.

/// Whether `name` fits `pattern` from front to end. Takes at most as many steps as
/// the product of their lengths.
pub fn fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut seen) = (0, 0);
    // Behind the last star, and what it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        match pattern.get(at) {
            Some('*') => {
                at += 1;
                star = Some((at, seen));
            }
            Some(c) if *c == '?' || *c == name[seen] => {
                at += 1;
                seen += 1;
            }
            _ => match &mut star {
                // The star takes one more; earlier stars need not be tried again.
                Some((behind, taken)) => {
                    *taken += 1;
                    (at, seen) = (*behind, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, name, is_fit) in [
            ("*.vmdk", "vm-disk1.vmdk", true),
            ("*.vmdk", "vm.vmdk.gz", false),
            ("vm-disk?.vmdk", "vm-disk1.vmdk", true),
            ("vm-disk?.vmdk", "vm-disk10.vmdk", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*ab", "aab", true),
            ("gr?ße", "größe", true),
            ("", "", true),
            ("", "x", false),
            ("**", "", true),
            ("a", "", false),
            ("[a]", "a", false),
        ] {
            assert_eq!(fits(pattern, name), is_fit, "{pattern} {name}");
        }
        let many = "*a".repeat(50);
        assert!(!fits(&many, &"a".repeat(49)));
    }
}
