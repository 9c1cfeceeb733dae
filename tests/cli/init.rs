//! `ovfkit init` and `ovfkit schema`.

use std::fs;

use crate::scene::{Run, Scene};
use crate::tar_file::Tar;

/// What `init` says with `arguments`.
#[track_caller]
fn init(scene: &Scene, arguments: &[&str]) -> Run {
    scene.run(&[&["init"], arguments].concat()).succeeded()
}

/// The lines of `text` that are no comments.
fn values(text: &str) -> Vec<&str> {
    let lines = text.lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

#[test]
fn a_skeleton_has_the_options_and_examples_of_the_rest() {
    let scene = Scene::new();
    let run = init(
        &scene,
        &["--name", "web-01", "--os", "ubuntu24.04", "--cpus", "4"],
    );
    assert_eq!(run.stderr, "");
    let text = run.text();
    assert!(
        text.starts_with("# yaml-language-server: $schema=ovfkit.schema.json\n"),
        "{text}"
    );
    assert_eq!(
        values(&text),
        ["name: web-01", "os: ubuntu24.04", "cpus: 4"]
    );
    for line in [
        "# memory: 4 GiB",
        "# disks: [noble-server-cloudimg-amd64.img]",
        "# Virtual CPUs: a number, or a map with more about them.",
    ] {
        assert!(
            text.lines().any(|one| one == line),
            "no {line:?} in\n{text}"
        );
    }
}

#[test]
fn examples_are_definitions_once_they_are_no_comments() {
    let scene = Scene::new();
    let text = init(&scene, &["--name", "x"]).text();
    let is_example = |line: &&str| {
        let line = line.strip_prefix("# ").unwrap_or(line);
        line.split_once(':').is_some_and(|(key, _)| {
            !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        }) || line.starts_with("  ")
    };
    let examples = text.lines().skip(3).filter(is_example);
    let examples: Vec<&str> = examples
        .filter(|line| !line.contains("Virtual CPUs"))
        .map(|line| line.strip_prefix("# ").unwrap_or(line))
        .collect();
    scene.write(
        "out/noble-server-cloudimg-amd64.img",
        &crate::images::raw(300_032),
    );
    scene.write("out/LICENSE.txt", b"Do as you like.\n");
    scene.write("out/user-data.yaml", b"#cloud-config\n{}\n");
    // Names that stand for several targets, and a choice there is none of.
    scene.write("out/vm.yaml", (examples.join("\n") + "\n").as_bytes());
    scene
        .run(&["pack", "--definition", "vm.yaml", "--target", "portable"])
        .succeeded();
}

#[test]
fn an_image_gives_a_definition_that_packs() {
    let scene = Scene::new();
    fs::rename(
        scene.path("in/disk.raw"),
        scene.path("in/debian-12-generic-amd64.raw"),
    )
    .expect("renamed");
    let run = init(
        &scene,
        &[
            "--from",
            "../in/debian-12-generic-amd64.raw",
            "-o",
            "vm.yaml",
        ],
    );
    assert_eq!(run.text(), "");
    let text = fs::read_to_string(scene.path("out/vm.yaml")).expect("written");
    assert_eq!(
        values(&text),
        [
            "name: debian-12-generic-amd64",
            "os: debian12",
            "disks: [../in/debian-12-generic-amd64.raw]",
        ]
    );
    assert!(text.contains("# The image is a raw disk of "), "{text}");
    scene.run(&["pack", "--definition", "vm.yaml"]).succeeded();
}

#[test]
fn paths_are_from_where_the_definition_is() {
    let scene = Scene::new();
    init(&scene, &["--from", "../in/disk.raw", "-o", "../in/vm.yaml"]);
    let text = fs::read_to_string(scene.path("in/vm.yaml")).expect("written");
    assert_eq!(values(&text), ["name: disk", "disks: [disk.raw]"]);
    scene
        .run(&["pack", "--definition", "../in/vm.yaml"])
        .succeeded();
}

#[test]
fn a_package_gives_the_definition_it_was_packed_from() {
    let scene = Scene::new();
    let definition = "\
name: web-01
os: ubuntu24.04
cpus: 4
memory: 8 GiB
firmware: efi
disks: [web-01-disk1.vmdk, { size: 20 GiB }]
cdroms: [{}]
nics: [LAN, { network: DMZ, model: e1000 }]
boot-order: [disk1, nic1]
config: { tools.syncTimeWithHost: false }
product: { name: Web server, version: '1.10' }
properties:
  hostname: { default: web, label: Host name }
annotation: |
  Made by hand.
  With care.
";
    fs::create_dir(scene.path("out/web-01")).expect("a directory");
    fs::copy(
        scene.path("in/disk.raw"),
        scene.path("out/web-01/web-01-disk1.vmdk"),
    )
    .expect("copied");
    scene.write("out/web-01/vm.yaml", definition.as_bytes());
    scene
        .run(&[
            "pack",
            "--definition",
            "web-01/vm.yaml",
            "--input-format",
            "raw",
            "-o",
            "web-01.ova",
        ])
        .succeeded();
    fs::remove_dir_all(scene.path("out/web-01")).expect("removed");
    let run = init(&scene, &["--from", "web-01.ova", "-o", "again.yaml"]);
    assert!(
        run.stderr.contains("ovfkit unpack web-01.ova"),
        "{}",
        run.stderr
    );
    let text = fs::read_to_string(scene.path("out/again.yaml")).expect("written");
    let expected = definition.replace("[web-01-disk1", "[web-01/web-01-disk1");
    assert_eq!(values(&text).join("\n") + "\n", expected);
    // And as it says, so it is packed again.
    scene.run(&["unpack", "web-01.ova"]).succeeded();
    scene
        .run(&["pack", "--definition", "again.yaml", "-o", "again.ova"])
        .succeeded();
    let of = |name: &str| scene.run(&["info", name, "--json"]).succeeded().text();
    let view = |name: &str| {
        let mut report: serde_json::Value = serde_json::from_str(&of(name)).expect("JSON");
        report.as_object_mut().expect("a map").remove("package");
        report
    };
    assert_eq!(view("web-01.ova"), view("again.ova"));
}

#[test]
fn options_go_over_what_a_package_says() {
    let scene = Scene::new();
    scene
        .pack(&["../in/disk.raw", "--cpus", "4", "--os", "debian12"])
        .succeeded();
    let run = init(&scene, &["--from", "vm.ova", "--cpus", "8", "--no-nic"]);
    let text = run.text();
    assert_eq!(
        values(&text),
        [
            "name: vm",
            "os: debian12",
            "cpus: 8",
            "disks: [vm/vm-disk1.vmdk]",
            "nics: []"
        ]
    );
}

#[test]
fn json_is_written_by_its_ending_or_when_asked_for() {
    let scene = Scene::new();
    init(
        &scene,
        &[
            "--name", "web", "--cpus", "4", "-o", "vm.json", "--schema", "s.json",
        ],
    );
    let text = fs::read_to_string(scene.path("out/vm.json")).expect("written");
    let expected = "{\n  \"$schema\": \"s.json\",\n  \"name\": \"web\",\n  \"cpus\": 4\n}\n";
    assert_eq!(text, expected);
    let asked = init(
        &scene,
        &[
            "--name", "web", "--cpus", "4", "--format", "json", "--schema", "s.json",
        ],
    );
    assert_eq!(asked.text(), expected);
}

#[test]
fn an_output_is_replaced_only_when_asked() {
    let scene = Scene::new();
    scene.write("out/vm.yaml", b"name: mine\n");
    let arguments = ["init", "--name", "x", "-o", "vm.yaml"];
    scene.refuses(&arguments, 7, &["vm.yaml", "--force"]);
    scene
        .run(&[&arguments[..], &["--force"]].concat())
        .succeeded();
    let text = fs::read_to_string(scene.path("out/vm.yaml")).expect("written");
    assert_eq!(values(&text), ["name: x"]);
}

#[test]
fn wrong_inputs_are_refused() {
    let scene = Scene::new();
    scene.write("in/bad.ovf", b"<Envelope");
    scene.write("in/other.xml", b"<html/>");
    scene.write("in/empty.qcow2", b"");
    scene.write("in/plain.tar", &Tar::default().file("a.txt", b"x").end());
    for (arguments, code, parts) in [
        (
            &["--from", "../in/missing.img"][..],
            6,
            &["missing.img", "--from"][..],
        ),
        (&["--from", "../in/bad.ovf"], 3, &["bad.ovf"]),
        (
            &["--from", "../in/other.xml"],
            3,
            &["other.xml", "not an OVF envelope"],
        ),
        (&["--from", "../in/plain.tar"], 3, &["no descriptor"]),
        (&["--from", "."], 2, &["--from", "no descriptor"]),
        (&["--os", "windows97"], 2, &["--os", "windows97"]),
        (&["-o", "vm.toml"], 2, &["TOML", "-o"]),
    ] {
        scene.refuses(&[&["init"], arguments].concat(), code, parts);
    }
}

#[test]
fn schemas_are_printed() {
    let scene = Scene::new();
    for (arguments, file, title) in [
        (
            &["schema"][..],
            "definition.json",
            "ovfkit machine definition",
        ),
        (&["schema", "--target"], "target.json", "ovfkit target"),
    ] {
        let text = scene.run(arguments).succeeded().text();
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("schema")
            .join(file);
        assert_eq!(
            text,
            fs::read_to_string(path).expect("the schema"),
            "{title}"
        );
        assert!(text.contains(title));
    }
}
