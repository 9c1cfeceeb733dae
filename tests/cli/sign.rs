//! `ovfkit sign` and `ovfkit verify`, with OpenSSL and GNU tar as witnesses.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use ovfkit::base::progress::Unobserved;
use ovfkit::ops::verify::{Verify, verify as verify_package};
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
fn scene() -> Option<Scene> {
    let there = |tool: &str| Command::new(tool).arg("--help").output().is_ok();
    if !there("openssl") || !there("tar") {
        skip("openssl or tar is missing");
        return None;
    }
    let scene = Scene::new();
    certificate(&scene, "me", "30");
    Some(scene)
}

fn certificate(scene: &Scene, name: &str, days: &str) {
    let line = format!(
        "req -x509 -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.pem -subj /CN={name} -days {days}"
    );
    tool(scene, "openssl", &line, "in");
}

/// Runs a tool that has to succeed in a directory of the scene.
#[track_caller]
fn tool(scene: &Scene, tool: &str, line: &str, directory: &str) -> String {
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
fn packed() -> Option<Scene> {
    let scene = scene()?;
    scene.pack(&["../in/disk.raw"]).succeeded();
    Some(scene)
}

/// A directory of files in `out/vm`, whose manifest is left out.
fn directory(scene: &Scene) {
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

fn sign(package: &str, arguments: &[&str]) -> Vec<String> {
    let all = [&["sign", package], &ME[..], arguments].concat();
    all.into_iter().map(str::to_owned).collect()
}

#[track_caller]
fn signs(scene: &Scene, package: &str, arguments: &[&str]) -> Run {
    let all = sign(package, arguments);
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    scene.run(&all).succeeded()
}

/// Verifies as one who trusts the certificate that signs.
fn verify(scene: &Scene, package: &str, arguments: &[&str]) -> Run {
    let all = [&["verify", package, "--ca", "../in/me.pem"], arguments].concat();
    scene.run(&all)
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.text()).expect("JSON")
}

/// The report is printed, and the error tells the worst of it.
#[track_caller]
fn fails(run: &Run, code: i32, parts: &[&str]) {
    check_error(run, code, parts);
    assert!(run.text().contains("does not hold"), "{}", run.text());
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
fn what_was_changed_is_found() {
    let Some(scene) = scene() else { return };
    directory(&scene);
    signs(&scene, "vm", &[]);
    let restored = ["a.vmdk", "vm.mf", "vm.cert"].map(|name| {
        let path = scene.path("out/vm").join(name);
        (fs::read(&path).expect("read"), path)
    });
    let put_back = || {
        for (bytes, path) in &restored {
            fs::write(path, bytes).expect("write");
        }
    };
    scene.write("out/vm/a.vmdk", b"Disk");
    fails(&verify(&scene, "vm", &[]), 3, &["a.vmdk", "not the file"]);
    scene.refuses(
        &[
            "sign",
            "vm",
            "--force",
            "--key",
            "../in/me.key",
            "--cert",
            "../in/me.pem",
        ],
        3,
        &["a.vmdk", "vouch"],
    );
    put_back();
    fs::remove_file(scene.path("out/vm/a.vmdk")).expect("remove");
    fails(&verify(&scene, "vm", &[]), 3, &["a.vmdk", "missing"]);
    put_back();
    // A manifest that says the same in other bytes.
    let manifest = fs::read_to_string(scene.path("out/vm/vm.mf")).expect("text");
    let loud = manifest.lines().map(|line| {
        let (name, digest) = line.split_once("= ").expect("a digest");
        format!("{name}= {}\n", digest.to_uppercase())
    });
    scene.write("out/vm/vm.mf", loud.collect::<String>().as_bytes());
    fails(
        &verify(&scene, "vm", &[]),
        3,
        &["signature is not one of this manifest"],
    );
    put_back();
    // A file of the descriptor that the manifest leaves out.
    scene.write("out/vm/b.vmdk.000000002", b"more");
    fails(
        &verify(&scene, "vm", &[]),
        3,
        &["b.vmdk.000000002", "not in the manifest"],
    );
    fs::remove_file(scene.path("out/vm/b.vmdk.000000002")).expect("remove");
    // Somebody else's certificate.
    certificate(&scene, "other", "30");
    let cert = fs::read_to_string(scene.path("out/vm/vm.cert")).expect("text");
    let line = cert.lines().next().expect("a line");
    let other = fs::read_to_string(scene.path("in/other.pem")).expect("text");
    scene.write("out/vm/vm.cert", format!("{line}\n{other}").as_bytes());
    fails(
        &verify(&scene, "vm", &[]),
        3,
        &["signature is not one", "1 more"],
    );
    put_back();
    fs::remove_file(scene.path("out/vm/vm.mf")).expect("remove");
    fails(&verify(&scene, "vm", &[]), 3, &["no manifest"]);
    put_back();
    verify(&scene, "vm", &[]).succeeded();
}

#[test]
fn a_package_without_a_signature_says_so() {
    let Some(scene) = packed() else { return };
    fails(
        &verify(&scene, "vm.ova", &[]),
        5,
        &["not signed", "--unsigned-ok"],
    );
    let run = verify(&scene, "vm.ova", &["--unsigned-ok"]).succeeded();
    assert!(run.text().contains("nobody signed it"), "{}", run.text());
    scene
        .pack(&["../in/disk.raw", "--no-manifest", "--force"])
        .succeeded();
    fails(
        &verify(&scene, "vm.ova", &["--unsigned-ok"]),
        5,
        &["no manifest"],
    );
    // Signing makes the manifest.
    signs(&scene, "vm.ova", &["--in-place"]);
    verify(&scene, "vm.ova", &[]).succeeded();
    let listed = tool(&scene, "tar", "-tf vm.ova", "out");
    assert_eq!(listed, "vm.ovf\nvm-disk1.vmdk\nvm.mf\nvm.cert\n");
}

#[test]
fn the_system_s_roots_are_trusted_where_none_are_named() {
    let Some(scene) = scene() else { return };
    directory(&scene);
    signs(&scene, "vm", &[]);
    let mut command = scene.command(&["verify", "vm"]);
    command.env("SSL_CERT_FILE", scene.path("in/me.pem"));
    let run = finish(command.spawn().expect("the program runs")).succeeded();
    assert!(run.text().contains("by CN=me"), "{}", run.text());
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
    certificate(&scene, "other", "30");
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

#[test]
fn what_has_expired_holds_only_by_leave() {
    let Some(scene) = scene() else { return };
    // OpenSSL 3.0 makes no certificate of the past but by its authority's commands.
    scene.write("in/index", b"");
    scene.write("in/serial", b"01");
    scene.write(
        "in/ca.cnf",
        b"[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\n\
          default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n",
    );
    tool(
        &scene,
        "openssl",
        "req -new -key me.key -subj /CN=me -out me.csr",
        "in",
    );
    let line = "ca -batch -config ca.cnf -selfsign -keyfile me.key -in me.csr -notext -out me.pem \
                -startdate 20100101000000Z -enddate 20110101000000Z";
    tool(&scene, "openssl", line, "in");
    directory(&scene);
    let run = signs(&scene, "vm", &[]);
    assert!(
        run.stderr.contains("expired on 2011-01-01"),
        "{}",
        run.stderr
    );
    fails(
        &verify(&scene, "vm", &[]),
        5,
        &["expired on 2011-01-01", "--expired-ok"],
    );
    let run = verify(&scene, "vm", &["--expired-ok"]).succeeded();
    assert!(
        run.stderr.contains("warning:") && run.stderr.contains("expired"),
        "{}",
        run.stderr
    );
}

#[test]
fn hostile_packages_are_refused() {
    let Some(scene) = packed() else { return };
    let ova = fs::read(scene.path("out/vm.ova")).expect("read");
    scene.write("out/short.ova", &ova[..ova.len() / 2]);
    scene.refuses(&["verify", "short.ova"], 3, &["cut short"]);
    scene.write("out/text.ova", &b"no archive ".repeat(100));
    scene.refuses(&["verify", "text.ova"], 3, &["no OVA"]);
    scene.refuses(&["verify", "none.ova"], 6, &["none.ova"]);
    fs::create_dir(scene.path("out/d")).expect("directory");
    tool(&scene, "tar", "-xf vm.ova -C d", "out");
    tool(
        &scene,
        "tar",
        "--hard-dereference -cf twice.ova -C d vm.ovf vm.mf vm.ovf",
        "out",
    );
    scene.refuses(&["verify", "twice.ova"], 3, &["vm.ovf", "same name"]);
    tool(
        &scene,
        "tar",
        "-cf extra.ova -C d vm.ovf vm-disk1.vmdk vm.mf -C ../../in disk.raw",
        "out",
    );
    fails(
        &verify(&scene, "extra.ova", &["--unsigned-ok"]),
        3,
        &["disk.raw", "not in the manifest"],
    );
    scene.write("out/d/vm.cert", &vec![b' '; (1 << 20) + 1]);
    scene.refuses(&["verify", "d"], 8, &["vm.cert"]);
    scene.write("out/d/vm.cert", b"SHA256(vm.mf)= 12\x1b[2J");
    scene.refuses(&["verify", "d"], 3, &["vm.cert", "begin with a signature"]);
    fs::remove_file(scene.path("out/d/vm.cert")).expect("remove");
    let digest = "0".repeat(64);
    scene.write(
        "out/d/vm.mf",
        format!("SHA256(../../in/me.key)= {digest}\n").as_bytes(),
    );
    scene.refuses(
        &["verify", "d", "--unsigned-ok"],
        5,
        &["../../in/me.key", "not opened"],
    );
    scene.refuses(
        &["verify", "d", "--ca", "d/vm.mf"],
        3,
        &["--ca", "no certificate"],
    );
}

/// Any byte of a signed archive may be another: there are errors and reports, and no panics,
/// and nothing that was changed holds.
#[test]
fn no_changed_byte_of_an_archive_goes_unseen() {
    let Some(scene) = scene() else { return };
    directory(&scene);
    tool(
        &scene,
        "tar",
        "--format=ustar -cf vm.ova -C vm vm.ovf a.vmdk b.vmdk.000000000 b.vmdk.000000001",
        "out",
    );
    signs(&scene, "vm.ova", &["--in-place"]);
    let good = fs::read(scene.path("out/vm.ova")).expect("read");
    let (roots, path) = ([scene.path("in/me.pem")], scene.path("out/changed.ova"));
    let holds = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("write");
        let verified = verify_package(
            &Verify {
                package: &path,
                roots: &roots,
                unsigned_ok: true,
                expired_ok: false,
                at: SystemTime::now(),
            },
            &mut Unobserved,
        );
        verified.is_ok_and(|report| report.holds)
    };
    assert!(holds(&good));
    let starts = (0..good.len()).step_by(512);
    let is_header = |start: usize| good[start + 257..].starts_with(b"ustar");
    let mut headers = starts.filter(|start| is_header(*start));
    let certificate = headers.find(|start| good[*start..].starts_with(b"vm.cert\0"));
    let certificate = certificate.expect("a signature");
    let mut bytes = good.clone();
    for at in (0..good.len()).filter(|at| good[*at] != 0) {
        let start = at / 512 * 512;
        bytes[at] ^= if at % 3 == 0 { 0x80 } else { 1 };
        if is_header(start) && at % 4 != 0 {
            mend(&mut bytes[start..start + 512]);
        }
        // Owners and times are nobody's business, nor is white space in the signature's file.
        let vouched_for = at < certificate && !is_header(start);
        assert!(!(holds(&bytes) && vouched_for), "byte {at}");
        bytes.copy_from_slice(&good);
    }
}

/// Makes the sum of a header right, so that more than the sum is tried.
fn mend(header: &mut [u8]) {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

#[test]
fn a_real_package_of_2008_is_told_for_what_it_is() {
    let corpus = std::env::var_os("OVFKIT_CORPUS").map(PathBuf::from);
    let Some(directory) = corpus.map(|root| root.join("corpus/companions")) else {
        eprintln!("SKIPPED: OVFKIT_CORPUS names no directory");
        return;
    };
    let scene = Scene::new();
    for ending in ["ovf", "mf", "cert"] {
        let bytes = fs::read(directory.join(format!("ruby-ovf__ourOVF.{ending}"))).expect("read");
        scene.write(&format!("out/ourOVF.{ending}"), &bytes);
    }
    let run = scene.run(&["verify", "ourOVF.ovf", "--json"]);
    assert_eq!(
        run.status.code(),
        Some(3),
        "its disks are not there: {}",
        run.stderr
    );
    let report = report(&run);
    let states: Vec<_> = report["members"]
        .as_array()
        .expect("members")
        .iter()
        .map(|m| &m["state"])
        .collect();
    assert_eq!(states, ["holds", "missing", "missing"]);
    let signature = &report["signature"];
    assert_eq!(signature["intact"], true);
    assert_eq!(signature["key"], "RSA 512");
    assert_eq!(signature["serial"], "8f590fcc5c87b0cd");
    assert_eq!(signature["trust"], "self_signed");
    assert_eq!(signature["not_after"], "2009-09-03T01:56:39Z");
    let classes: Vec<_> = report["problems"]
        .as_array()
        .expect("problems")
        .iter()
        .map(|p| &p["class"])
        .collect();
    assert_eq!(
        classes,
        ["altered", "altered", "unsupported", "untrusted", "expired"]
    );
    assert_eq!(report["warnings"].as_array().expect("warnings").len(), 3);
}
