//! Which names are asked for, and which are taken.

use std::collections::{HashMap, HashSet};

use crate::base::{Error, ErrorKind, Result, glob};

/// The patterns of a request.
pub(super) struct Patterns {
    /// Each with whether a name fitted it.
    all: Vec<(String, bool)>,
}

impl Patterns {
    pub(super) fn new(patterns: &[String]) -> Self {
        let all = patterns.iter().map(|pattern| (pattern.clone(), false));
        Self { all: all.collect() }
    }

    /// Whether everything is asked for.
    pub(super) fn is_everything(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether `name` is asked for. A pattern without a slash is about the last part.
    pub(super) fn want(&mut self, name: &str) -> bool {
        let (_, last) = name.rsplit_once('/').unwrap_or(("", name));
        let mut wanted = self.is_everything();
        for (pattern, fitted) in &mut self.all {
            let part = if pattern.contains('/') { name } else { last };
            if glob::fits(pattern, part) {
                *fitted = true;
                wanted = true;
            }
        }
        wanted
    }

    /// A pattern that nothing fitted.
    pub(super) fn idle(&self) -> Option<&str> {
        let idle = self.all.iter().find(|(_, fitted)| !fitted);
        idle.map(|(pattern, _)| pattern.as_str())
    }
}

/// Names that are taken, compared as where case does not count.
#[derive(Default)]
pub(in crate::ops) struct Taken {
    files: HashMap<String, Holder>,
    directories: HashSet<String>,
}

/// Who has a name.
struct Holder {
    name: String,
    /// Whether it is a file that is made, and no member.
    made: bool,
}

impl Taken {
    /// Takes the name of a member that is a file.
    pub(in crate::ops) fn file(&mut self, name: &str) -> Result<()> {
        self.take(name, false)
    }

    /// Takes the name of a file that is made of members.
    pub(super) fn made(&mut self, name: &str) -> Result<()> {
        self.take(name, true)
    }

    fn take(&mut self, name: &str, made: bool) -> Result<()> {
        let folded = name.to_lowercase();
        let mut above = folded.match_indices('/').map(|(end, _)| &folded[..end]);
        let clash = above.find(|directory| self.files.contains_key(*directory));
        if clash.is_some() || self.directories.contains(&folded) {
            return Err(refusal(
                "the archive uses this name, or a part of it, for a file and for a directory"
                    .to_owned(),
            ));
        }
        let above = folded
            .match_indices('/')
            .map(|(end, _)| folded[..end].to_owned());
        self.directories.extend(above);
        let holder = Holder {
            name: name.to_owned(),
            made,
        };
        match self.files.insert(folded, holder) {
            None => Ok(()),
            Some(earlier) if made || earlier.made => Err(twice(name)),
            Some(earlier) if earlier.name == name => Err(refusal(
                "the archive has two members of this name".to_owned(),
            )),
            Some(Holder { name, .. }) => Err(refusal(format!(
                "the archive also has `{name}`, which differs in case only"
            ))),
        }
    }
}

fn refusal(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message)
        .why("programs disagree about which of them counts")
        .help("ask for a clean package, or unpack other members by `--only PATTERN`")
}

fn twice(name: &str) -> Error {
    Error::new(
        ErrorKind::Invalid,
        format!("a converted disk and something else would both be called `{name}`"),
    )
    .help(
        "unpack the disks as they are (`--disks keep`), convert them to another format, or leave \
         a member out by `--only PATTERN`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_without_a_slash_are_about_the_last_part() {
        let mut patterns = Patterns::new(&["*.ovf".to_owned(), "a/?".to_owned(), "z".to_owned()]);
        for (name, wanted) in [
            ("x.ovf", true),
            ("d/x.ovf", true),
            ("a/b", true),
            ("b/a", false),
        ] {
            assert_eq!(patterns.want(name), wanted, "{name}");
        }
        assert_eq!(patterns.idle(), Some("z"));
        assert!(Patterns::new(&[]).want("anything"));
    }

    #[test]
    fn a_name_is_a_file_or_a_directory() {
        let mut taken = Taken::default();
        taken.file("a/b/c").unwrap();
        taken.file("a/b/d").unwrap();
        taken.made("a/b/e").unwrap();
        for (name, made) in [("a/b/C", true), ("a/b/e", false), ("a/b/e", true)] {
            let error = taken.take(name, made).unwrap_err();
            assert!(error.message().contains("a converted disk"), "{error}");
        }
        for name in ["a", "A/B", "a/b/c/d", "a/b/C"] {
            assert_eq!(
                taken.file(name).unwrap_err().kind(),
                ErrorKind::Invalid,
                "{name}"
            );
        }
    }
}
