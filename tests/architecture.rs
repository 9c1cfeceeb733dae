//! Imports run only downward, and the three pillars never import one another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The rooms of `src/`, from the ground up. A room may import those on lower
/// floors, and itself.
const FLOORS: [(&str, u8); 12] = [
    ("base", 0),
    ("xml", 1),
    ("data", 1),
    // The pillars: disks, packages, descriptors.
    ("disk", 2),
    ("ova", 2),
    ("envelope", 2),
    ("schema", 3),
    ("template", 3),
    ("vm", 4),
    ("validate", 5),
    ("ops", 6),
    ("cli", 7),
];

fn rust_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("src is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The rooms named behind `crate::` in `line`, also in a group in braces.
fn rooms_named(line: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(group) => group.split(['}', ',']).collect(),
            None => vec![rest],
        };
        for name in names {
            let name: String = name
                .trim()
                .chars()
                .take_while(char::is_ascii_lowercase)
                .collect();
            rooms.push(name);
        }
    }
    rooms
}

#[test]
fn imports_run_only_downward() {
    let floors: BTreeMap<_, _> = FLOORS.into_iter().collect();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    assert!(files.len() > 20, "the sources were found");
    let mut wrong = Vec::new();
    for path in files {
        let inside = path.strip_prefix(&source).expect("below src");
        let first = inside.iter().next().expect("a name").to_string_lossy();
        let room = first.trim_end_matches(".rs").trim_end_matches("_tests");
        let Some(floor) = floors.get(room) else {
            assert!(["lib", "main"].contains(&room), "{room} has no floor");
            continue;
        };
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        for (number, line) in (1..).zip(text.lines()) {
            for named in rooms_named(line) {
                let allowed =
                    named == room || floors.get(&*named).is_some_and(|below| below < floor);
                if floors.contains_key(&*named) && !allowed {
                    wrong.push(format!(
                        "{}:{number}: {room} imports {named}",
                        inside.display()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
