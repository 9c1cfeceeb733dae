//! The prefixes in force while elements are written.

use std::collections::HashMap;

use super::names::{CARRIED_PREFIXES, XML, is_reserved, usual_prefix};

/// Prefixes by namespace and namespaces by prefix, as deep as the writer is. A
/// document may declare thousands around one place, so nothing here walks them.
#[derive(Default)]
pub(super) struct Scope {
    bound: Vec<Binding>,
    /// For each namespace the prefixes bound to it, the innermost last.
    prefixes: HashMap<String, Vec<String>>,
    /// For each prefix the namespaces it is bound to, the innermost last.
    namespaces: HashMap<String, Vec<String>>,
    /// For each word that prefixes are made of, the number the next one gets.
    numbers: HashMap<String, usize>,
}

struct Binding {
    ns: String,
    prefix: String,
    /// The word the prefix is made of and its number, for one with a number.
    numbered: Option<(String, usize)>,
}

impl Scope {
    /// How much is bound; [`leave`](Self::leave) goes back to it.
    pub(super) fn depth(&self) -> usize {
        self.bound.len()
    }

    /// Ends what was bound since the scope had `depth`.
    pub(super) fn leave(&mut self, depth: usize) {
        for binding in self.bound.drain(depth..).rev() {
            self.prefixes.entry(binding.ns).or_default().pop();
            self.namespaces.entry(binding.prefix).or_default().pop();
            if let Some((word, number)) = binding.numbered {
                self.numbers.insert(word, number);
            }
        }
    }

    /// The innermost prefix in force for `ns`.
    pub(super) fn prefix(&self, ns: &str) -> Option<&str> {
        if ns == XML {
            return Some("xml");
        }
        let bound = self.prefixes.get(ns).into_iter().flatten().rev();
        let in_force = |prefix: &&String| {
            let innermost = self.namespaces.get(*prefix).and_then(|all| all.last());
            innermost.is_some_and(|innermost| innermost == ns)
        };
        let mut bound = bound.filter(in_force).map(String::as_str);
        let carried = CARRIED_PREFIXES.iter().find(|(_, uri)| *uri == ns);
        let carried = carried.map(|(prefix, _)| *prefix);
        bound
            .next()
            .or(carried.filter(|prefix| !self.is_bound(prefix)))
    }

    /// Binds `prefix` to `ns`, also where it was bound to another.
    pub(super) fn bind(&mut self, prefix: &str, ns: &str) {
        self.add(prefix.to_owned(), ns, None);
    }

    /// Binds a prefix that is not in use to `ns`: its usual one, or one made of the
    /// last word of the URI.
    pub(super) fn bind_any(&mut self, ns: &str) -> String {
        let known = usual_prefix(ns);
        let word = known.map_or_else(|| made_of(ns), str::to_owned);
        let taken = |prefix: &str| {
            CARRIED_PREFIXES.iter().any(|(used, _)| *used == prefix)
                || (known != Some(prefix) && is_reserved(prefix))
                || self.is_bound(prefix)
        };
        if !taken(&word) {
            self.add(word.clone(), ns, None);
            return word;
        }
        let first = self.numbers.get(&word).copied().unwrap_or(2);
        let mut numbered = (first..).map(|number| (number, format!("{word}{number}")));
        // Of as many names as numbers one is free.
        let (number, prefix) = numbered.find(|(_, name)| !taken(name)).unwrap_or_default();
        self.numbers.insert(word.clone(), number + 1);
        self.add(prefix.clone(), ns, Some((word, number)));
        prefix
    }

    fn is_bound(&self, prefix: &str) -> bool {
        self.namespaces
            .get(prefix)
            .is_some_and(|all| !all.is_empty())
    }

    fn add(&mut self, prefix: String, ns: &str, numbered: Option<(String, usize)>) {
        let ns = ns.to_owned();
        let prefixes = self.prefixes.entry(ns.clone()).or_default();
        prefixes.push(prefix.clone());
        let namespaces = self.namespaces.entry(prefix.clone()).or_default();
        namespaces.push(ns.clone());
        let binding = Binding {
            ns,
            prefix,
            numbered,
        };
        self.bound.push(binding);
    }
}

/// The last word of a URI that can serve as a prefix. None that begins with `xml` can:
/// XML keeps them for itself.
fn made_of(ns: &str) -> String {
    let words = ns.rsplit(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(str::to_ascii_lowercase)
        .find(|word| {
            let is_name = word.starts_with(|c: char| c.is_ascii_alphabetic());
            word.len() > 1 && is_name && !word.starts_with("xml")
        })
        .unwrap_or_else(|| "ns".to_owned())
}
