//! The files of a package as they will be, and whether they fit its descriptor.

use std::collections::{HashMap, HashSet};

use crate::base::units::some_of;
use crate::base::{Error, ErrorKind, Result};
use crate::envelope::Envelope;
use crate::ops::assemble::gather::SHOWN;
use crate::ops::assemble::names::Names;
use crate::ops::assemble::part::Part;
use crate::ops::assemble::seats::Seats;
use crate::ops::descriptor;
use crate::ops::unpack::names::Taken;
use crate::ova::chunk::{chunk_name, chunk_of};
use crate::ova::name::SafeName;
use crate::ova::role::Role;
use crate::validate::fix::PackageChange;

use super::report::about;
use super::source::NewFile;
use super::{Edit, NewDescriptor};

/// A package that is there.
pub(super) struct Package {
    pub(super) parts: Vec<Part>,
    pub(super) seats: Seats,
}

impl Package {
    /// The descriptor's path.
    pub(super) fn own(&self) -> &SafeName {
        &self.parts[self.seats.descriptor].path
    }

    /// The files that `href` names: one, the chunks of one, or none.
    fn named(&self, places: &HashMap<&str, usize>, href: &str) -> Vec<usize> {
        let own = self.own();
        let find = |name: &str| {
            let mut paths = own.meant(name);
            paths.find_map(|path| places.get(path.as_str()).copied())
        };
        if let Some(place) = find(href) {
            return vec![place];
        }
        let chunks = (0..).map(|number| find(&chunk_name(href, number)));
        chunks.take_while(Option::is_some).flatten().collect()
    }
}

/// A file besides descriptor, manifest and certificate.
pub(super) enum Content<'e> {
    /// The part stays.
    Kept(usize),
    /// It is new.
    New {
        file: &'e NewFile<'e>,
        path: SafeName,
    },
}

/// The package as it will be.
pub(super) struct Plan<'e> {
    /// The descriptor, if it is to be another.
    pub(super) descriptor: Option<&'e NewDescriptor<'e>>,
    /// The other files, in order.
    pub(super) contents: Vec<Content<'e>>,
    /// Parts that are not in it any more.
    pub(super) gone: Vec<usize>,
    /// What the descriptor calls files.
    pub(super) names: Names,
    pub(super) changes: Vec<PackageChange>,
    pub(super) warnings: Vec<String>,
}

impl<'e> Plan<'e> {
    pub(super) fn new(request: &'e Edit<'e>, package: &Package) -> Result<Self> {
        let old = package.parts[package.seats.descriptor].content()?;
        let new = request.descriptor.as_ref();
        let new = new.filter(|new| !is_same(&old, new));
        let own = package.own();
        if let Some(new) = new {
            check_text(new.draft()).map_err(|error| error.in_member(own.as_str()))?;
        }
        let mut plan = Self {
            descriptor: new,
            contents: Vec::new(),
            gone: Vec::new(),
            names: Names::default(),
            changes: Vec::new(),
            warnings: Vec::new(),
        };
        if new.is_some() {
            plan.changes.push(about(own, "the descriptor changed"));
        }
        plan.arrange(request, package)?;
        let before = descriptor::of_bytes(&old).ok();
        let after = new.map(|new| descriptor::of_bytes(new.draft().as_bytes()));
        let after = after.transpose()?;
        let before = before.map(|(_, reading)| reading.envelope);
        let after = after.map(|(_, reading)| reading.envelope);
        if let Some(now) = after.as_ref().or(before.as_ref()) {
            plan.names = Names::new(now);
            plan.check(package, before.as_ref(), now)?;
        }
        Ok(plan)
    }

    /// Whether files come or go.
    pub(super) fn changes_files(&self) -> bool {
        let is_new = |content: &Content<'_>| matches!(content, Content::New { .. });
        !self.gone.is_empty() || self.contents.iter().any(is_new)
    }

    /// The path of a file.
    pub(super) fn path<'p>(&'p self, package: &'p Package, content: usize) -> &'p SafeName {
        match &self.contents[content] {
            Content::Kept(place) => &package.parts[*place].path,
            Content::New { path, .. } => path,
        }
    }

    /// Puts the files in order: what is there stays, and new ones come last.
    fn arrange(&mut self, request: &'e Edit<'e>, package: &Package) -> Result<()> {
        let contents = package.parts.iter().enumerate();
        let contents = contents.filter(|(place, _)| package.seats.is_content(*place));
        let places: HashMap<&str, usize> = contents
            .map(|(place, part)| (part.path.as_str(), place))
            .collect();
        let mut gone: HashSet<usize> = HashSet::new();
        let mut replacements: HashMap<usize, Content<'e>> = HashMap::new();
        let mut take = |href: &str| {
            let named = package.named(&places, href);
            if named.is_empty() {
                return Err(not_there(href, &places));
            }
            if named.iter().any(|place| !gone.insert(*place)) {
                return Err(twice(href));
            }
            Ok(named)
        };
        for file in &request.replace {
            let named = take(&file.href)?;
            let old = &package.parts[named[0]].path;
            // What was in chunks is whole now.
            let whole = chunk_of(old.as_str()).filter(|_| !fits(package, old, &file.href));
            let path = match whole {
                Some((whole, _)) => SafeName::new(whole.as_bytes())?,
                None => old.clone(),
            };
            self.changes.push(about(&path, "replaced"));
            replacements.insert(named[0], Content::New { file, path });
        }
        for href in &request.remove {
            let named = take(href)?;
            let paths = named.iter().map(|place| &package.parts[*place].path);
            self.changes
                .extend(paths.map(|path| about(path, "removed")));
        }
        for place in 0..package.parts.len() {
            if let Some(new) = replacements.remove(&place) {
                self.contents.push(new);
            } else if package.seats.is_content(place) && !gone.contains(&place) {
                self.contents.push(Content::Kept(place));
            }
        }
        self.gone = gone.into_iter().collect();
        self.gone.sort_unstable();
        for file in &request.add {
            let path = new_path(package.own(), &file.href)?;
            self.changes.push(about(&path, "added"));
            self.contents.push(Content::New { file, path });
        }
        let mut taken = Taken::default();
        let seals = [package.seats.manifest, package.seats.certificate];
        let seals = seals.iter().flatten().chain([&package.seats.descriptor]);
        for place in seals {
            taken.file(package.parts[*place].path.as_str())?;
        }
        for (number, content) in self.contents.iter().enumerate() {
            let path = self.path(package, number);
            taken.file(path.as_str()).map_err(|clash| match content {
                Content::Kept(_) => clash.in_member(path.as_str()),
                Content::New { .. } => there(path),
            })?;
        }
        Ok(())
    }

    /// Refuses a descriptor that refers to files that are not there, unless they were missing
    /// before; tells of files that nothing refers to.
    fn check(
        &mut self,
        package: &Package,
        before: Option<&Envelope>,
        now: &Envelope,
    ) -> Result<()> {
        let own = package.own();
        let paths = (0..self.contents.len()).map(|content| self.path(package, content).as_str());
        let after: HashSet<&str> = paths.collect();
        let parts: HashSet<&str> = (package.parts.iter().map(|part| part.path.as_str())).collect();
        let there = |files: &HashSet<&str>, href: &str, chunked: bool| {
            let name = if chunked {
                chunk_name(href, 0)
            } else {
                href.to_owned()
            };
            let mut meant = own.meant(&name);
            href.contains("://") || meant.any(|path| files.contains(path.as_str()))
        };
        let old = before.map(descriptor::references).unwrap_or_default();
        let lacked: HashSet<&str> = old
            .iter()
            .filter(|old| !there(&parts, &old.href, old.chunked))
            .map(|old| old.href.as_str())
            .collect();
        let references = descriptor::references(now);
        let missing = references.iter().find(|new| {
            !there(&after, &new.href, new.chunked) && !lacked.contains(new.href.as_str())
        });
        if let Some(missing) = missing {
            return Err(Error::new(
                ErrorKind::Mismatch,
                format!(
                    "the descriptor refers to `{}`, which would not be in the package",
                    missing.href
                ),
            )
            .in_member(own.as_str())
            .help("add the file, or leave its reference out of the descriptor"));
        }
        let referred: HashSet<String> = references
            .iter()
            .flat_map(|new| own.meant(&new.href))
            .map(|path| path.as_str().to_owned())
            .collect();
        let news = self.contents.iter().filter_map(|content| match content {
            Content::New { path, .. } if !referred.contains(path.as_str()) => Some(path),
            _ => None,
        });
        let warnings: Vec<_> = news
            .map(|path| format!("nothing in the descriptor refers to `{path}`"))
            .collect();
        self.warnings.extend(warnings);
        Ok(())
    }
}

/// Whether the descriptor is the old one, but for what fills it up.
fn is_same(old: &[u8], new: &NewDescriptor<'_>) -> bool {
    match new {
        NewDescriptor::Text(text) => unfilled(text).as_bytes() == old.trim_ascii_end(),
        NewDescriptor::Late { .. } => false,
    }
}

/// The text of a descriptor without what fills it up.
pub(super) fn unfilled(text: &str) -> &str {
    text.trim_end_matches([' ', '\t', '\r', '\n'])
}

/// Refuses a text that is no descriptor: a package with it could not be read any more.
pub(super) fn check_text(text: &str) -> Result<()> {
    descriptor::of_bytes(text.as_bytes()).map(|_| ())
}

/// Whether `href` names the file at `path` itself.
fn fits(package: &Package, path: &SafeName, href: &str) -> bool {
    package.own().meant(href).any(|meant| meant == *path)
}

/// The path of a new file: what its reference means.
fn new_path(own: &SafeName, href: &str) -> Result<SafeName> {
    let path = own.meant(href).last().ok_or_else(|| {
        Error::usage(format!("`{href}` is no name for a file of a package"))
            .help("name it without a scheme, `..` or a slash in front")
    })?;
    if Role::of(path.as_str()) != Role::Content {
        return Err(Error::usage(format!(
            "`{href}` is the name of a {}",
            Role::of(path.as_str()).name()
        ))
        .why("programs would take the file for that")
        .help("give it another ending"));
    }
    Ok(path)
}

fn not_there(href: &str, places: &HashMap<&str, usize>) -> Error {
    let mut names: Vec<_> = places.keys().map(|name| (*name).to_owned()).collect();
    names.sort();
    let error = Error::usage(format!("no file of the package is called `{href}`"));
    if names.is_empty() {
        return error.help("the package has a descriptor only");
    }
    error.help(format!("its files are {}", some_of(&names, SHOWN)))
}

fn there(path: &SafeName) -> Error {
    Error::new(
        ErrorKind::Exists,
        format!("the package has `{path}` already, or what differs from it in case only"),
    )
    .help("replace that file, or give the new one another name")
}

fn twice(href: &str) -> Error {
    Error::usage(format!("`{href}` is to be replaced or removed twice"))
        .help("say once what is to become of a file")
}
