//! Signatures, with OpenSSL's keys and `verify` as the judge.

use std::fs;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use ovfkit::ErrorKind;
use ovfkit::base::digest::Algorithm;
use ovfkit::base::progress::Unobserved;
use ovfkit::ops::edit::{Destination, Edit, How, ManifestPolicy, SignatureFate, Signing};
use ovfkit::ops::sign::Signer;
use ovfkit::ops::verify::{Verify, verify};
use ovfkit::ova::archive::ArchiveWriter;

use crate::scene::*;

/// A self-signed certificate and its key; `None` without OpenSSL.
fn signer(directory: &Path, kind: &[&str]) -> Option<(Signer, PathBuf)> {
    let (key, certificate) = (directory.join("me.key"), directory.join("me.pem"));
    let run = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-subj", "/CN=me", "-days", "30"])
        .args(kind)
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output();
    let Ok(run) = run else {
        eprintln!("SKIPPED: openssl is missing");
        return None;
    };
    assert!(run.status.success(), "{run:?}");
    let asked = &mut || panic!("the key has no passphrase");
    let signer = Signer::read(&key, &certificate, false, None, asked).expect("it works");
    Some((signer, certificate))
}

const RSA: [&str; 2] = ["-newkey", "rsa:2048"];
const CURVE: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/// Whether everything in a package holds, and its signature.
fn verified(package: &Path, root: &Path) -> bool {
    let request = Verify {
        package,
        roots: &[root.to_path_buf()],
        unsigned_ok: false,
        expired_ok: false,
        at: SystemTime::now(),
    };
    verify(&request, &mut Unobserved).expect("it works").holds
}

fn signed<'e>(request: Edit<'e>, signer: &'e Signer) -> Edit<'e> {
    Edit {
        signing: Signing::Renew(signer),
        ..request
    }
}

#[test]
fn a_package_is_signed_and_signed_again_where_it_is() {
    let keys = tempfile::tempdir().unwrap();
    for kind in [&RSA[..], &CURVE] {
        let Some((signer, root)) = signer(keys.path(), kind) else {
            return;
        };
        let (dir, path) = with_ova(4096);
        let request = signed(nothing(&path, Destination::InPlace), &signer);
        let report = edit(&request).unwrap();
        assert!(matches!(report.how, How::Blocks { .. }), "{:?}", report.how);
        assert_eq!(report.signature, SignatureFate::Signed);
        let all = ["vm.ovf", "a.iso", "b.iso", "vm.mf", "vm.cert"];
        assert_eq!(listed(&path), all);
        assert!(verified(&path, &root));
        // What changes nothing keeps it.
        let bytes = fs::read(&path).unwrap();
        let report = edit(&nothing(&path, Destination::InPlace)).unwrap();
        assert_eq!(report.signature, SignatureFate::Kept);
        assert_eq!(report.how, How::Unchanged);
        for number in 0..20 {
            let text = descriptor(&format!("n{number}"), &FILES);
            let request = describe(&path, &text, Destination::InPlace);
            let report = edit(&signed(request, &signer)).unwrap();
            assert!(matches!(report.how, How::Blocks { .. }));
            assert!(verified(&path, &root));
        }
        assert_eq!(fs::read(&path).unwrap().len(), bytes.len());
        let long = descriptor(&"n".repeat(5000), &FILES);
        let request = describe(&path, &long, Destination::InPlace);
        let report = edit(&signed(request, &signer)).unwrap();
        assert_eq!(report.how, How::Anew);
        assert!(verified(&path, &root));
        extracted(&path);
        let text = descriptor("unsigned", &FILES);
        let report = edit(&describe(&path, &text, Destination::InPlace)).unwrap();
        assert_eq!(report.signature, SignatureFate::Dropped);
        assert!(matches!(report.how, How::Blocks { .. }));
        assert!(!verified(&path, &root));
        assert_eq!(listed(&path), &all[..4]);
        extracted(&path);
        assert_eq!(names(dir.path()), ["vm.ova"]);
    }
}

/// A signed package with manifest and signature in front of its files.
fn in_front(path: &Path, signer: &Signer, directory: &Path) {
    let plain = directory.join("plain.ova");
    ova(&plain, 2048);
    edit(&signed(nothing(&plain, Destination::InPlace), signer)).expect("it works");
    let files = extracted(&plain);
    let read = |name: &str| fs::read(files.path().join(name)).expect("it works");
    let mut archive = ArchiveWriter::new(File::create(path).expect("it works"), 5, None);
    for name in ["vm.ovf", "vm.mf", "vm.cert", "a.iso", "b.iso"] {
        add(&mut archive, name, &read(name));
    }
    archive.finish().expect("it works");
    fs::remove_file(plain).expect("it works");
}

#[test]
fn seals_in_front_stay_there() {
    let keys = tempfile::tempdir().unwrap();
    for kind in [&RSA[..], &CURVE] {
        let Some((signer, root)) = signer(keys.path(), kind) else {
            return;
        };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vm.ova");
        in_front(&path, &signer, dir.path());
        let all = ["vm.ovf", "vm.mf", "vm.cert", "a.iso", "b.iso"];
        let length = fs::metadata(&path).unwrap().len();
        let text = descriptor("new", &FILES);
        let request = describe(&path, &text, Destination::InPlace);
        let report = edit(&signed(request, &signer)).unwrap();
        assert!(matches!(report.how, How::Blocks { .. }));
        assert!(verified(&path, &root));
        let long = descriptor(&"n".repeat(5000), &FILES);
        let request = describe(&path, &long, Destination::InPlace);
        let report = edit(&signed(request, &signer)).unwrap();
        assert_eq!(report.how, How::Anew);
        assert_eq!(listed(&path), all);
        assert!(verified(&path, &root));
        // A signature that goes leaves its room to the descriptor.
        let longer = descriptor(&"n".repeat(6500), &FILES);
        let report = edit(&describe(&path, &longer, Destination::InPlace)).unwrap();
        assert_eq!(report.signature, SignatureFate::Dropped);
        assert!(matches!(report.how, How::Blocks { .. }), "{:?}", report.how);
        assert_eq!(listed(&path), ["vm.ovf", "vm.mf", "a.iso", "b.iso"]);
        extracted(&path);
        assert!(fs::metadata(&path).unwrap().len() > length);
    }
}

#[test]
fn what_cannot_be_signed_is_refused() {
    let keys = tempfile::tempdir().unwrap();
    let Some((signer, _)) = signer(keys.path(), &RSA) else {
        return;
    };
    let (dir, path) = with_ova(0);
    let mut request = signed(nothing(&path, Destination::InPlace), &signer);
    request.manifest = ManifestPolicy::None;
    assert_eq!(edit(&request).unwrap_err().kind(), ErrorKind::Usage);
    let text = descriptor("x", &["a.iso"]);
    let lines = manifest(
        Algorithm::Sha1,
        &[("vm.ovf", text.as_bytes()), ("gone.iso", b"")],
    );
    let lacking = dir.path().join("lacking.ova");
    let mut archive = ArchiveWriter::new(File::create(&lacking).unwrap(), 5, None);
    for (name, bytes) in [
        ("vm.ovf", text.as_bytes()),
        ("a.iso", b"disk"),
        ("vm.mf", lines.as_bytes()),
    ] {
        add(&mut archive, name, bytes);
    }
    archive.finish().unwrap();
    let mut request = signed(nothing(&lacking, Destination::InPlace), &signer);
    let error = edit(&request).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert!(error.to_string().contains("gone.iso"), "{error}");
    request.manifest = ManifestPolicy::Algorithm(Algorithm::Sha256);
    edit(&request).unwrap();
    assert!(verified(&lacking, &keys.path().join("me.pem")));
}
