//! What other programs make of what a guest is told: readers of ISO 9660 list and extract the
//! files of a seed image, and cloud-init's own code reads them, and the properties.

mod support;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use ovfkit::base::{Error, Result};
use ovfkit::vm::seed::{CloudInit, Mode, Properties, Request, Seed, make};
use serde_json::{Value, json};
use tempfile::TempDir;

use support::run::{Outcome, ovfkit, run};
use support::{content, tools};

/// 2023-11-14 22:13:20 UTC.
const TIME: u64 = 1_700_000_000;
const META_DATA: &str = "{\"instance-id\": \"iid-7\", \"local-hostname\": \"db\"}\n";
const NETWORK_CONFIG: &str = "{\"version\": 2, \"ethernets\": {\"eth0\": {\"dhcp4\": true}}}\n";

/// The part of YAML that is JSON.
fn read_json(_: &Path, text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| Error::usage(error.to_string()))
}

/// A directory with the files for cloud-init, and others.
struct Scene {
    root: TempDir,
    files: Vec<(&'static str, Vec<u8>)>,
}

impl Scene {
    fn new(files: &[(&'static str, &[u8])]) -> Self {
        let root = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(root.path().join("in")).expect("a directory");
        for (name, content) in files {
            std::fs::write(root.path().join("in").join(name), content).expect("written");
        }
        let files = files.iter().map(|(name, it)| (*name, it.to_vec()));
        let files = files.collect();
        Self { root, files }
    }

    /// All four files, the last of several blocks.
    fn full() -> Self {
        let mut script = b"#!/bin/sh\n: ".to_vec();
        script.extend(content::prose(100_000));
        let mut user_data = b"#cloud-config\n# ".to_vec();
        // To the byte as long as a block: nothing of the next may be taken for it.
        user_data.resize(2048, b'x');
        Self::new(&[
            ("user-data", &user_data),
            ("meta-data", META_DATA.as_bytes()),
            ("network-config", NETWORK_CONFIG.as_bytes()),
            ("vendor-data", &script),
        ])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn seed(&self, mode: Mode) -> Seed {
        let cloud_init = CloudInit::from_directory(&self.path("in")).expect("read");
        let request = Request {
            cloud_init: Some(&cloud_init),
            ignition: None,
            machine: "web-01",
            mode,
            reader: &read_json,
        };
        make(&request).expect("made")
    }

    /// The seed image as a file.
    fn image(&self) -> PathBuf {
        let Seed::Image(bytes) = self.seed(Mode::SeedImage { time: TIME }) else {
            panic!("an image was asked for");
        };
        let path = self.path("seed.iso");
        std::fs::write(&path, bytes).expect("written");
        path
    }

    fn properties(&self) -> Properties {
        match self.seed(Mode::Properties) {
            Seed::Properties(properties) => properties,
            Seed::Image(_) => panic!("properties were asked for"),
        }
    }

    /// Checks that `directory` holds the files, and no other.
    #[track_caller]
    fn assert_held_by(&self, directory: &Path) {
        let entries = std::fs::read_dir(directory).expect("a directory");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort_unstable();
        let mut expected: Vec<_> = self.files.iter().map(|(name, _)| *name).collect();
        expected.sort_unstable();
        assert_eq!(names, expected);
        for (name, content) in &self.files {
            let held = std::fs::read(directory.join(name)).expect("readable");
            assert!(held == *content, "{name} is the same");
        }
    }
}

#[track_caller]
fn done(command: &mut Command) -> Outcome {
    let outcome = run(command);
    assert!(outcome.succeeded(), "{command:?}: {outcome:?}");
    outcome
}

#[test]
fn isoinfo_finds_all_trees() {
    if !tools::have(&["isoinfo", "isovfy"]) {
        return;
    }
    let scene = Scene::full();
    let image = scene.image();
    let ask = |arguments: &[&str]| {
        done(
            tools::program("isoinfo")
                .args(arguments)
                .arg("-i")
                .arg(&image),
        )
        .text()
    };
    let about = ask(&["-d"]);
    for line in [
        "Volume id: CIDATA\n",
        "Application id: OVFKIT\n",
        "Joliet with UCS level 3 found",
        "Rock Ridge signatures version 1 found",
    ] {
        assert!(about.contains(line), "{line} in {about}");
    }
    for (name, content) in &scene.files {
        // By Rock Ridge and by Joliet.
        for tree in ["-R", "-J"] {
            let path = format!("/{name}");
            let command = &mut tools::program("isoinfo");
            command.args([tree, "-x", &path, "-i"]).arg(&image);
            assert!(done(command).stdout == *content, "{name} by {tree}");
        }
    }
    let listed = ask(&["-R", "-l"]);
    assert_eq!(listed.matches("Nov 14 2023").count(), 6, "{listed}");
    assert_eq!(
        listed.matches("-r--r--r--").count() + listed.matches("-rw-r--r--").count(),
        4
    );
    let verdict = done(tools::program("isovfy").arg(&image)).text();
    assert!(verdict.contains("No errors found"), "{verdict}");
}

#[test]
fn xorriso_and_bsdtar_extract_the_files() {
    if !tools::have(&["xorriso", "bsdtar"]) {
        return;
    }
    let scene = Scene::full();
    let image = scene.image();
    let out = scene.path("xorriso");
    let command = &mut tools::program("xorriso");
    command.args(["-osirrox", "on", "-indev"]);
    command.arg(&image).args(["-extract", "/"]).arg(&out);
    done(command);
    scene.assert_held_by(&out);
    let out = scene.path("bsdtar");
    std::fs::create_dir(&out).expect("made");
    let command = &mut tools::program("bsdtar");
    done(command.arg("-xf").arg(&image).arg("-C").arg(&out));
    scene.assert_held_by(&out);
}

#[test]
fn blkid_finds_the_label() {
    if !tools::have(&["blkid"]) {
        return;
    }
    let scene = Scene::full();
    let command = &mut tools::program("blkid");
    let found = done(command.args(["-p", "-o", "export"]).arg(scene.image())).text();
    for line in ["LABEL=CIDATA", "TYPE=iso9660"] {
        assert!(found.lines().any(|it| it == line), "{line} in {found}");
    }
}

/// What Linux itself shows, where this machine lets us ask: it takes root, a loop device and
/// the file system in the kernel.
#[test]
fn linux_mounts_it() {
    let scene = Scene::full();
    let directory = scene.path("mounted");
    std::fs::create_dir(&directory).expect("made");
    let command = &mut Command::new("mount");
    command
        .args(["-o", "loop,ro", "-t", "iso9660"])
        .arg(scene.image());
    let outcome = run(command.arg(&directory));
    if !outcome.succeeded() {
        eprintln!("SKIPPED: no mounting here: {}", outcome.stderr.trim());
        return;
    }
    let held = std::panic::catch_unwind(|| scene.assert_held_by(&directory));
    done(Command::new("umount").arg(&directory));
    held.expect("the files are there");
}

/// A program that asks cloud-init's own code, and prints what it makes of things as JSON.
const ASK: &str = r#"
import base64, json, sys
from cloudinit import handlers, user_data, util
from cloudinit.sources import DataSourceNoCloud, DataSourceOVF

def kind(data):
    message = user_data.convert_string(data)
    if message.is_multipart():
        return "multipart"
    payload = util.fully_decoded_payload(message)
    return handlers.type_from_starts_with(payload)

def text(data):
    return base64.b64encode(data).decode()

what, paths = sys.argv[1], sys.argv[2:]
if what == "environment":
    read = DataSourceOVF.read_ovf_environment(open(paths[0]).read(), True)
    meta_data, data, config = read
    raw = util.decomp_gzip(data, decode=False)
    said = {"meta": meta_data, "user": text(raw), "config": config, "kind": kind(data)}
elif what == "seed":
    names = {"required": ["user-data", "meta-data"], "optional": ["vendor-data", "network-config"]}
    seeded = util.pathprefix2dict(paths[0] + "/", **names)
    none = {"meta-data": {}, "user-data": "", "vendor-data": "", "network-config": None}
    merged = DataSourceNoCloud._merge_new_seed(none, seeded)
    said = {
        "meta": merged["meta-data"],
        "network": merged["network-config"],
        "user": text(merged["user-data"]),
        "vendor": text(merged["vendor-data"]) if merged["vendor-data"] else "",
        "kind": kind(merged["user-data"]),
    }
else:
    said = [kind(open(path, "rb").read()) for path in paths]
json.dump(said, sys.stdout)
"#;

/// What cloud-init says to `what`; none where it is not there.
fn cloud_init_says(what: &str, paths: &[&Path]) -> Option<Value> {
    let modules = tools::built_directory("cloud-init/usr/lib/python3/dist-packages")?;
    let command = &mut Command::new(tools::PYTHON);
    command.env("PYTHONPATH", modules).env("LC_ALL", "C.UTF-8");
    let outcome = done(command.args(["-c", ASK, what]).args(paths));
    Some(serde_json::from_slice(&outcome.stdout).expect("JSON"))
}

fn base64(bytes: &[u8]) -> String {
    use base64ct::{Base64, Encoding as _};
    Base64::encode_string(bytes)
}

#[test]
fn cloud_init_reads_a_seed_image() {
    if !tools::have(&["bsdtar"]) {
        return;
    }
    let full = Scene::full();
    let small = Scene::new(&[("user-data", b"#!/bin/sh\n")]);
    for scene in [&full, &small] {
        let out = scene.path("out");
        std::fs::create_dir(&out).expect("made");
        let command = &mut tools::program("bsdtar");
        done(command.arg("-xf").arg(scene.image()).arg("-C").arg(&out));
        let Some(said) = cloud_init_says("seed", &[&out]) else {
            return;
        };
        assert_eq!(said["user"], base64(&scene.files[0].1));
        if scene.files.len() == 1 {
            let identifier = said["meta"]["instance-id"].as_str().expect("a text");
            assert!(identifier.starts_with("iid-"), "{said}");
            assert_eq!(said["meta"]["local-hostname"], "web-01");
            assert_eq!(said["network"], Value::Null);
            assert_eq!(said["kind"], "text/x-shellscript");
        } else {
            assert_eq!(
                said["meta"],
                read_json(Path::new(""), META_DATA).expect("JSON")
            );
            assert_eq!(
                said["network"],
                read_json(Path::new(""), NETWORK_CONFIG).expect("JSON")
            );
            assert_eq!(said["vendor"], base64(&scene.files[3].1));
            assert_eq!(said["kind"], "text/cloud-config");
        }
    }
}

/// A descriptor with `properties`.
fn descriptor(properties: &Properties) -> String {
    let tokens: Vec<&str> = properties.transports.iter().map(|it| it.token()).collect();
    let mut items = String::new();
    for property in &properties.properties {
        let (key, value) = (property.key, &property.value);
        assert!(!value.contains(['<', '&', '"']), "{value}");
        write!(
            items,
            "<Property ovf:key=\"{key}\" ovf:type=\"{}\" ovf:value=\"{value}\"/>",
            property.value_type
        )
        .expect("a string takes all");
    }
    format!(
        "<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\" \
         xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\"><References/>\
         <VirtualSystem ovf:id=\"web-01\"><Info/><ProductSection><Info/>{items}</ProductSection>\
         <VirtualHardwareSection ovf:transport=\"{}\"><Info/></VirtualHardwareSection>\
         </VirtualSystem></Envelope>",
        tokens.join(" ")
    )
}

#[test]
fn cloud_init_reads_properties_out_of_an_environment() {
    let mut large = b"#!/bin/sh\n".to_vec();
    large.extend(content::prose(200_000));
    for user_data in [&b"#cloud-config\n{}\n"[..], &large] {
        let scene = Scene::new(&[
            ("user-data", user_data),
            ("meta-data", META_DATA.as_bytes()),
            ("network-config", NETWORK_CONFIG.as_bytes()),
        ]);
        let ovf = scene.path("web-01.ovf");
        std::fs::write(&ovf, descriptor(&scene.properties())).expect("written");
        let environment = scene.path("ovf-env.xml");
        done(
            ovfkit()
                .arg("environment")
                .arg(&ovf)
                .arg("-o")
                .arg(&environment),
        );
        let Some(said) = cloud_init_says("environment", &[&environment]) else {
            return;
        };
        let network = json!(read_json(Path::new(""), NETWORK_CONFIG).expect("JSON"));
        let expected = json!({
            "instance-id": "iid-7",
            "local-hostname": "db",
            "public-keys": "",
            "network-config": network,
        });
        assert_eq!(said["meta"], expected);
        assert_eq!(said["config"], json!({ "password": "" }));
        assert_eq!(said["user"], base64(user_data));
        let kind = ["text/x-shellscript", "text/cloud-config"][usize::from(user_data[1] == b'c')];
        assert_eq!(said["kind"], kind);
    }
}

/// What ovfkit packs for a guest of vSphere, and of all others, as the guest finds it.
#[test]
fn cloud_init_reads_what_is_packed() {
    let network_config = "version: 2\nethernets:\n  eth0:\n    dhcp4: no\n";
    let scene = Scene::new(&[
        ("user-data", b"#cloud-config\n{}\n"),
        ("meta-data", b"instance-id: iid-7\nlocal-hostname: db\n"),
        ("network-config", network_config.as_bytes()),
    ]);
    let mut disk = vec![0; 64 << 10];
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    std::fs::write(scene.path("db.raw"), disk).expect("written");
    let definition = "disks: [db.raw]\ncloud-init: in\ntarget: [vsphere, virtualbox]\n";
    std::fs::write(scene.path("db.yaml"), definition).expect("written");
    let program = |arguments: &[&str]| {
        done(ovfkit().current_dir(scene.root.path()).args(arguments));
    };
    program(&["pack", "-d", "db.yaml"]);

    program(&["environment", "db-vsphere-8.0.ova", "-o", "env.xml"]);
    let Some(said) = cloud_init_says("environment", &[&scene.path("env.xml")]) else {
        return;
    };
    let network = json!({ "version": 2, "ethernets": { "eth0": { "dhcp4": false } } });
    let expected = json!({
        "instance-id": "iid-7",
        "local-hostname": "db",
        "public-keys": "",
        "network-config": network,
    });
    assert_eq!(said["meta"], expected);
    assert_eq!(said["user"], base64(&scene.files[0].1));
    assert_eq!(said["kind"], "text/cloud-config");

    if !tools::have(&["bsdtar"]) {
        return;
    }
    program(&["unpack", "db-virtualbox-7.ova", "-d", "package"]);
    let out = scene.path("out");
    std::fs::create_dir(&out).expect("made");
    let command = &mut tools::program("bsdtar");
    let image = scene.path("package/db-seed.iso");
    done(command.arg("-xf").arg(image).arg("-C").arg(&out));
    scene.assert_held_by(&out);
    let said = cloud_init_says("seed", &[&out]).expect("it is there");
    let expected = json!({ "instance-id": "iid-7", "local-hostname": "db" });
    assert_eq!(said["meta"], expected);
    assert_eq!(said["network"], network);
}

#[test]
fn cloud_init_knows_what_is_taken_and_no_more() {
    let contents = [
        "#cloud-config\n",
        "#CLOUD-config\n",
        " \n#cloud-config\n",
        "#cloud-config-archive\n- x\n",
        "#cloud-config-jsonp\n[]\n",
        "#cloud-boothook\n",
        "#include\n",
        "#include-once\n",
        "#part-handler\n",
        "#!/bin/sh\n",
        "## template: jinja\n#!/bin/sh\n",
        "Content-Type: multipart/mixed; boundary=\"=\"\nMIME-Version: 1.0\n\n--=\n\nx\n--=--\n",
        "packages: [vim]\n",
        "# cloud-config\n",
        "#upstart\n",
        "{}\n",
        "\u{feff}#cloud-config\n",
        "echo hi\n",
        "##template: jinja\n#cloud-config\n",
    ];
    let scene = Scene::new(&[]);
    let write = |(at, content): (usize, &&str)| {
        let path = scene.path(&format!("{at}"));
        std::fs::write(&path, content).expect("written");
        path
    };
    let paths: Vec<PathBuf> = contents.iter().enumerate().map(write).collect();
    let borrowed: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let Some(Value::Array(kinds)) = cloud_init_says("kinds", &borrowed) else {
        return;
    };
    for ((content, path), kind) in contents.iter().zip(&paths).zip(kinds) {
        let taken = CloudInit::from_files(path, None, None, None).is_ok();
        assert_eq!(taken, !kind.is_null(), "{content:?} is {kind}");
    }
}
