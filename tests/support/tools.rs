//! Outside programs: where they are looked for, and what their absence means.
//!
//! `scripts/install-test-tools` installs them. A missing one skips the test
//! aloud; with `OVFKIT_REQUIRE_TOOLS=1` it fails it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::run::run;

/// Debian's Python, the one that has libvmdk's module.
pub(crate) const PYTHON: &str = "/usr/bin/python3";

/// A missing tool: fails where tools are required, otherwise tells of the skip.
/// Always `false`, for the caller to return.
pub(crate) fn missing(what: &str) -> bool {
    let required = std::env::var_os("OVFKIT_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(
        !required,
        "{what} is missing and OVFKIT_REQUIRE_TOOLS is 1; scripts/install-test-tools installs it"
    );
    eprintln!("SKIPPED: {what} is missing; scripts/install-test-tools installs it");
    false
}

/// Whether all `programs` are there.
pub(crate) fn have(programs: &[&str]) -> bool {
    programs
        .iter()
        .all(|program| find(program).is_some() || missing(program))
}

/// Whether the images can be made and compared at all.
pub(crate) fn have_qemu() -> bool {
    have(&["qemu-img", "qemu-io", "tar"])
}

/// Whether Debian's Python has `module`.
pub(crate) fn have_module(module: &str) -> bool {
    if !Path::new(PYTHON).exists() {
        return missing(PYTHON);
    }
    let asked = run(Command::new(PYTHON).args(["-c", &format!("import {module}")]));
    asked.succeeded() || missing(&format!("Python's {module}"))
}

/// A file that the install script makes.
pub(crate) fn built(name: &str) -> Option<PathBuf> {
    let path = test_tools().join(name);
    (path.is_file() || missing(&path.display().to_string())).then_some(path)
}

/// A directory that the install script makes.
pub(crate) fn built_directory(name: &str) -> Option<PathBuf> {
    let path = test_tools().join(name);
    (path.is_dir() || missing(&path.display().to_string())).then_some(path)
}

/// A program that is known to be there.
pub(crate) fn program(name: &str) -> Command {
    Command::new(find(name).unwrap_or_else(|| name.into()))
}

/// The program's path: on PATH, where the install script puts what Debian does
/// not have, or among the programs of administrators.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let tools = test_tools();
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([
            tools.join("bin"),
            tools.join("venv/bin"),
            "/usr/sbin".into(),
        ])
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
}

/// Where the install script puts things.
fn test_tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-tools")
}
