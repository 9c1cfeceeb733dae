//! A directory of inputs, a directory to work in, and runs of the program.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

/// No run takes longer, unless it hangs.
const DEADLINE: Duration = Duration::from_secs(120);

pub(crate) struct Scene {
    root: TempDir,
}

pub(crate) struct Run {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).expect("text")
    }

    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert!(self.status.success(), "{}: {}", self.status, self.stderr);
        self
    }
}

impl Scene {
    /// `in/disk.raw`, a small partitioned disk, and `out`, empty.
    pub(crate) fn new() -> Self {
        let scene = Self {
            root: tempfile::tempdir().expect("temporary directory"),
        };
        fs::create_dir(scene.path("in")).expect("directory");
        fs::create_dir(scene.path("out")).expect("directory");
        scene.write("in/disk.raw", &crate::images::raw(300_032));
        scene
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("write");
    }

    /// The program, run in `out`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ovfkit"));
        command
            .args(arguments)
            .current_dir(self.path("out"))
            .env_remove("SOURCE_DATE_EPOCH")
            .env_remove("COLUMNS")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        finish(self.command(arguments).spawn().expect("the program runs"))
    }

    /// Packs into `out/vm.ova`.
    pub(crate) fn pack(&self, arguments: &[&str]) -> Run {
        let all = [&["pack", "-o", "vm.ova"], arguments].concat();
        self.run(&all)
    }

    /// Everything there is, with its content.
    pub(crate) fn content(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let mut found = BTreeMap::new();
        collect(self.root.path(), &mut found);
        found
    }

    pub(crate) fn outputs(&self) -> Vec<String> {
        names(&self.path("out"))
    }

    /// The program refuses with `code`, says all `parts` on one screen, and
    /// changes nothing.
    #[track_caller]
    pub(crate) fn refuses(&self, arguments: &[&str], code: i32, parts: &[&str]) {
        self.check_refusal(self.command(arguments), code, parts);
    }

    #[track_caller]
    pub(crate) fn check_refusal(&self, mut command: Command, code: i32, parts: &[&str]) {
        let before = self.content();
        let run = finish(command.spawn().expect("the program runs"));
        check_error(&run, code, parts);
        assert!(run.stdout.is_empty(), "{}", run.stderr);
        assert!(self.content() == before, "left: {:?}", self.outputs());
    }
}

#[track_caller]
pub(crate) fn check_error(run: &Run, code: i32, parts: &[&str]) {
    let said = &run.stderr;
    assert_eq!(run.status.code(), Some(code), "{said}");
    assert!(said.starts_with("error: "), "{said}");
    for part in parts {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
    assert!(said.contains("help:"), "no advice in:\n{said}");
    assert!(said.lines().count() <= 6, "more than a glance:\n{said}");
    assert!(
        !said.contains('\x1b') && !said.contains("panicked"),
        "{said}"
    );
}

/// Waits, but not for ever.
#[track_caller]
pub(crate) fn finish(child: Child) -> Run {
    let id = child.id();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(DEADLINE) else {
        signal(id, "KILL");
        panic!("the program hangs");
    };
    let output = output.expect("the program ends");
    Run {
        status: output.status,
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

/// Sends a signal to one process.
pub(crate) fn signal(id: u32, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &id.to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
}

pub(crate) fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("list");
    let mut names: Vec<_> = entries
        .map(|entry| {
            let name = entry.expect("entry").file_name();
            name.to_string_lossy().into_owned()
        })
        .collect();
    names.sort();
    names
}

fn collect(directory: &Path, found: &mut BTreeMap<PathBuf, Option<Vec<u8>>>) {
    for name in names(directory) {
        let path = directory.join(name);
        let about = path.symlink_metadata().expect("metadata");
        if about.is_dir() {
            collect(&path, found);
        }
        let bytes = about.is_file().then(|| fs::read(&path).expect("read"));
        found.insert(path, bytes);
    }
}

/// Says why a test does not run; fails it where every tool is required.
pub(crate) fn skip(why: &str) {
    let required = std::env::var_os("OVFKIT_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(!required, "{why}, and OVFKIT_REQUIRE_TOOLS is 1");
    eprintln!("SKIPPED: {why}");
}
