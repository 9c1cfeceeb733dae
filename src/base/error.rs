//! The one error type, and how a format's own facts become it.
//!
//! Each format describes what can be wrong as a small `thiserror` enum that
//! implements [`Fact`]; `?` turns a fact into an [`Error`], and the layers
//! above add the place (file, member, offset, line) as they pass it on. The
//! command line prints what, where, why and what to do from these parts.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Shorthand for results with ovfkit's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The class of a failure. *Invalid*, *unsupported* and *denied* are different
/// answers: the file is broken, ovfkit cannot do this, or it was not allowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request itself makes no sense (a bad name, two contradicting options).
    Usage,
    /// The operating system refused a read, a write or an open.
    Io,
    /// The input breaks its format's rules.
    Invalid,
    /// The input is well-formed but uses something ovfkit does not read or write.
    Unsupported,
    /// The input asks for something that has to be permitted explicitly.
    Denied,
    /// A number in the input or the request exceeds a documented limit.
    LimitExceeded,
    /// Two statements about the same thing disagree (a digest, a size).
    Mismatch,
    /// The output is already there and overwriting was not asked for.
    Exists,
    /// The user or a progress observer stopped the operation.
    Cancelled,
    /// A promise inside ovfkit was broken: a defect to report.
    Internal,
}

/// Where in the input a failure was found. Every part may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The command-line option, for a mistake in the request.
    pub option: Option<String>,
    /// The file, as the user or the referring file names it.
    pub path: Option<PathBuf>,
    /// The member inside a package.
    pub member: Option<String>,
    /// Byte offset in the file or member.
    pub offset: Option<u64>,
    /// Line and column, both from 1, for text.
    pub line: Option<(u32, u32)>,
}

/// The line of text a failure is about, as far as it can be shown, and the part of
/// it that is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The line, cut with `…` where it is long. It may hold anything a file can,
    /// save tabs.
    pub line: String,
    /// How many characters of `line` stand before the fault.
    pub indent: usize,
    /// How many characters are at fault, at least one.
    pub width: usize,
}

impl Excerpt {
    /// The most characters of a line shown.
    const SHOWN: usize = 100;
    /// How many of them stand before the fault, if it is far into the line.
    const BEFORE: usize = 40;

    /// Cuts `line` around the `width` characters from `column` (from 1).
    pub fn new(line: &str, column: u32, width: usize) -> Self {
        let line = line.trim_end_matches(['\r', '\n']);
        let length = line.chars().count();
        let fault = usize::try_from(column.saturating_sub(1))
            .unwrap_or(usize::MAX)
            .min(length);
        let (start, end) = if length <= Self::SHOWN {
            (0, length)
        } else {
            let start = fault.saturating_sub(Self::BEFORE).min(length - Self::SHOWN);
            (start, start + Self::SHOWN)
        };
        let mut shown = String::new();
        if start > 0 {
            shown.push('…');
        }
        let cut = line.chars().skip(start).take(end - start);
        shown.extend(cut.map(|c| if c == '\t' { ' ' } else { c }));
        if end < length {
            shown.push('…');
        }
        Self {
            line: shown,
            indent: fault - start + usize::from(start > 0),
            width: width.min(end - fault).max(1),
        }
    }
}

/// A single fact about what is wrong, stated by the room that knows the format.
pub trait Fact: StdError + Send + Sync + 'static {
    /// The class the fact belongs to.
    fn kind(&self) -> ErrorKind;
    /// Byte offset the fact is about.
    fn offset(&self) -> Option<u64> {
        None
    }
    /// Why this matters or how it tends to come about.
    fn why(&self) -> Option<String> {
        None
    }
    /// What the user can do.
    fn help(&self) -> Option<String> {
        None
    }
}

/// What went wrong, where, why, and what to do about it.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    place: Place,
    excerpt: Option<Excerpt>,
    why: Option<String>,
    help: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    others: Vec<Error>,
}

impl Error {
    /// An error of `kind`; `message` says what is wrong, without the place.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            place: Place::default(),
            excerpt: None,
            why: None,
            help: None,
            source: None,
            others: Vec::new(),
        }))
    }

    /// A mistake in the request rather than in a file.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// The operating system's answer `error` to `doing` (such as "cannot open")
    /// on `path`.
    pub fn io(doing: &str, path: &Path, error: io::Error) -> Self {
        Self::refused(doing, error).at(path)
    }

    /// The operating system refused a write to an output whose name the layer
    /// above knows and adds.
    pub fn write(error: io::Error) -> Self {
        // One of ours, which came through a writer that knows no others.
        error
            .downcast::<Self>()
            .unwrap_or_else(|error| Self::refused("cannot write", error))
    }

    fn refused(doing: &str, error: io::Error) -> Self {
        let mut made = Self::new(ErrorKind::Io, format!("{doing}: {}", plain(&error)));
        made.0.help = io_advice(&error);
        made.0.source = Some(Box::new(error));
        made
    }

    /// Names the file, unless a deeper layer already did.
    #[must_use]
    pub fn at(mut self, path: &Path) -> Self {
        self.0.place.path.get_or_insert_with(|| path.to_path_buf());
        self
    }

    /// Names the command-line option, unless a deeper layer already did.
    #[must_use]
    pub fn in_option(mut self, option: &str) -> Self {
        self.0.place.option.get_or_insert_with(|| option.to_owned());
        self
    }

    /// Names the package member, unless a deeper layer already did.
    #[must_use]
    pub fn in_member(mut self, member: &str) -> Self {
        self.0.place.member.get_or_insert_with(|| member.to_owned());
        self
    }

    /// Gives the byte offset, unless a deeper layer already did.
    #[must_use]
    pub fn at_offset(mut self, offset: u64) -> Self {
        self.0.place.offset.get_or_insert(offset);
        self
    }

    /// Gives line and column (both from 1), unless a deeper layer already did.
    #[must_use]
    pub fn at_line(mut self, line: u32, column: u32) -> Self {
        self.0.place.line.get_or_insert((line, column));
        self
    }

    /// Shows `line`, of which `width` characters from `column` (from 1) are at fault,
    /// unless a deeper layer already did.
    #[must_use]
    pub fn with_excerpt(mut self, line: &str, column: u32, width: usize) -> Self {
        self.0
            .excerpt
            .get_or_insert_with(|| Excerpt::new(line, column, width));
        self
    }

    /// Says why this is wrong or how it tends to come about.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.0.why = Some(why.into());
        self
    }

    /// Says what the user can do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// The first of `errors`, which were found side by side, with the others behind it.
    /// None at all is a defect of who asks.
    pub fn all(errors: impl IntoIterator<Item = Self>) -> Self {
        let mut errors = errors.into_iter();
        let mut first = errors
            .next()
            .unwrap_or_else(|| Self::new(ErrorKind::Internal, "nothing is wrong"));
        for mut error in errors {
            let behind = std::mem::take(&mut error.0.others);
            first.0.others.push(error);
            first.0.others.extend(behind);
        }
        first
    }

    /// Each of the errors that were found side by side, by itself.
    pub fn each(mut self) -> Vec<Self> {
        let others = std::mem::take(&mut self.0.others);
        std::iter::once(self).chain(others).collect()
    }

    /// With its file in the message and no place, so that it can be told where that file is
    /// named.
    #[must_use]
    pub fn naming_its_file(mut self) -> Self {
        if let Some(path) = std::mem::take(&mut self.0.place).path {
            self.0.message = format!("{}: {}", path.display(), self.0.message);
            self.0.excerpt = None;
        }
        self
    }

    /// What was found besides, if several things were wrong.
    pub fn others(&self) -> &[Self] {
        &self.0.others
    }

    /// The same of another class: what is a mistake in a request is one in a file, when
    /// that is where the request stands.
    #[must_use]
    pub fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The class of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it was found.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// The line of text it is about, when known.
    pub fn excerpt(&self) -> Option<&Excerpt> {
        self.0.excerpt.as_ref()
    }

    /// Why it matters, when known.
    pub fn reason(&self) -> Option<&str> {
        self.0.why.as_deref()
    }

    /// What to do, when known.
    pub fn advice(&self) -> Option<&str> {
        self.0.help.as_deref()
    }
}

impl<F: Fact> From<F> for Error {
    fn from(fact: F) -> Self {
        let mut error = Self::new(fact.kind(), fact.to_string());
        error.0.place.offset = fact.offset();
        error.0.why = fact.why();
        error.0.help = fact.help();
        error.0.source = Some(Box::new(fact));
        error
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.0.place;
        if let Some(option) = &place.option {
            write!(f, "{option}: ")?;
        }
        if let Some(path) = &place.path {
            write!(f, "{}: ", path.display())?;
        }
        if let Some(member) = &place.member {
            write!(f, "{member}: ")?;
        }
        if let Some((line, column)) = place.line {
            write!(f, "{line}:{column}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("place", &self.0.place)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // The fact's text is already this error's message; what lies beneath
        // it is the next cause.
        self.0.source.as_ref().and_then(|source| source.source())
    }
}

/// The operating system's message without Rust's "(os error N)".
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}

/// Advice for the operating system's commonest refusals.
fn io_advice(error: &io::Error) -> Option<String> {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => "check the spelling of the path",
        io::ErrorKind::NotADirectory => "a part of the path is a file; check its spelling",
        io::ErrorKind::PermissionDenied => {
            "check who owns it and its permissions; a block device usually needs root"
        }
        io::ErrorKind::StorageFull => "free some space, or write to another file system",
        io::ErrorKind::QuotaExceeded => "free some of the quota, or write elsewhere",
        io::ErrorKind::FileTooLarge => {
            "this file system, or `ulimit -f`, allows no larger file; write elsewhere"
        }
        io::ErrorKind::BrokenPipe => "the program that reads the output ended before it had all",
        io::ErrorKind::ReadOnlyFilesystem => "write to another file system",
        #[cfg(unix)]
        _ if error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) => {
            "allow more open files: `ulimit -n 16384`"
        }
        _ => return None,
    };
    Some(advice.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(line: &str, column: u32, width: usize) -> (String, String) {
        let error = Error::usage("").with_excerpt(line, column, width);
        let shown = error.excerpt().expect("given").clone();
        let fault = shown.line.chars().skip(shown.indent).take(shown.width);
        (fault.collect(), shown.line)
    }

    #[test]
    fn several_errors_stand_behind_the_first() {
        let one = |message: &str| Error::usage(message);
        let inner = Error::all([one("b"), one("c")]);
        let all = Error::all([one("a"), inner, one("d")]);
        let others: Vec<_> = all.others().iter().map(Error::message).collect();
        assert_eq!((all.message(), &others[..]), ("a", &["b", "c", "d"][..]));
        assert!(all.others().iter().all(|other| other.others().is_empty()));
        assert_eq!(Error::all([]).kind(), ErrorKind::Internal);
    }

    #[test]
    fn an_excerpt_shows_what_is_at_fault() {
        let (fault, line) = marked("\t<Disk a='1'/>\r", 2, 5);
        assert_eq!((&*fault, &*line), ("<Disk", " <Disk a='1'/>"));
        assert_eq!(marked("", 1, 9), (String::new(), String::new()));
        assert_eq!(marked("ab", 99, 9), (String::new(), "ab".to_owned()));
    }

    #[test]
    fn a_long_line_is_cut_around_the_fault() {
        let long = format!("{}<ü>{}", "a".repeat(500), "b".repeat(500));
        let (fault, line) = marked(&long, 501, 3);
        assert_eq!(fault, "<ü>");
        assert_eq!(line.chars().count(), 102);
        assert!(line.starts_with("…a") && line.ends_with("b…"));
        let (fault, line) = marked(&long, 1, 2000);
        assert_eq!((fault.len(), line.starts_with('a')), (100, true));
        let (fault, line) = marked(&long, 1003, 1);
        assert_eq!((&*fault, line.ends_with('b')), ("b", true));
    }
}
