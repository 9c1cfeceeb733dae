//! What the documentation shows of the program is what the program does: docs/guide.md and
//! README.md are run command by command, and every option named anywhere is one there is.
//!
//! `TRYCMD=overwrite cargo test --test guide` writes anew what the program prints.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "guide/options.rs"]
mod options;
#[path = "guide/page.rs"]
mod page;
mod support;

use page::{Page, commands};
use support::run::{ovfkit, run};
use support::tools;

/// The programs that pages use beside ovfkit.
const PROGRAMS: [&str; 5] = ["cat", "cp", "openssl", "sh", "truncate"];
/// The image the guide is about, as Ubuntu calls it, and its size.
const IMAGE: &str = "noble-server-cloudimg-amd64.img";
const SIZE: &str = "3.5 GiB";

/// The root of the project.
fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A stand-in for the image: the small disk of the fixtures, made as large as the real one.
fn make_image(directory: &Path) {
    let definition = directory.join("image.yaml");
    let disk = project().join("fixtures/tiny.qcow2");
    let disk = serde_json::to_string(&disk).expect("a path in UTF-8");
    let text = format!("name: image\ndisks: [{{ image: {disk}, size: {SIZE} }}]\n");
    fs::write(&definition, text).expect("room for a definition");
    let call = |arguments: &[&str]| {
        let outcome = run(ovfkit().args(arguments).current_dir(directory));
        assert!(outcome.succeeded(), "{}", outcome.stderr);
    };
    call(&["pack", "--definition", "image.yaml"]);
    call(&["unpack", "image.ova", "--disks", "qcow2"]);
    fs::rename(
        directory.join("image/image-disk1.qcow2"),
        directory.join(IMAGE),
    )
    .expect("an image");
    fs::remove_dir_all(directory.join("image")).expect("a directory");
    fs::remove_file(directory.join("image.ova")).expect("a package");
    fs::remove_file(definition).expect("a definition");
}

/// Runs all commands of the page at `path` in one directory, one after the other.
fn run_page(path: &str, least: usize) {
    if !tools::have(&PROGRAMS) {
        return;
    }
    let path = project().join(path);
    let text = fs::read_to_string(&path).expect("a page");
    let page = Page::new(&text);
    let shown = commands(page.copy());
    assert!(shown.len() >= least, "{} commands are found", shown.len());

    let bench = support::bench::Bench::new();
    // trycmd takes the directories beside a page for what is there before and after.
    let (copy, before) = (bench.path("page.md"), bench.path("page.in"));
    fs::create_dir(bench.path("page.out")).expect("a directory");
    fs::create_dir_all(before.join("fixtures")).expect("a directory");
    fs::copy(
        project().join("fixtures/tiny.qcow2"),
        before.join("fixtures/tiny.qcow2"),
    )
    .expect("room for a disk");
    make_image(&before);
    page.write_files(&before);
    fs::write(&copy, page.copy()).expect("room for a page");

    let mut programs: BTreeMap<&str, PathBuf> = PROGRAMS
        .iter()
        .map(|name| (*name, tools::find(name).expect("it is there")))
        .collect();
    let ovfkit = PathBuf::from(env!("CARGO_BIN_EXE_ovfkit"));
    let place = ovfkit.parent().expect("a directory").to_owned();
    programs.insert("ovfkit", ovfkit);
    for command in &shown {
        // trycmd passes over programs it does not know.
        let mut words = command.split(' ').filter(|word| !word.contains('='));
        let program = words.next().unwrap_or_default();
        assert!(programs.contains_key(program), "unknown program: {command}");
    }
    let mut all = vec![place];
    all.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let all = env::join_paths(all).expect("paths without colons");

    let cases = trycmd::TestCases::new();
    cases
        .case(&copy)
        .register_bins(programs)
        .env("PATH", all.to_str().expect("paths in UTF-8"))
        // What ovfkit takes when nobody says another time.
        .env("SOURCE_DATE_EPOCH", "946684800")
        .env("LC_ALL", "C")
        .run();
    if env::var_os("TRYCMD").is_some_and(|mode| mode == "overwrite") {
        let copy = fs::read_to_string(&copy).expect("the copy");
        fs::write(&path, page.restored(&copy)).expect("the page can be written");
    }
}

#[test]
fn the_guide_shows_what_happens() {
    run_page("docs/guide.md", 30);
}

#[test]
fn the_readme_shows_what_happens() {
    run_page("README.md", 1);
}
