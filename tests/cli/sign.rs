//! `ovfkit sign`, with OpenSSL and GNU tar as witnesses.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::scene::{Run, Scene, check_error, finish, skip};

/// A descriptor that refers to a disk in two chunks and to one that is whole.
const DESCRIPTOR: &str = r#"<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
<References><File ovf:id="f1" ovf:href="a.vmdk"/><File ovf:id="f2" ovf:href="b.vmdk" ovf:chunkSize="3"/></References>
<VirtualSystem ovf:id="vm"><Info>a machine</Info></VirtualSystem>
</Envelope>
"#;

/// A scene with `in/me.key` and `in/me.pem`, self-signed; `None` without the tools.
pub(crate) fn scene() -> Option<Scene> {
    let there = |tool: &str| Command::new(tool).arg("--help").output().is_ok();
    if !there("openssl") || !there("tar") {
        skip("openssl or tar is missing");
        return None;
    }
    let scene = Scene::new();
    certificate(&scene, "me");
    Some(scene)
}

pub(crate) fn certificate(scene: &Scene, name: &str) {
    let line = format!(
        "req -x509 -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.pem -subj /CN={name} -days 30"
    );
    tool(scene, "openssl", &line, "in");
}

/// Runs a tool that has to succeed in a directory of the scene.
#[track_caller]
pub(crate) fn tool(scene: &Scene, tool: &str, line: &str, directory: &str) -> String {
    let run = Command::new(tool)
        .args(line.split_whitespace())
        .current_dir(scene.path(directory))
        .output()
        .expect("the tool runs");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "{tool} {line}: {said}");
    String::from_utf8_lossy(&run.stdout).into_owned()
}

/// Packs `in/disk.raw` into `out/vm.ova`.
pub(crate) fn packed() -> Option<Scene> {
    let scene = scene()?;
    scene.pack(&["../in/disk.raw"]).succeeded();
    Some(scene)
}

/// A directory of files in `out/vm`, whose manifest is left out.
pub(crate) fn directory(scene: &Scene) {
    fs::create_dir(scene.path("out/vm")).expect("directory");
    scene.write("out/vm/vm.ovf", DESCRIPTOR.as_bytes());
    for (name, content) in [
        ("a.vmdk", "disk"),
        ("b.vmdk.000000000", "abc"),
        ("b.vmdk.000000001", "de"),
    ] {
        scene.write(&format!("out/vm/{name}"), content.as_bytes());
    }
}

const ME: [&str; 4] = ["--key", "../in/me.key", "--cert", "../in/me.pem"];

pub(crate) fn sign(package: &str, arguments: &[&str]) -> Vec<String> {
    let all = [&["sign", package], &ME[..], arguments].concat();
    all.into_iter().map(str::to_owned).collect()
}

#[track_caller]
pub(crate) fn signs(scene: &Scene, package: &str, arguments: &[&str]) -> Run {
    let all = sign(package, arguments);
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    scene.run(&all).succeeded()
}

/// Verifies as one who trusts the certificate that signs.
pub(crate) fn verify(scene: &Scene, package: &str, arguments: &[&str]) -> Run {
    let all = [&["verify", package, "--ca", "../in/me.pem"], arguments].concat();
    scene.run(&all)
}

pub(crate) fn report(run: &Run) -> Value {
    serde_json::from_str(&run.text()).expect("JSON")
}

#[test]
fn an_ova_is_signed_at_its_end_and_openssl_agrees() {
    let Some(scene) = packed() else { return };
    let before = fs::read(scene.path("out/vm.ova")).expect("read");
    for (arguments, signed) in [
        (&["-o", "signed.ova"][..], "signed.ova"),
        (&["--in-place"], "vm.ova"),
    ] {
        let run = signs(&scene, "vm.ova", arguments);
        assert_eq!(run.stderr, "");
        assert!(run.text().contains("CN=me"), "{}", run.text());
        let after = fs::read(scene.path(&format!("out/{signed}"))).expect("read");
        let kept = before.len() - 1024;
        assert!(after[..kept] == before[..kept], "only the end changes");
        let listed = tool(&scene, "tar", &format!("-tf {signed}"), "out");
        assert_eq!(listed, "vm.ovf\nvm-disk1.vmdk\nvm.mf\nvm.cert\n");
        let unpacked = format!("{signed}.d");
        fs::create_dir(scene.path(&format!("out/{unpacked}"))).expect("directory");
        tool(&scene, "tar", &format!("-xf {signed} -C {unpacked}"), "out");
        openssl_agrees(&scene, &format!("out/{unpacked}"), "sha256");
        let run = verify(&scene, signed, &[]).succeeded();
        assert!(
            run.text().contains("as its signer made it"),
            "{}",
            run.text()
        );
    }
    let both =
        ["out/vm.ova", "out/signed.ova"].map(|name| fs::read(scene.path(name)).expect("read"));
    assert!(both[0] == both[1], "equal input gives equal bytes");
}

/// The signature of an unpacked package, taken out by hand, is one to OpenSSL.
#[track_caller]
fn openssl_agrees(scene: &Scene, directory: &str, digest: &str) {
    let file = scene.path(directory).join("vm.cert");
    let text = fs::read_to_string(file).expect("text");
    let (line, pem) = text.split_once('\n').expect("two parts");
    let head = format!("{}(vm.mf)= ", digest.to_uppercase());
    let hex = line.strip_prefix(&head).expect("the signature");
    let bytes: Vec<u8> = (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hexadecimal"))
        .collect();
    fs::write(scene.path(directory).join("signature"), bytes).expect("write");
    assert_eq!(
        pem,
        fs::read_to_string(scene.path("in/me.pem")).expect("text")
    );
    tool(
        scene,
        "openssl",
        "x509 -in vm.cert -noout -pubkey -out public",
        directory,
    );
    let line = format!("dgst -{digest} -verify public -signature signature vm.mf");
    tool(scene, "openssl", &line, directory);
}

#[test]
fn a_directory_is_signed_where_it_is() {
    let Some(scene) = scene() else { return };
    directory(&scene);
    let run = signs(&scene, "vm/vm.ovf", &["--digest", "sha512"]);
    assert!(run.text().contains("vm.mf, made"), "{}", run.text());
    let manifest = fs::read_to_string(scene.path("out/vm/vm.mf")).expect("text");
    let names: Vec<_> = manifest
        .lines()
        .map(|line| &line[..line.find(')').expect("a name")])
        .collect();
    let expected = ["vm.ovf", "a.vmdk", "b.vmdk.000000000", "b.vmdk.000000001"];
    assert_eq!(names, expected.map(|name| format!("SHA256({name}")));
    openssl_agrees(&scene, "out/vm", "sha512");
    for package in ["vm", "vm/vm.ovf"] {
        let run = verify(&scene, package, &["--json"]).succeeded();
        let report = report(&run);
        assert_eq!(report["holds"], true);
        assert_eq!(report["members"].as_array().expect("members").len(), 4);
        let signature = &report["signature"];
        assert_eq!(signature["subject"], "CN=me");
        assert_eq!(signature["issuer"], "CN=me");
        assert_eq!(signature["key"], "RSA 2048");
        assert_eq!(signature["algorithm"], "sha512");
        assert_eq!(signature["trust"], "trusted");
        assert_eq!(signature["fingerprint"].as_str().expect("text").len(), 64);
    }
    let without = scene.run(&["verify", "vm", "--quiet"]);
    check_error(&without, 5, &["self-signed", "--ca"]);
    assert_eq!(without.text(), "");
    let json = scene.run(&["verify", "vm", "--json"]);
    assert_eq!(report(&json)["signature"]["trust"], "self_signed");
    assert_eq!(report(&json)["problems"][0]["class"], "untrusted");
}

#[test]
fn a_chain_is_written_when_asked_and_leads_to_a_root() {
    let Some(scene) = packed() else { return };
    tool(
        &scene,
        "openssl",
        "req -new -newkey rsa:2048 -nodes -keyout leaf.key -subj /CN=leaf -out leaf.csr",
        "in",
    );
    tool(
        &scene,
        "openssl",
        "x509 -req -in leaf.csr -CA me.pem -CAkey me.key -CAcreateserial -out leaf.pem",
        "in",
    );
    let read = |name: &str| fs::read_to_string(scene.path(name)).expect("text");
    scene.write(
        "in/both.pem",
        (read("in/me.pem") + &read("in/leaf.pem")).as_bytes(),
    );
    for (more, count) in [(&[][..], 1), (&["--with-chain"], 2)] {
        let all = [
            "sign",
            "vm.ova",
            "--key",
            "../in/leaf.key",
            "--cert",
            "../in/both.pem",
        ];
        let to = ["-o", "signed.ova", "--force"];
        scene.run(&[&all[..], &to, more].concat()).succeeded();
        let cert = tool(&scene, "tar", "-xOf signed.ova vm.cert", "out");
        assert_eq!(cert.matches("BEGIN CERTIFICATE").count(), count);
        let run = verify(&scene, "signed.ova", &["--json"]).succeeded();
        assert_eq!(
            report(&run)["signature"]["chain"],
            serde_json::json!(["CN=leaf", "CN=me"])
        );
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_written_to_and_a_changed_file_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(scene) = packed() else { return };
    tool(&scene, "mkfifo", "pipe", "out");
    let all = sign("vm.ova", &["-o", "pipe"]);
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    let child = scene.command(&all).spawn().expect("the program runs");
    let piped = fs::read(scene.path("out/pipe")).expect("read");
    finish(child).succeeded();
    fs::remove_file(scene.path("out/pipe")).expect("remove");
    let path = scene.path("out/vm.ova");
    fs::create_dir(scene.path("out/d")).expect("directory");
    tool(&scene, "tar", "-xf vm.ova -C d", "out");
    tool(
        &scene,
        "tar",
        "-cf front.ova -C d vm.ovf vm.mf vm-disk1.vmdk",
        "out",
    );
    for name in ["vm.ova", "front.ova"] {
        let path = scene.path("out").join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("permissions");
        signs(&scene, name, &["--in-place"]);
        let mode = fs::metadata(&path).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o640, "{name}");
    }
    assert!(fs::read(&path).expect("read") == piped);
    scene.refuses(
        &[
            "sign",
            "vm.ova",
            "--key",
            "../in/me.key",
            "--cert",
            "../in/me.pem",
            "-o",
            "front.ova",
        ],
        7,
        &["exists already"],
    );
}

#[test]
fn a_signature_is_replaced_only_when_asked() {
    let Some(scene) = packed() else { return };
    signs(&scene, "vm.ova", &["--in-place"]);
    let first = fs::read(scene.path("out/vm.ova")).expect("read");
    scene.refuses(
        &[
            "sign",
            "vm.ova",
            "--key",
            "../in/me.key",
            "--cert",
            "../in/me.pem",
            "--in-place",
        ],
        7,
        &["signed already", "--force"],
    );
    signs(
        &scene,
        "vm.ova",
        &["--in-place", "--force", "--digest", "sha384"],
    );
    assert!(fs::read(scene.path("out/vm.ova")).expect("read") != first);
    let run = verify(&scene, "vm.ova", &["--json"]).succeeded();
    assert_eq!(report(&run)["signature"]["algorithm"], "sha384");
    signs(&scene, "vm.ova", &["--in-place", "--force"]);
    assert!(fs::read(scene.path("out/vm.ova")).expect("read") == first);
    assert_eq!(scene.outputs(), ["vm.ova"]);
}

#[test]
fn a_manifest_in_front_keeps_its_place() {
    let Some(scene) = packed() else { return };
    fs::create_dir(scene.path("out/d")).expect("directory");
    tool(&scene, "tar", "-xf vm.ova -C d", "out");
    for order in [
        "vm.ovf vm.mf vm-disk1.vmdk",
        "./vm.ovf ./vm.mf ./vm-disk1.vmdk",
    ] {
        tool(&scene, "tar", &format!("-cf ../front.ova {order}"), "out/d");
        for arguments in [&["-o", "signed.ova", "--force"][..], &["--in-place"]] {
            signs(&scene, "front.ova", arguments);
        }
        for name in ["signed.ova", "front.ova"] {
            let listed = tool(&scene, "tar", &format!("-tf {name}"), "out");
            assert_eq!(
                listed.replace("./", ""),
                "vm.ovf\nvm.mf\nvm.cert\nvm-disk1.vmdk\n"
            );
            verify(&scene, name, &[]).succeeded();
        }
        // Signed again, the old signature goes, and all stands where it stood.
        let once = fs::read(scene.path("out/signed.ova")).expect("read");
        signs(&scene, "signed.ova", &["--in-place", "--force"]);
        assert!(fs::read(scene.path("out/signed.ova")).expect("read") == once);
    }
    // A signature somewhere else moves behind the manifest.
    tool(&scene, "tar", "-xf signed.ova -C d", "out");
    tool(
        &scene,
        "tar",
        "-cf ../last.ova vm.ovf vm.mf vm-disk1.vmdk vm.cert",
        "out/d",
    );
    signs(&scene, "last.ova", &["--in-place", "--force"]);
    let listed = tool(&scene, "tar", "-tf last.ova", "out");
    assert_eq!(listed, "vm.ovf\nvm.mf\nvm.cert\nvm-disk1.vmdk\n");
    verify(&scene, "last.ova", &[]).succeeded();
}

#[test]
fn keys_are_asked_for_and_have_to_fit() {
    let Some(scene) = packed() else { return };
    certificate(&scene, "other");
    let to = ["-o", "signed.ova"];
    let refuses = |key: &str, more: &[&str], code: i32, parts: &[&str]| {
        let all = ["sign", "vm.ova", "--key", key, "--cert", "../in/me.pem"];
        scene.refuses(&[&all[..], &to, more].concat(), code, parts);
    };
    refuses(
        "../in/other.key",
        &[],
        3,
        &["not that of the private key", "--cert"],
    );
    refuses("../in/me.pem", &[], 3, &["no private key", "--key"]);
    refuses("../in/none.key", &[], 6, &["--key"]);
    let line = "pkcs8 -topk8 -in me.key -passout pass:secret -out locked.key";
    tool(&scene, "openssl", line, "in");
    scene.write("in/right", b"secret\n");
    scene.write("in/wrong", b"public\n");
    let locked = "../in/locked.key";
    refuses(locked, &[], 2, &["encrypted", "--passphrase-file"]);
    refuses(
        locked,
        &["--passphrase-file", "../in/wrong"],
        2,
        &["does not open"],
    );
    let all = ["sign", "vm.ova", "--key", locked, "--cert", "../in/me.pem"];
    let right = ["--passphrase-file", "../in/right"];
    scene.run(&[&all[..], &to, &right].concat()).succeeded();
    verify(&scene, "signed.ova", &[]).succeeded();
    scene.refuses(
        &[
            "sign",
            "vm.ova",
            "--key",
            "../in/me.key",
            "--cert",
            "../in/me.pem",
        ],
        2,
        &["-o"],
    );
}
