//! Sending what is written on to the disk while more is computed.

use std::fs::File;
use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// When the bytes of a new file have to be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Before the file gets its name, which then no crash of the machine can leave
    /// without them.
    #[default]
    Synced,
    /// When the system sees fit: it has them in memory when the file gets its name. Where a
    /// file system tells only at the end what it could not take, they are waited for all
    /// the same.
    Cached,
}

impl Durability {
    /// What it comes to for `file`: not to wait needs a file system that is known to have
    /// room for whatever it took.
    #[must_use]
    pub fn for_file(self, file: &File) -> Self {
        match self {
            Self::Cached if !is_local(file) => Self::Synced,
            chosen => chosen,
        }
    }
}

/// How often what was written is sent to the disk.
const PERIOD: Duration = Duration::from_millis(250);

/// Sends a growing file to the disk from a thread of its own, so that little is left to
/// wait for at the end.
#[derive(Debug)]
pub struct Writeback {
    /// Dropped to end the thread.
    stop: Sender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl Writeback {
    /// Begins to send what is written to `file`.
    pub fn begin(file: &File) -> io::Result<Self> {
        let file = file.try_clone()?;
        let (stop, stopped) = channel();
        let thread = thread::Builder::new().spawn(move || {
            while stopped.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                // The system tells of a failure once; it has to be kept.
                file.sync_data()?;
            }
            Ok(())
        })?;
        Ok(Self { stop, thread })
    }

    /// Ends the thread; tells of a failure to send.
    pub fn finish(self) -> io::Result<()> {
        drop(self.stop);
        let ended = self.thread.join();
        ended.unwrap_or_else(|_| Err(io::Error::other("the thread that syncs has died")))
    }
}

/// Whether `file` is on a file system of this machine, which refuses what it has no room
/// for at once. One of another machine, or of a program, may do so at the end.
#[cfg(target_os = "linux")]
fn is_local(file: &File) -> bool {
    /// The magic numbers of statfs(2): ext, XFS, btrfs, tmpfs, overlayfs, F2FS, ZFS, bcachefs.
    const LOCAL: [i128; 8] = [
        0xEF53,
        0x5846_5342,
        0x9123_683E,
        0x0102_1994,
        0x794C_7630,
        0xF2F5_2010,
        0x2FC1_2FC1,
        0xCA45_1A4E,
    ];
    rustix::fs::fstatfs(file).is_ok_and(|about| {
        // The type has another width and sign on every architecture.
        LOCAL.contains(&(i128::from(about.f_type) & 0xFFFF_FFFF))
    })
}

#[cfg(not(target_os = "linux"))]
fn is_local(_file: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn what_is_sent_is_what_was_written() {
        let mut file = tempfile::NamedTempFile::new().expect("temporary file");
        let content: Vec<u8> = (0_u32..3 << 20).map(|n| n.to_le_bytes()[1]).collect();
        let writeback = Writeback::begin(file.as_file()).expect("a thread");
        file.as_file_mut().write_all(&content).expect("write");
        writeback.finish().expect("sent");
        assert!(std::fs::read(file.path()).expect("read") == content);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn only_a_file_system_that_is_known_is_not_waited_for() {
        // procfs is none that files are made on.
        let strange = File::open("/proc/self/status").expect("open");
        assert_eq!(Durability::Cached.for_file(&strange), Durability::Synced);
        assert_eq!(Durability::Synced.for_file(&strange), Durability::Synced);
    }
}
