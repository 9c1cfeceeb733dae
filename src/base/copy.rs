//! Bytes that go from file to file without passing through this program where the system can
//! do that: file systems that share blocks then copy nothing at all.

use std::fs::File;
use std::io;

use super::placed::Placed as _;
use super::progress::{Observer, cancelled};
use super::storage::{FileStorage, Storage as _};
use super::units::to_usize;
use super::{Error, Result};

/// Most bytes copied between two looks at the observer.
const STEP: u64 = 16 << 20;
/// Bytes that go through memory at a time.
const CHUNK: u64 = 1 << 20;
/// What the offsets of blocks that can be shared are multiples of, on nearly all file systems.
pub const SHARED_BLOCK: u64 = 4096;

/// Copies `length` bytes of `source`, from `from` on, to the place `to` of `target`, which has
/// nothing there yet: holes stay holes.
pub fn copy(
    source: &FileStorage,
    from: u64,
    target: &File,
    to: u64,
    length: u64,
    observer: &mut dyn Observer,
) -> Result<()> {
    let mut by_system = true;
    let mut done = 0;
    while done < length {
        let (from, to, left) = (from + done, to + done, length - done);
        let run = source.run_at(from)?;
        let mut step = run.length.min(left).min(STEP);
        if !run.hole {
            let over = from % SHARED_BLOCK;
            if over != 0 && over == to % SHARED_BLOCK {
                // Up to where blocks begin in both, from where on they can be shared.
                step = step.min(SHARED_BLOCK - over);
            }
            let copied = if by_system {
                system_copy(source.file(), from, target, to, step).map_err(Error::write)?
            } else {
                None
            };
            step = copied.unwrap_or_else(|| {
                by_system = false;
                step.min(CHUNK)
            });
            if !by_system {
                let mut chunk = vec![0; to_usize(step)];
                source.read_exact_at(from, &mut chunk)?;
                target.write_all_at(&chunk, to).map_err(Error::write)?;
            }
        }
        done += step;
        if observer.advanced(step).is_break() {
            return Err(cancelled());
        }
    }
    let end = to + length;
    let now = target.metadata().map_err(Error::write)?.len();
    if now < end {
        target.set_len(end).map_err(Error::write)?;
    }
    Ok(())
}

/// Has the system copy up to `length` bytes; tells how many it did, or nothing where it cannot.
#[cfg(target_os = "linux")]
fn system_copy(
    source: &File,
    mut from: u64,
    target: &File,
    mut to: u64,
    length: u64,
) -> io::Result<Option<u64>> {
    use rustix::io::Errno;
    loop {
        let copied = rustix::fs::copy_file_range(
            source,
            Some(&mut from),
            target,
            Some(&mut to),
            to_usize(length),
        );
        return match copied {
            Ok(count) if count > 0 => Ok(Some(count as u64)),
            Err(Errno::INTR) => continue,
            // Nothing is the end, or a file system that does not do it and does not say so:
            // reading tells.
            Ok(_)
            | Err(
                Errno::XDEV
                | Errno::INVAL
                | Errno::NOSYS
                | Errno::OPNOTSUPP
                | Errno::PERM
                | Errno::BADF
                | Errno::TXTBSY
                | Errno::OVERFLOW,
            ) => Ok(None),
            Err(error) => Err(error.into()),
        };
    }
}

/// Nothing here has a call for it.
#[cfg(not(target_os = "linux"))]
#[allow(clippy::unnecessary_wraps)] // where there is one, it can fail
fn system_copy(
    _source: &File,
    _from: u64,
    _target: &File,
    _to: u64,
    _length: u64,
) -> io::Result<Option<u64>> {
    Ok(None)
}

/// Makes `target` share all blocks of `source`, where the file system can do that; tells
/// whether it did.
#[cfg(all(
    target_os = "linux",
    not(any(target_arch = "sparc", target_arch = "sparc64"))
))]
pub fn share(source: &File, target: &File) -> bool {
    rustix::fs::ioctl_ficlone(target, source).is_ok()
}

/// No system call for it is known here.
#[cfg(not(all(
    target_os = "linux",
    not(any(target_arch = "sparc", target_arch = "sparc64"))
)))]
pub fn share(_source: &File, _target: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::base::progress::Unobserved;
    use std::io::Write as _;
    use std::ops::ControlFlow;
    use std::path::Path;

    /// A file with data, a hole of 8 MiB, and data.
    fn source(directory: &Path) -> (FileStorage, Vec<u8>) {
        let path = directory.join("source");
        let data: Vec<u8> = (0..5_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
        let mut content = data.clone();
        content.resize(content.len() + (8 << 20), 0);
        content.extend_from_slice(&data);
        let file = File::create(&path).unwrap();
        file.write_all_at(&data, 0).unwrap();
        file.write_all_at(&data, (content.len() - data.len()) as u64)
            .unwrap();
        (FileStorage::open(&path).unwrap(), content)
    }

    #[test]
    fn any_range_comes_to_any_place() {
        let dir = tempfile::tempdir().unwrap();
        let (source, content) = source(dir.path());
        let length = content.len() as u64;
        for (from, to, length) in [
            (0, 0, length),
            (512, 4608, length - 512),
            (1, 2, length - 7),
            (6 << 20, 0, 4 << 20),
            (length, 10, 0),
            (17, 17, 3),
        ] {
            let mut target = File::create_new(dir.path().join("target")).unwrap();
            target.write_all(&vec![7; to_usize(to)]).unwrap();
            copy(&source, from, &target, to, length, &mut Unobserved).unwrap();
            let copied = std::fs::read(dir.path().join("target")).unwrap();
            let wanted = &content[to_usize(from)..to_usize(from + length)];
            assert!(copied[to_usize(to)..] == *wanted, "{from} {to} {length}");
            assert!(copied[..to_usize(to)].iter().all(|byte| *byte == 7));
            std::fs::remove_file(dir.path().join("target")).unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn holes_take_no_room() {
        use std::os::unix::fs::MetadataExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sparse");
        let file = File::create(&path).unwrap();
        file.set_len(1 << 40).unwrap();
        if file.metadata().unwrap().blocks() > 0 {
            return; // a file system without holes
        }
        let source = FileStorage::open(&path).unwrap();
        let target = File::create_new(dir.path().join("target")).unwrap();
        copy(&source, 0, &target, 0, 1 << 34, &mut Unobserved).unwrap();
        let about = target.metadata().unwrap();
        assert_eq!(about.len(), 1 << 34);
        assert!(about.blocks() < 1 << 11, "{}", about.blocks());
    }

    #[test]
    fn what_became_shorter_and_who_stops_are_told() {
        struct Stop;
        impl Observer for Stop {
            fn advanced(&mut self, _amount: u64) -> ControlFlow<()> {
                ControlFlow::Break(())
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let (source, content) = source(dir.path());
        let target = tempfile::tempfile().unwrap();
        let stopped = copy(&source, 0, &target, 0, 1 << 20, &mut Stop).unwrap_err();
        assert_eq!(stopped.kind(), ErrorKind::Cancelled);
        let file = File::options().write(true).open(source.path()).unwrap();
        file.set_len(1000).unwrap();
        let length = content.len() as u64;
        let short = copy(&source, 0, &target, 0, length, &mut Unobserved).unwrap_err();
        assert_eq!(short.kind(), ErrorKind::Invalid);
    }
}
