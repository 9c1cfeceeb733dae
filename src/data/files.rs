//! The texts a document was read from, and places in them.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::base::position::{boundary, line_at, line_column, line_end};
use crate::base::{Error, ErrorKind};

use super::node::Span;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file, as the command line or the including file names it.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// The files read so far.
#[derive(Debug, Default)]
pub(super) struct Files(Vec<Text>);

#[derive(Debug)]
struct Text {
    path: PathBuf,
    text: String,
}

impl Files {
    /// Takes a file with its text and tells its number. `MAX_FILES` keeps it small.
    pub(super) fn add(&mut self, path: &Path, text: String) -> u16 {
        self.0.push(Text {
            path: path.to_owned(),
            text,
        });
        u16::try_from(self.0.len() - 1).unwrap_or(u16::MAX)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// What `file` is read through.
    pub(super) fn source(&self, file: u16) -> Source<'_> {
        Source { files: self, file }
    }

    /// The name of the file of `span`.
    pub(super) fn path(&self, span: Span) -> &Path {
        &self.0[usize::from(span.file)].path
    }

    /// What is written at `span`.
    pub(super) fn written(&self, span: Span) -> &str {
        &self.0[usize::from(span.file)].text[span.bytes()]
    }

    /// The bytes `range` of what is written at `span`.
    pub(super) fn part(&self, span: Span, range: Range<usize>) -> Span {
        let start = span.start as usize;
        self.source(span.file)
            .span(start + range.start..start + range.end)
    }

    /// A file is wrong at `span`.
    pub(super) fn invalid(&self, span: Span, message: impl Into<String>) -> Error {
        self.blame(span, Error::new(ErrorKind::Invalid, message))
    }

    /// Line and column of `span`.
    pub(super) fn location(&self, span: Span) -> Location {
        let file = &self.0[usize::from(span.file)];
        let (line, column) = line_column(&file.text, span.start as usize);
        Location {
            file: file.path.clone(),
            line,
            column,
        }
    }

    /// Adds the place, and the line there, to an error that has none.
    pub(super) fn blame(&self, span: Span, error: Error) -> Error {
        let Text { path, text } = &self.0[usize::from(span.file)];
        let Range { start, end } = span.bytes();
        let (line, column) = line_column(text, start);
        let shown = line_at(text, start);
        let end = end.clamp(start, line_end(text, start));
        let width = text[start..end].trim_end().chars().count();
        let error = error.at(path).at_line(line, column);
        if shown.trim_ascii().is_empty() {
            return error;
        }
        error.with_excerpt(shown, column, width)
    }
}

/// A file that is being read.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    files: &'a Files,
    file: u16,
}

impl<'a> Source<'a> {
    /// Its text.
    pub(super) fn text(self) -> &'a str {
        &self.files.0[usize::from(self.file)].text
    }

    /// The bytes `range` of it.
    pub(super) fn span(self, range: Range<usize>) -> Span {
        // A file is not larger than `MAX_FILE_BYTES`.
        let number = |at| u32::try_from(boundary(self.text(), at)).unwrap_or(u32::MAX);
        Span {
            file: self.file,
            start: number(range.start),
            end: number(range.end.max(range.start)),
        }
    }

    /// Puts an `error` to `range`.
    pub(super) fn blame(self, range: Range<usize>, error: Error) -> Error {
        self.files.blame(self.span(range), error)
    }

    /// The file is wrong at `range`.
    pub(super) fn invalid(self, range: Range<usize>, message: impl Into<String>) -> Error {
        self.blame(range, Error::new(ErrorKind::Invalid, message))
    }

    /// The line `offset` is in, to be named in the error of another place.
    pub(super) fn line(self, offset: usize) -> u32 {
        line_column(self.text(), offset).0
    }
}
