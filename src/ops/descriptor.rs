//! Reading a descriptor from where the user says it is, and writing a document there.

use std::collections::HashMap;
use std::fmt;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use crate::base::bounded::read_up_to;
use crate::base::output::{OutputFile, Overwrite, directory_of, is_stream, open_stream};
use crate::base::{Error, ErrorKind, Result};
use crate::envelope::{self, Envelope, Reading, Strings};
use crate::ova::beside::Reference;
use crate::ova::name::SafeName;
use crate::ova::open::{Opened, open, shown};
use crate::ova::role::{MAX_DESCRIPTOR_BYTES, Role};
use crate::ova::survey::Survey;
use crate::xml::{self, MAX_DOCUMENT_BYTES};

// What a package may hold as a descriptor is what is read of one elsewhere.
const _: () = assert!(MAX_DESCRIPTOR_BYTES == MAX_DOCUMENT_BYTES as u64);

/// A descriptor with its text, which tells the line of what is at fault.
pub struct Descriptor {
    /// The text, decoded.
    pub text: String,
    /// What it says.
    pub reading: Reading,
    /// Where it was found.
    pub place: Place,
}

/// Where a descriptor was found.
pub struct Place {
    /// What is around it.
    pub origin: Origin,
    /// What the user called it or its package.
    path: PathBuf,
}

/// What is around a descriptor, which is where the files are that it refers to.
pub enum Origin {
    /// In standard input, with nothing around it.
    Alone,
    /// In a directory.
    Beside {
        /// The descriptor.
        path: PathBuf,
        /// Whether the directory was named and not the file.
        by_directory: bool,
    },
    /// In an archive.
    Archive {
        /// Its members.
        survey: Box<Survey>,
        /// The descriptor's path in it.
        path: SafeName,
    },
}

/// Reads the descriptor at `path`, or of the package there; `-` is standard input.
pub fn read(path: &Path) -> Result<Descriptor> {
    let (bytes, place) = find(path)?;
    match of_bytes(&bytes) {
        Ok((text, reading)) => Ok(Descriptor {
            text,
            reading,
            place,
        }),
        Err(error) => Err(place.locate(error)),
    }
}

/// The text of a descriptor that is in memory, and what it says.
pub fn of_bytes(bytes: &[u8]) -> Result<(String, Reading)> {
    let text = xml::decode(bytes)?;
    let reading = envelope::read(&text)?;
    Ok((text.into_owned(), reading))
}

/// The bytes of the descriptor at `path`, or of the package there, and where it is.
pub fn find(path: &Path) -> Result<(Vec<u8>, Place)> {
    let (bytes, origin) = match open(path)? {
        Opened::Text {
            path: file,
            by_directory,
            content,
        } => {
            let place = file.as_deref().unwrap_or(path);
            let bytes = bounded(content, place)?;
            let origin = file.map_or(Origin::Alone, |path| Origin::Beside { path, by_directory });
            (bytes, origin)
        }
        Opened::Archive(archive) => {
            let survey = Survey::take(archive).map_err(|error| error.at(shown(path)))?;
            in_archive(survey).map_err(|error| error.at(shown(path)))?
        }
    };
    let path = path.to_path_buf();
    Ok((bytes, Place { origin, path }))
}

/// The descriptor of an archive, which is the first one in it, as importers have it.
fn in_archive(survey: Survey) -> Result<(Vec<u8>, Origin)> {
    let member = survey.first(Role::Descriptor).ok_or_else(no_descriptor)?;
    let bytes = survey.content(member, MAX_DOCUMENT_BYTES as u64)?;
    let path = member.path.clone();
    let path = path.map_err(|fault| Error::from(fault).in_member(&member.name))?;
    let survey = Box::new(survey);
    Ok((bytes, Origin::Archive { survey, path }))
}

/// An archive is no package.
pub fn no_descriptor() -> Error {
    Error::new(
        ErrorKind::Invalid,
        "no descriptor (`*.ovf`) is in this archive",
    )
    .why("an OVA is an archive whose first member is a descriptor (DSP0243 1.1 §5.3)")
    .help("list what is in it with `tar -tf`")
}

/// The descriptor's name for people: its path, and its package's in front of it.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Alone => write!(f, "{}", shown(&self.path).display()),
            Origin::Beside { path, .. } => write!(f, "{}", path.display()),
            Origin::Archive { path, .. } => write!(f, "{}:{path}", shown(&self.path).display()),
        }
    }
}

impl Place {
    /// Names the file and the member in `error`.
    pub fn locate(&self, error: Error) -> Error {
        match &self.origin {
            Origin::Alone => error.at(shown(&self.path)),
            Origin::Beside { path, .. } => error.at(path),
            Origin::Archive { path, .. } => error.at(shown(&self.path)).in_member(path.as_str()),
        }
    }

    /// Whether all of it is in files that can be read again.
    pub fn lies_still(&self) -> bool {
        match &self.origin {
            Origin::Alone => false,
            Origin::Beside { path, .. } => !is_stream(path),
            Origin::Archive { survey, .. } => survey.lies_still(),
        }
    }

    /// The length of the file `name` beside the descriptor, if there is one. Nothing is
    /// beside a descriptor from standard input.
    pub fn length_of(&self, name: &str) -> Option<u64> {
        match &self.origin {
            Origin::Alone => None,
            Origin::Beside { path, .. } => {
                let about = std::fs::metadata(directory_of(path).join(name)).ok()?;
                about.is_file().then_some(about.len())
            }
            Origin::Archive { survey, path } => {
                let member = survey.find(path.beside(name)?.as_str())?;
                Some(member.size)
            }
        }
    }

    /// The translations that are in files beside the descriptor. Only a file that is
    /// named without a scheme and lies below the descriptor's directory is opened; one
    /// of a descriptor from standard input has no place. Together they may be as long as
    /// a descriptor.
    pub fn bundles(&self, envelope: &Envelope) -> Result<Vec<Strings>> {
        let mut files = HashMap::new();
        for file in &envelope.references.files {
            files.entry(&*file.id).or_insert(&*file.href);
        }
        let references = envelope.strings.iter().filter_map(|strings| {
            let id = strings.file_ref.as_deref().filter(|id| !id.is_empty())?;
            Some((strings, *files.get(id)?))
        });
        let (mut bundles, mut room) = (Vec::new(), MAX_DOCUMENT_BYTES);
        for (strings, href) in references {
            let (mut bundle, length) = self.bundle(href)?;
            // A hostile descriptor could name one long file any number of times.
            room = room
                .checked_sub(length)
                .ok_or_else(|| self.locate(too_long()))?;
            if bundle.lang.is_none() {
                bundle.lang.clone_from(&strings.lang);
            }
            bundles.push(bundle);
        }
        Ok(bundles)
    }

    /// The translations in the file `href`, and its length in bytes.
    fn bundle(&self, href: &str) -> Result<(Strings, usize)> {
        let parse = |bytes: &[u8]| {
            let text = xml::decode(bytes)?;
            Ok((envelope::read_strings(&text)?, bytes.len()))
        };
        match &self.origin {
            Origin::Archive { survey, path } => {
                let read = || {
                    let mut paths = path.meant(href);
                    let member = paths.find_map(|path| survey.find(path.as_str()));
                    let member = member.ok_or_else(|| not_inside(href))?;
                    parse(&survey.content(member, MAX_DOCUMENT_BYTES as u64)?)
                };
                read().map_err(|error: Error| error.at(shown(&self.path)).in_member(href))
            }
            Origin::Alone => Err(elsewhere(shown(&self.path), href)),
            Origin::Beside { path, .. } => {
                let beside = beside(path, href)?;
                if is_stream(&beside) {
                    return Err(not_read(href, &beside)
                        .why("what it holds need not end")
                        .help("put a file in its place"));
                }
                let file = std::fs::File::open(&beside);
                let file = file.map_err(|error| Error::io("cannot open", &beside, error))?;
                let read = parse(&bounded(Box::new(file), &beside)?);
                read.map_err(|error: Error| error.at(&beside))
            }
        }
    }
}

/// The files a descriptor refers to, as far as they are beside it.
pub fn references(envelope: &Envelope) -> Vec<Reference> {
    let files = envelope.references.files.iter();
    files
        .map(|file| Reference {
            href: file.href.clone(),
            chunked: file.chunk_size.is_some(),
        })
        .collect()
}

/// What `content`, called `path`, holds, as far as a descriptor can be long: one more
/// byte tells the decoder that there is too much.
pub(super) fn bounded(content: Box<dyn std::io::Read>, path: &Path) -> Result<Vec<u8>> {
    let read = read_up_to(content, MAX_DOCUMENT_BYTES as u64);
    read.map_err(|error| Error::io("cannot read", shown(path), error))
}

/// Writes `text` to the file, pipe or device `output`, or hands it back where there is
/// none.
pub fn deliver(
    text: String,
    output: Option<&Path>,
    overwrite: Overwrite,
) -> Result<Option<String>> {
    let Some(path) = output else {
        return Ok(Some(text));
    };
    deliver_bytes(text.as_bytes(), path, overwrite)?;
    Ok(None)
}

/// Writes `bytes` to the file, pipe or device `path`.
pub(super) fn deliver_bytes(bytes: &[u8], path: &Path, overwrite: Overwrite) -> Result<()> {
    let refused = |error| Error::write(error).at(path);
    if is_stream(path) {
        let mut stream = open_stream(path, overwrite)?;
        return stream.write_all(bytes).map_err(refused);
    }
    let mut output = OutputFile::create(path, overwrite)?;
    output.file_mut().write_all(bytes).map_err(refused)?;
    output.commit()
}

/// Where the file `href` of the descriptor at `path` is.
fn beside(path: &Path, href: &str) -> Result<PathBuf> {
    if !lies_below(href) {
        return Err(elsewhere(path, href));
    }
    Ok(directory_of(path).join(href))
}

/// Whether `href` names a file below the directory it stands in, without a scheme.
pub(super) fn lies_below(href: &str) -> bool {
    let mut parts = Path::new(href).components();
    parts.all(|part| matches!(part, Component::Normal(_))) && !href.contains(':')
}

fn elsewhere(path: &Path, href: &str) -> Error {
    not_read(href, path)
        .why("only files below the directory of a descriptor are opened")
        .help("copy the file there and change its `ovf:href`")
}

fn not_read(href: &str, path: &Path) -> Error {
    let message = format!("the translations in `{href}` are not read");
    Error::new(ErrorKind::Denied, message).at(path)
}

fn too_long() -> Error {
    let message =
        format!("the translations beside the descriptor make more than {MAX_DOCUMENT_BYTES} bytes");
    Error::new(ErrorKind::LimitExceeded, message)
        .help("leave out the translations that are not needed")
}

fn not_inside(href: &str) -> Error {
    Error::new(
        ErrorKind::Invalid,
        format!("the translations in `{href}` are not in the package"),
    )
    .help("ask for a package that is whole")
}
