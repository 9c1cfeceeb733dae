//! `ovfkit verify` on packages that were signed, changed, or made to be wrong.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use ovfkit::base::progress::Unobserved;
use ovfkit::ops::verify::{Verify, verify as verify_package};

use crate::scene::{Run, Scene, check_error, finish};
use crate::sign::{certificate, directory, packed, report, scene, signs, tool, verify};

/// The report is printed, and the error tells the worst of it.
#[track_caller]
fn fails(run: &Run, code: i32, parts: &[&str]) {
    check_error(run, code, parts);
    assert!(run.text().contains("does not hold"), "{}", run.text());
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
    certificate(&scene, "other");
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
