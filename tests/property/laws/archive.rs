//! What holds for any bytes that are given as an archive.

use std::io::{Cursor, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use ovfkit::Result;
use ovfkit::base::storage::FileStorage;
use ovfkit::ova::feed::{Positional, Stream};
use ovfkit::ova::header::{BLOCK, Kind};
use ovfkit::ova::open::OpenArchive;
use ovfkit::ova::reader::{ArchiveReader, MAX_MEMBERS, StoredMember};
use ovfkit::ova::role::Role;
use ovfkit::ova::survey::Survey;

/// Bytes of a member that are compared.
const MOST: u64 = 1 << 20;

/// An archive is refused, or it has the members it is said to have: whether their
/// content is read or left out, and whether it comes through a pipe or stands in a
/// file. Returns whether it was read.
pub fn archive(bytes: &[u8]) -> bool {
    let piped = Survey::take(OpenArchive {
        reader: streamed(bytes),
        wrapper: None,
        storage: None,
    });
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let storage = Arc::new(FileStorage::open(file.path()).unwrap());
    let stored = Survey::take(OpenArchive {
        reader: ArchiveReader::new(Box::new(Positional::new(Arc::clone(&storage)))),
        wrapper: None,
        storage: Some(storage),
    });
    let read = contents(bytes);
    let (piped, stored, read) = match (piped, stored, read) {
        (Ok(piped), Ok(stored), Ok(read)) => (piped, stored, read),
        (Err(piped), Err(stored), Err(read)) => {
            assert_eq!(piped.to_string(), stored.to_string());
            assert_eq!(piped.to_string(), read.to_string());
            return false;
        }
        (piped, stored, read) => panic!(
            "piped {:?}, stored {:?}, read {:?}",
            piped.err(),
            stored.err(),
            read.err()
        ),
    };
    assert_eq!(piped.members, stored.members);
    assert_eq!(piped.members, read);
    assert!(
        piped.end.is_some() && piped.end == stored.end,
        "how it ends"
    );
    for member in &read {
        // A pipe keeps only what is small.
        if let Ok(kept) = piped.content(member, MOST) {
            assert_eq!(kept, stored.content(member, MOST).unwrap());
        }
    }
    looked_at(&piped);
    looked_at(&stored);
    true
}

fn streamed(bytes: &[u8]) -> ArchiveReader {
    let bytes = Box::new(Cursor::new(bytes.to_vec()));
    ArchiveReader::new(Box::new(Stream::new(bytes, PathBuf::from("x"), None)))
}

/// All members, each read to its end.
fn contents(bytes: &[u8]) -> Result<Vec<StoredMember>> {
    let mut reader = streamed(bytes);
    let mut members: Vec<StoredMember> = Vec::new();
    let mut end = 0;
    while let Some(member) = reader.next()? {
        let content = reader.read_whole()?;
        assert_eq!(member.size, content.len() as u64);
        assert!(member.header_offset >= end, "members follow each other");
        assert!(member.header_offset < member.data_offset);
        assert!(member.data_offset.is_multiple_of(BLOCK as u64));
        let at = usize::try_from(member.data_offset).unwrap();
        assert_eq!(bytes[at..at + content.len()], content);
        end = member.data_offset + member.size;
        if let Ok(path) = &member.path {
            let path = Path::new(path.as_str());
            let below = |part| matches!(part, Component::Normal(_));
            assert!(path.components().all(below), "{} leads out", path.display());
            assert!(!member.name.contains('\\'));
        }
        members.push(member);
    }
    assert!(members.len() <= MAX_MEMBERS);
    Ok(members)
}

/// What one asks of an archive can be asked of any.
fn looked_at(survey: &Survey) {
    for member in &survey.members {
        if let (Ok(path), Kind::File) = (&member.path, member.kind) {
            let found = survey.find(path.as_str()).unwrap();
            assert_eq!(found.path, member.path);
        }
    }
    for role in [Role::Descriptor, Role::Manifest, Role::Certificate] {
        if let Some(member) = survey.first(role) {
            assert_eq!((member.role(), member.kind), (role, Kind::File));
        }
    }
    if let Some(Ok(listing)) = survey.listing() {
        let paths = survey
            .members
            .iter()
            .filter_map(|one| one.path.as_ref().ok());
        let coverage = listing.coverage(paths);
        assert!(coverage.unlisted.len() <= survey.members.len());
        assert!(coverage.missing.len() <= listing.manifest.entries.len());
    }
}
