//! Files that include others.

use serde_json::json;

use super::*;

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

fn load(directory: &tempfile::TempDir, name: &str) -> Result<Document, Error> {
    Loader::new().file(directory.path().join(name)).load()
}

/// What is told, with the directory called `D`.
fn told_of(files: &[(&str, &str)], name: &str) -> Vec<String> {
    let directory = directory(files);
    let error = load(&directory, name).unwrap_err();
    let place = directory.path().to_string_lossy().into_owned();
    let told = told(&error).into_iter();
    told.map(|line| line.replace(&place, "D")).collect()
}

#[test]
fn a_file_stands_over_what_it_includes() {
    let directory = directory(&[
        (
            "vm.yaml",
            "include: [shared/base.toml, disks.json]\ncpus: 4\n",
        ),
        (
            "shared/base.toml",
            "include = 'deep.yaml'\ncpus = 1\nmemory = 2\nname = 'base'",
        ),
        ("shared/deep.yaml", "name: deep\nos: linux"),
        (
            "disks.json",
            "{\"disks\": [1], \"name\": \"disks\", \"include\": []}",
        ),
    ]);
    let document = load(&directory, "vm.yaml").unwrap();
    let read: Json = document.read().unwrap();
    let expected = json!({"cpus": 4, "memory": 2, "name": "disks", "os": "linux", "disks": [1]});
    assert_eq!(read, expected);
    let os = Path::new().key("os");
    assert_eq!(document.directory(&os), directory.path().join("shared"));
    let place = document.location(&os);
    assert_eq!((place.line, place.column), (2, 5));
    assert!(place.file.ends_with("shared/deep.yaml"));
}

#[test]
fn an_include_appends_to_what_was_there_before() {
    let directory = directory(&[
        ("base.yaml", "disks: [1]\nnics: [1]"),
        ("prod.yaml", "include: more.yaml\ndisks+: [3]\nnics: ~"),
        ("more.yaml", "disks+: [2]"),
    ]);
    let document = Loader::new()
        .file(directory.path().join("base.yaml"))
        .file(directory.path().join("prod.yaml"))
        .load();
    let read: Json = document.unwrap().read().unwrap();
    assert_eq!(read, json!({"disks": [1, 2, 3]}));
}

#[test]
fn one_file_may_be_included_twice() {
    let directory = directory(&[
        ("vm.yaml", "include: [a.yaml, b.yaml]"),
        ("a.yaml", "include: c.yaml\na: 1"),
        ("b.yaml", "include: c.yaml"),
        ("c.yaml", "a: 0"),
    ]);
    let read: Json = load(&directory, "vm.yaml").unwrap().read().unwrap();
    assert_eq!(read, json!({"a": 0}));
}

#[test]
fn includes_do_not_go_round() {
    let told = told_of(
        &[
            ("vm.yaml", "include: a.yaml"),
            ("a.yaml", "x: 1\ninclude: [b.yaml]"),
            ("b.yaml", "include: sub/../a.yaml"),
            ("sub/x", ""),
        ],
        "vm.yaml",
    );
    assert_eq!(
        told,
        [
            "D/b.yaml: 1:10: files include one another: D/a.yaml → D/b.yaml → D/sub/../a.yaml \
             | D/a.yaml:2:11 includes D/b.yaml; D/b.yaml:1:10 includes D/sub/../a.yaml \
             | remove one of these includes"
        ]
    );
    let told = told_of(&[("vm.yaml", "include: vm.yaml")], "vm.yaml");
    assert!(told[0].contains("D/vm.yaml → D/vm.yaml"), "{told:?}");
}

#[test]
fn everything_wrong_with_includes_is_told() {
    let told = told_of(
        &[
            (
                "vm.yaml",
                "include:\n  - none.yaml\n  - sub\n  - bad.yaml\n  - ${x}.yaml\n  - [a]\n  - wide.yaml\n  - ''\n",
            ),
            ("bad.yaml", "a: 1\na: 2"),
            ("wide.yaml", "\u{FEFF}a: 1"),
            ("sub/x", ""),
        ],
        "vm.yaml",
    );
    assert_eq!(
        told,
        [
            "D/vm.yaml: 2:5: D/none.yaml: cannot read the file: no such file or directory | check the spelling of the path",
            "D/vm.yaml: 3:5: D/sub: this is a directory, not a file in YAML, TOML or JSON | name the file in it",
            "D/bad.yaml: 2:1: the key `a` is given twice | it is there already in line 1 | remove one of them",
            "D/vm.yaml: 5:5: an include cannot have parameters | what they stand for is known when all files are merged | give the file with a further `--definition` instead",
            "D/vm.yaml: 6:5: an include has to be a path, and is a list",
            "D/vm.yaml: 8:5: D/: this is a directory, not a file in YAML, TOML or JSON | name the file in it",
        ]
    );
    let told = told_of(&[], "none.yaml");
    assert_eq!(
        told,
        [
            "D/none.yaml: cannot read the file: no such file or directory | check the spelling of the path"
        ]
    );
    assert_told(
        Loader::new().load(),
        &["there is no file to read"],
        "nothing given",
    );
}

#[test]
fn bytes_that_are_no_text_are_told_in_their_file() {
    let directory = directory(&[("vm.yaml", "a: 1\ninclude: x.yaml")]);
    std::fs::write(directory.path().join("x.yaml"), b"b: 1\nc: \xE4").unwrap();
    let error = load(&directory, "vm.yaml").unwrap_err();
    let place = error.place();
    assert_eq!(place.line, Some((2, 4)));
    assert!(place.path.as_ref().unwrap().ends_with("x.yaml"));
    assert_eq!(error.excerpt(), None);
}

#[test]
fn includes_have_bounds() {
    let names: Vec<String> = (0..=MAX_INCLUDE_DEPTH + 1)
        .map(|n| format!("{n}.yaml"))
        .collect();
    let texts: Vec<String> = names
        .iter()
        .skip(1)
        .map(|name| format!("include: {name}"))
        .collect();
    let files: Vec<_> = names
        .iter()
        .zip(&texts)
        .map(|(name, text)| (&**name, &**text))
        .collect();
    let told = told_of(&files, "0.yaml");
    assert_eq!(
        told,
        ["D/16.yaml: 1:10: files include one another more than 16 deep"]
    );
    // Each of ten files includes the next one ten times.
    let texts: Vec<String> = (1..11)
        .map(|n| format!("include: [{}]", vec![format!("{n}.yaml"); 10].join(", ")))
        .collect();
    let files: Vec<_> = names
        .iter()
        .zip(&texts)
        .map(|(name, text)| (&**name, &**text))
        .collect();
    let mut files = files;
    files.push(("10.yaml", "a: 1"));
    let told = told_of(&files, "0.yaml");
    assert!(
        told[0].ends_with("there are more than 256 files"),
        "{}",
        told[0]
    );
}
