//! Running programs: with a time limit, and with nothing taken for granted.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// No program of these tests takes as long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a program did.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) elapsed: Duration,
}

impl Outcome {
    pub(crate) fn succeeded(&self) -> bool {
        self.code == Some(0)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// Runs `command` to its end. Output goes through files, so a program that
/// writes much and one that waits are both seen through.
pub(crate) fn run(command: &mut Command) -> Outcome {
    run_within(command, PATIENCE)
}

/// Runs `command` to its end, which has to come within the time of `patience`.
pub(crate) fn run_within(command: &mut Command, patience: Duration) -> Outcome {
    let mut stdout = tempfile::tempfile().expect("a temporary file");
    let mut stderr = tempfile::tempfile().expect("a temporary file");
    let to = |file: &File| Stdio::from(file.try_clone().expect("a second handle"));
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(to(&stdout))
        .stderr(to(&stderr))
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child to wait for") {
            break status;
        }
        if started.elapsed() > patience {
            child.kill().expect("a child to end");
            child.wait().expect("an ended child");
            let said = [content(&mut stdout), content(&mut stderr)].concat();
            let said = String::from_utf8_lossy(&said);
            panic!("{command:?} hangs; it said:\n{said}");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let elapsed = started.elapsed();
    Outcome {
        code: status.code(),
        stdout: content(&mut stdout),
        stderr: String::from_utf8_lossy(&content(&mut stderr)).into_owned(),
        elapsed,
    }
}

/// Runs a program that has to succeed; returns its standard output.
pub(crate) fn succeed<A: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = A>,
) -> String {
    let mut command = Command::new(program);
    command.args(arguments);
    let outcome = run(&mut command);
    assert!(
        outcome.succeeded(),
        "{command:?} failed ({:?}):\n{}{}",
        outcome.code,
        outcome.text(),
        outcome.stderr
    );
    outcome.text()
}

/// The program under test.
pub(crate) fn ovfkit() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ovfkit"));
    command.env_remove("SOURCE_DATE_EPOCH");
    command
}

/// The program under test, where the kernel refuses it more than `megabytes`
/// of memory of its own. Counted is what is asked for, used or not.
pub(crate) fn ovfkit_within(megabytes: u64) -> Command {
    let mut command = Command::new("sh");
    command
        .env_remove("SOURCE_DATE_EPOCH")
        .args(["-c", "ulimit -d \"$0\" && exec \"$@\""])
        .arg((megabytes << 10).to_string())
        .arg(env!("CARGO_BIN_EXE_ovfkit"));
    command
}

fn content(file: &mut File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).expect("a seekable file");
    file.read_to_end(&mut bytes).expect("a readable file");
    bytes
}
