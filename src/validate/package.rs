//! A package as rules see it: what was read of an archive, a directory or a disk before
//! anything was judged. Plain data; whoever opens packages fills it in.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::base::Error;
use crate::base::digest::Algorithm;
use crate::disk::kind::Kind as DiskKind;
use crate::disk::{vhdx, vmdk};
use crate::ova::header::{Dialect, Kind};
use crate::ova::name::SafeName;
use crate::ova::reader::{End, StoredMember};
use crate::ova::role::Role;
use crate::ova::wrapper::Wrapper;

use super::report::Seen;

/// The form of what is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A tar archive: an OVA.
    Archive,
    /// A descriptor with the files beside it.
    Directory,
    /// A disk without a package around it.
    Disk,
}

/// A package.
#[derive(Debug)]
pub struct Package {
    /// Its form.
    pub form: Form,
    /// Whether disks were to be read to their end.
    pub deep: bool,
    /// The name of the archive's file; none where it came in as a stream.
    pub file_name: Option<String>,
    /// What is around the archive.
    pub wrapper: Option<Wrapper>,
    /// Its members, in order. Those of a directory are the files that belong to the
    /// descriptor and are there.
    pub members: Vec<Member>,
    /// How the archive ends, if its end was reached.
    pub end: Option<End>,
    /// What ended the reading early: damage of the archive or its wrapper.
    pub damage: Option<Error>,
}

/// A member, with what was read of it.
#[derive(Debug)]
pub struct Member {
    /// Its header. That of a file in a directory has no offsets.
    pub stored: StoredMember,
    /// All of it, of the manifest and the certificate.
    pub content: Option<Vec<u8>>,
    /// Its digests, those that were taken.
    pub digests: HashMap<Algorithm, String>,
    /// What is on it, if it is a disk or something like one.
    pub disk: Option<Disk>,
    /// Why not all of it could be read.
    pub unread: Option<Error>,
}

/// A disk of a package.
#[derive(Debug)]
pub struct Disk {
    /// What its first bytes say it is.
    pub kind: DiskKind,
    /// Bytes the guest sees, if the format tells.
    pub capacity: Option<u64>,
    /// The variant of a VHDX, VHD or VDI.
    pub variant: Option<&'static str>,
    /// How its data is encrypted, `AES` or `LUKS`, if it is.
    pub encryption: Option<&'static str>,
    /// What a VMDK says of itself.
    pub vmdk: Option<vmdk::Summary>,
    /// What a VHDX says of itself.
    pub vhdx: Option<vhdx::Summary>,
    /// What is wrong with its headers, so that nobody can read it.
    pub unreadable: Option<Error>,
    /// All of it, read through, if that was asked for.
    pub content: Option<DiskContent>,
}

/// A disk, read through.
#[derive(Debug)]
pub enum DiskContent {
    /// A stream, as the strict look at it found it.
    Stream(vmdk::Report),
    /// Any other disk.
    Read {
        /// Bytes that are stored and not zeros by the disk's tables.
        populated: u64,
        /// What could not be read.
        fault: Option<Error>,
    },
}

impl Package {
    /// A package of `form` without members.
    pub fn new(form: Form) -> Self {
        Self {
            form,
            deep: false,
            file_name: None,
            wrapper: None,
            members: Vec::new(),
            end: None,
            damage: None,
        }
    }

    /// The members that are files with the part `role`, with their numbers.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = (usize, &Member)> {
        let members = self.members.iter().enumerate();
        members.filter(move |(_, member)| member.is_file() && member.stored.role() == role)
    }

    /// How far was looked.
    pub(super) fn seen(&self) -> Seen {
        let mut seen = Seen::default();
        for member in &self.members {
            seen.members += 1;
            if !member.digests.is_empty() {
                seen.digested += member.stored.size;
            }
            if let Some(content) = member.disk.as_ref().and_then(|disk| disk.content.as_ref()) {
                seen.disks += 1;
                if let DiskContent::Stream(report) = content {
                    seen.grains += report.grains;
                }
            }
        }
        seen
    }

    /// The first member with the part `role`, as importers look for it.
    pub fn first(&self, role: Role) -> Option<usize> {
        self.with_role(role).next().map(|(number, _)| number)
    }
}

impl Disk {
    /// A disk of which nothing but its `kind` is known.
    pub fn new(kind: DiskKind) -> Self {
        Self {
            kind,
            capacity: None,
            variant: None,
            encryption: None,
            vmdk: None,
            vhdx: None,
            unreadable: None,
            content: None,
        }
    }
}

impl Member {
    /// A member of an archive.
    pub fn new(stored: StoredMember) -> Self {
        Self {
            stored,
            content: None,
            digests: HashMap::new(),
            disk: None,
            unread: None,
        }
    }

    /// A file of a directory.
    pub fn beside(path: SafeName, size: u64) -> Self {
        Self::new(StoredMember {
            name: path.to_string(),
            path: Ok(path),
            size,
            header_offset: 0,
            data_offset: 0,
            kind: Kind::File,
            mode: None,
            mtime: None,
            dialect: Dialect::Ustar,
        })
    }

    /// Whether it is a file, and none some program left behind.
    pub fn is_file(&self) -> bool {
        self.stored.kind == Kind::File && self.stored.role() != Role::Noise
    }

    /// Its content as text, if it was kept; what is no UTF-8 in it is replaced.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.content.as_deref().map(String::from_utf8_lossy)
    }

    /// Bytes of the disk that are in use, if it was read through.
    pub fn populated(&self) -> Option<u64> {
        match self.disk.as_ref()?.content.as_ref()? {
            DiskContent::Stream(report) => Some(report.populated),
            DiskContent::Read { populated, .. } => Some(*populated),
        }
    }
}
