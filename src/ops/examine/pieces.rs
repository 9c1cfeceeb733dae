//! Disks of several files: a descriptor, and other files that are its extents.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::Result;
use crate::base::output::directory_of;
use crate::base::progress::Observer;
use crate::base::slice::Slice;
use crate::base::storage::{FileStorage, Storage};
use crate::disk::alone;
use crate::disk::kind::Kind as DiskKind;
use crate::disk::neighbours::in_directory;
use crate::disk::vmdk::{Described, ExtentFile};
use crate::validate::package::{Disk, Member};

use super::{Examine, disks};

/// Where the files of a package lie.
pub(super) trait Place {
    /// What is in the file `member`.
    fn storage(&self, member: &Member) -> Result<Arc<dyn Storage>>;

    /// The file `name` beside the descriptor `member`, if it is there: `found`, where it is one
    /// of the package.
    fn beside(
        &self,
        member: &Member,
        name: &str,
        found: Option<&Member>,
    ) -> Result<Option<ExtentFile>>;
}

/// Looks at the disks among `members` that are described by a file of their own.
pub(super) fn look(
    request: &Examine<'_>,
    members: &mut [Member],
    place: &dyn Place,
    observer: &mut dyn Observer,
) -> Result<()> {
    let is = |member: &Member| {
        let disk = member.disk.as_ref();
        disk.is_some_and(|disk| disk.kind == DiskKind::VmdkDescriptor)
    };
    let described = (0..members.len()).filter(|number| is(&members[*number]));
    let described: Vec<_> = described.collect();
    if described.is_empty() {
        return Ok(());
    }
    let numbers = super::files(members);
    for number in described {
        let member = &members[number];
        let path = Path::new(&member.stored.name);
        let storage = place.storage(member)?;
        let named = |name: &str| {
            let path = member.stored.path.as_ref().ok()?.beside(name)?;
            let found = numbers.get(path.as_str()).copied();
            found.filter(|found| *found != number)
        };
        let read = Described::read(&*storage, path).ok().flatten();
        let extents = read.iter().flat_map(Described::files);
        let parts: Vec<_> = extents.filter_map(|name| named(name)).collect();
        let neighbours =
            |name: &str| place.beside(member, name, named(name).map(|found| &members[found]));
        let opened = alone::open_among(
            DiskKind::VmdkDescriptor,
            storage,
            path,
            None,
            Some(&neighbours),
        );
        let name = member.stored.name.clone();
        if let Some(disk) = &mut members[number].disk {
            disks::take(request, &name, disk, opened, observer)?;
        }
        for part in parts {
            // What can be read by itself is judged by itself, too.
            let piece = |disk: &mut Disk| {
                disk.content.is_none()
                    && (disk.unreadable.is_some() || disk.kind == DiskKind::EsxVmdk)
            };
            members[part].disk.take_if(piece);
        }
    }
    Ok(())
}

/// An archive.
pub(super) struct Archive(pub(super) Arc<FileStorage>);

impl Place for Archive {
    fn storage(&self, member: &Member) -> Result<Arc<dyn Storage>> {
        let whole: Arc<dyn Storage> = Arc::<FileStorage>::clone(&self.0);
        let slice = Slice::new(whole, member.stored.data_offset, member.stored.size)?;
        Ok(Arc::new(slice))
    }

    fn beside(&self, _: &Member, _: &str, found: Option<&Member>) -> Result<Option<ExtentFile>> {
        let extent = found.map(|found| {
            Ok(ExtentFile {
                storage: self.storage(found)?,
                path: PathBuf::from(&found.stored.name),
            })
        });
        extent.transpose()
    }
}

/// A directory with the file of this path in it.
pub(super) struct Directory<'d>(pub(super) &'d Path);

impl Directory<'_> {
    fn path(&self, member: &Member) -> PathBuf {
        directory_of(self.0).join(&member.stored.name)
    }
}

impl Place for Directory<'_> {
    fn storage(&self, member: &Member) -> Result<Arc<dyn Storage>> {
        Ok(Arc::new(FileStorage::open(&self.path(member))?))
    }

    fn beside(
        &self,
        member: &Member,
        name: &str,
        _: Option<&Member>,
    ) -> Result<Option<ExtentFile>> {
        in_directory(&self.path(member), name)
    }
}
