//! A package and its descriptor together: which member each reference and each line of
//! the manifest is about, looked up once.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::time::SystemTime;

use crate::base::Result;
use crate::ova::certificate::{Signature, Verdict, roots};
use crate::ova::chunk::{chunk_name, chunk_of};
use crate::ova::manifest::{self, Entry, Parts};
use crate::ova::name::SafeName;
use crate::ova::role::Role;
use crate::xml::Element;

use super::document::{Document, attr};
use super::package::{Form, Member, Package};

/// A package as rules see it.
pub(super) struct Scene<'s> {
    pub(super) package: &'s Package,
    pub(super) document: Option<&'s Document<'s>>,
    /// The number of the descriptor's member.
    pub(super) descriptor: Option<usize>,
    pub(super) manifest: Option<ManifestAt<'s>>,
    pub(super) certificate: Option<CertificateAt>,
    /// The files the descriptor refers to.
    pub(super) references: Vec<ReferenceAt<'s>>,
    /// The first file of each path, in lower case.
    by_path: HashMap<String, usize>,
    /// Which reference is of the element that begins at an offset.
    by_element: HashMap<usize, usize>,
}

/// The manifest and its lines.
pub(super) struct ManifestAt<'s> {
    /// The number of its member.
    pub(super) member: usize,
    pub(super) bytes: &'s [u8],
    pub(super) text: Cow<'s, str>,
    /// Those that are not blank.
    pub(super) lines: Vec<LineAt>,
}

impl ManifestAt<'_> {
    /// The members it lists.
    pub(super) fn listed(&self) -> HashSet<usize> {
        let lines = self.lines.iter();
        lines.filter_map(|line| line.member).collect()
    }
}

/// A line of a manifest.
pub(super) struct LineAt {
    /// Where it stands in the text.
    pub(super) span: Range<usize>,
    /// What it says, if that is understood.
    pub(super) entry: Option<Entry>,
    /// The member it is about, if there is one.
    pub(super) member: Option<usize>,
}

impl LineAt {
    pub(super) fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.span.clone()).unwrap_or_default()
    }

    /// Its parts, of the manifest's `text`.
    pub(super) fn parts<'t>(&self, text: &'t str) -> Option<Parts<'t>> {
        let line = manifest::Line {
            text: self.text(text),
            start: self.span.start,
        };
        line.parts()
    }
}

/// The certificate, and what it says or why that is not known.
pub(super) struct CertificateAt {
    pub(super) member: usize,
    pub(super) signature: Result<Signature>,
    /// What it is worth by the roots of this system, if there is a manifest.
    pub(super) verdict: Option<Verdict>,
}

/// A file of the descriptor, and the members that hold it: one, or its chunks.
pub(super) struct ReferenceAt<'s> {
    pub(super) element: &'s Element,
    pub(super) href: &'s str,
    pub(super) members: Vec<usize>,
}

impl<'s> Scene<'s> {
    pub(super) fn new(package: &'s Package, document: Option<&'s Document<'s>>) -> Self {
        let mut by_path = HashMap::new();
        for (number, member) in package.members.iter().enumerate() {
            if let (true, Ok(path)) = (member.is_file(), &member.stored.path) {
                by_path.entry(path.folded()).or_insert(number);
            }
        }
        let mut scene = Self {
            package,
            document,
            descriptor: package.first(Role::Descriptor),
            manifest: None,
            certificate: None,
            references: Vec::new(),
            by_path,
            by_element: HashMap::new(),
        };
        scene.manifest = scene.read_manifest();
        scene.certificate = scene.read_certificate();
        scene.references = document.map_or_else(Vec::new, |document| scene.refer(document));
        let places = scene.references.iter().enumerate();
        scene.by_element = places
            .map(|(number, reference)| (reference.element.span.start, number))
            .collect();
        scene
    }

    pub(super) fn member(&self, number: usize) -> &'s Member {
        &self.package.members[number]
    }

    /// All members that are files, with their numbers.
    pub(super) fn files(&self) -> impl Iterator<Item = (usize, &'s Member)> {
        let members = self.package.members.iter().enumerate();
        members.filter(|(_, member)| member.is_file())
    }

    /// The members the descriptor refers to.
    pub(super) fn referred(&self) -> HashSet<usize> {
        let references = self.references.iter();
        references.flat_map(|one| &one.members).copied().collect()
    }

    pub(super) fn is_archive(&self) -> bool {
        self.package.form == Form::Archive
    }

    /// The member called `name` where `beside` is, also if the name is escaped or of
    /// another case.
    fn named(&self, beside: &SafeName, name: &str) -> Option<usize> {
        let mut paths = beside.meant(name);
        paths.find_map(|path| self.by_path.get(&path.folded()).copied())
    }

    fn path_of(&self, number: usize) -> Option<&'s SafeName> {
        self.member(number).stored.path.as_ref().ok()
    }

    fn read_manifest(&self) -> Option<ManifestAt<'s>> {
        let member = self.package.first(Role::Manifest)?;
        let path = self.path_of(member)?;
        let bytes = self.member(member).content.as_deref()?;
        let text = String::from_utf8_lossy(bytes);
        let marked = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mark = text.len() - marked.len();
        let there = manifest::lines(marked).filter(|line| !line.is_blank());
        let lines = there.map(|line| {
            let entry = line.entry();
            let about = entry.as_ref().map(|entry| self.named(path, &entry.name));
            LineAt {
                span: mark + line.start..mark + line.start + line.text.len(),
                member: about.flatten(),
                entry,
            }
        });
        Some(ManifestAt {
            member,
            bytes,
            lines: lines.collect(),
            text,
        })
    }

    fn read_certificate(&self) -> Option<CertificateAt> {
        let member = self.package.first(Role::Certificate)?;
        let bytes = self.member(member).content.as_deref()?;
        let signature = Signature::parse(bytes);
        let manifest = self.manifest.as_ref().map(|manifest| manifest.bytes);
        let verdict = signature.as_ref().ok().zip(manifest);
        let judge = |(signature, manifest): (&Signature, &[u8])| {
            signature.verify(manifest, &roots::system(), SystemTime::now())
        };
        Some(CertificateAt {
            member,
            verdict: verdict.map(judge),
            signature,
        })
    }

    fn refer(&self, document: &'s Document<'s>) -> Vec<ReferenceAt<'s>> {
        let own = self.descriptor.and_then(|number| self.path_of(number));
        // A hostile descriptor could name one long row of chunks any number of times.
        let mut rows = HashSet::new();
        let referred = |element: &&'s Element| {
            let href = attr(element, "href")?;
            let mut members = Vec::new();
            if let Some(own) = own {
                members.extend(self.named(own, href));
                if members.is_empty() {
                    let chunks = (0..).map(|number| chunk_name(href, number));
                    let mut row = chunks.map_while(|name| self.named(own, &name));
                    let first = row.next();
                    members.extend(first);
                    if first.is_some_and(|first| rows.insert(first)) {
                        members.extend(row);
                    }
                }
            }
            Some(ReferenceAt {
                element,
                href,
                members,
            })
        };
        document.files.iter().filter_map(referred).collect()
    }

    /// The one member that holds the file of `disk`, if it is not in chunks.
    pub(super) fn member_behind(&self, disk: &Element) -> Option<usize> {
        let file = self.document?.file_behind(disk)?;
        let reference = self.by_element.get(&file.span.start)?;
        match self.references[*reference].members.as_slice() {
            [only]
                if self
                    .path_of(*only)
                    .is_some_and(|path| chunk_of(path.as_str()).is_none()) =>
            {
                Some(*only)
            }
            _ => None,
        }
    }
}
