//! `ovfkit disk info` of images that qemu-img made: what both tell, both tell alike.

mod support;

use std::process::Command;

use serde_json::Value;
use support::bench::Bench;
use support::run::{ovfkit, run};
use support::{MIB, exit, parallel, tools};

/// Keys of `qemu-img info` that are told under another name, or not at all.
const NOT_TOLD: [(&str, &str); 9] = [
    // What QEMU reads the file by, which is no property of the image.
    ("", "children"),
    // Every format has a name of its own, QEMU's of a VHD among them.
    ("", "format"),
    ("", "format-specific"),
    // Where each key slot stands, which nobody who does not write them needs.
    ("encrypt", "slots"),
    ("encrypt", "payload-offset"),
    ("encrypt", "detached-header"),
    // Told with names as in the descriptor and types as in its lines.
    ("data", "extents"),
    // A file by itself, in QEMU's words.
    ("data", "data-file"),
    // Zero on every system without that clock.
    ("snapshots", "icount"),
];

/// Images of several files, of which QEMU opens all; `disk info` looks at no file but the one
/// that is named.
const SPLIT: [&str; 3] = ["flat.vmdk", "split.vmdk", "data.qcow2"];

/// An image, and what makes it.
type Made = (&'static str, &'static [&'static str]);

const LUKS: &str = "create -f qcow2 --object secret,id=s,data=abc -o encrypt.format=luks,\
    encrypt.key-secret=s,encrypt.iter-time=10 luks.qcow2 5M";

const IMAGES: &[Made] = &[
    ("a.raw", &["create -f raw a.raw 5M"]),
    ("a.qcow2", &["create -f qcow2 a.qcow2 5M"]),
    (
        "old.qcow2",
        &["create -f qcow2 -o compat=0.10,cluster_size=4k old.qcow2 1G"],
    ),
    (
        "wide.qcow2",
        &[
            "create -f qcow2 -o extended_l2=on,refcount_bits=64,lazy_refcounts=on,compression_type=zstd wide.qcow2 1T",
        ],
    ),
    (
        "kept.qcow2",
        &[
            "create -f qcow2 kept.qcow2 64M",
            "snapshot -c first kept.qcow2",
            "resize kept.qcow2 128M",
            "snapshot -c second~one kept.qcow2",
            "bitmap --add kept.qcow2 backups",
            "bitmap --add -g 1M kept.qcow2 off",
            "bitmap --disable kept.qcow2 off",
        ],
    ),
    (
        "over.qcow2",
        &[
            "create -f raw base.raw 5M",
            "create -f qcow2 -b base.raw -F raw over.qcow2",
        ],
    ),
    (
        "data.qcow2",
        &["create -f qcow2 -o data_file=data.raw,data_file_raw=on data.qcow2 5M"],
    ),
    ("luks.qcow2", &[LUKS]),
    (
        "essiv.qcow2",
        &[
            "create -f qcow2 --object secret,id=s,data=abc -o encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10,encrypt.cipher-alg=aes-128,encrypt.cipher-mode=cbc,encrypt.ivgen-alg=plain64,encrypt.hash-alg=sha1 essiv.qcow2 5M",
        ],
    ),
    (
        "aes.qcow2",
        &[
            "create -f qcow2 --object secret,id=s,data=abc -o encrypt.format=aes,encrypt.key-secret=s aes.qcow2 5M",
        ],
    ),
    (
        "stream.vmdk",
        &["create -f vmdk -o subformat=streamOptimized,adapter_type=lsilogic stream.vmdk 5M"],
    ),
    (
        "sparse.vmdk",
        &["create -f vmdk -o hwversion=7 sparse.vmdk 3G"],
    ),
    (
        "flat.vmdk",
        &["create -f vmdk -o subformat=twoGbMaxExtentFlat flat.vmdk 5G"],
    ),
    (
        "split.vmdk",
        &["create -f vmdk -o subformat=twoGbMaxExtentSparse split.vmdk 5G"],
    ),
    (
        "delta.vmdk",
        &[
            "create -f vmdk below.vmdk 5M",
            "create -f vmdk -b below.vmdk -F vmdk delta.vmdk",
        ],
    ),
    ("a.vhdx", &["create -f vhdx -o block_size=2M a.vhdx 5G"]),
    (
        "fixed.vhdx",
        &["create -f vhdx -o subformat=fixed fixed.vhdx 5M"],
    ),
    ("a.vhd", &["create -f vpc a.vhd 5M"]),
    (
        "exact.vhd",
        &["create -f vpc -o force_size=on exact.vhd 5M"],
    ),
    ("a.vdi", &["create -f vdi a.vdi 5G"]),
    ("static.vdi", &["create -f vdi -o static=on static.vdi 5M"]),
];

#[test]
fn what_both_tell() {
    if !tools::have_qemu() {
        return;
    }
    parallel::each(
        IMAGES,
        |(name, _)| (*name).to_owned(),
        |image| {
            let (bench, (name, commands)) = (Bench::new(), image);
            for command in *commands {
                qemu_img(&bench, command);
            }
            let mut theirs = json(&qemu_img(&bench, &format!("info --output=json {name}")));
            let ours = told(&bench, &[name]);
            if SPLIT.contains(name) {
                for key in ["actual-size", "cluster-size"] {
                    if let Some(value) = theirs.get_mut(key) {
                        *value = ours[key].clone();
                    }
                }
            }
            assert_alike("", &theirs, &ours, name);
            let (theirs, ours) = (&theirs["format-specific"], &ours["format-specific"]);
            if let (Some(_), Some(_)) = (theirs["data"].as_object(), ours["data"].as_object()) {
                assert_eq!(theirs["type"], ours["type"], "{name}");
                assert_alike("data", &theirs["data"], &ours["data"], name);
            }
        },
    );
}

#[test]
fn a_chain_is_told_downwards() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    for command in [
        "create -f raw base.raw 5M",
        "create -f qcow2 -b base.raw -F raw middle.qcow2",
        "create -f qcow2 -b middle.qcow2 -F qcow2 top.qcow2 9M",
    ] {
        qemu_img(&bench, command);
    }
    let chain = ["top.qcow2", "--backing-chain"];
    let refused = run(ovfkit()
        .current_dir(bench.root())
        .args(["disk", "info"])
        .args(chain));
    assert_eq!(refused.code, Some(exit::DENIED), "{}", refused.stderr);
    let ours = told(&bench, &[&chain[..], &["--allow-backing", "."]].concat());
    let theirs = json(&qemu_img(
        &bench,
        "info --backing-chain --output=json top.qcow2",
    ));
    let (ours, theirs) = (
        ours.as_array().expect("a list"),
        theirs.as_array().expect("a list"),
    );
    assert_eq!(ours.len(), 3);
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_alike("", theirs, ours, "chain");
    }
    // An encrypted image needs no secret to be told of, in a chain, too.
    qemu_img(&bench, LUKS);
    let ours = told(&bench, &["luks.qcow2", "--backing-chain"]);
    assert_eq!(ours[0]["virtual-size"], 5 * MIB);
    assert_eq!(ours[0]["encrypted"], true);
}

/// Every key of `theirs` that says something, or none that says it of `ours`.
fn assert_alike(place: &str, theirs: &Value, ours: &Value, name: &str) {
    let theirs = theirs.as_object().expect("an object");
    let skipped = |key: &str| {
        NOT_TOLD
            .iter()
            .any(|(at, what)| (*at, *what) == (place, key))
    };
    for (key, value) in theirs.iter().filter(|(key, _)| !skipped(key)) {
        match (value, &ours[key]) {
            (Value::Object(_), mine @ Value::Object(_)) => assert_alike(key, value, mine, name),
            (Value::Array(theirs), Value::Array(ours)) if key == "snapshots" => {
                assert_eq!(theirs.len(), ours.len());
                for (one, other) in theirs.iter().zip(ours) {
                    assert_alike(key, one, other, name);
                }
            }
            (_, mine) => assert_eq!(value, mine, "{name}: {place}/{key}"),
        }
    }
    for key in ["backing-filename", "encrypted", "snapshots", "bitmaps"] {
        let empty = match &ours[key] {
            Value::Null | Value::Bool(false) => true,
            Value::Array(list) => list.is_empty(),
            _ => false,
        };
        assert!(
            empty || theirs.contains_key(key),
            "{name}: {key} is not there"
        );
    }
}

fn told(bench: &Bench, arguments: &[&str]) -> Value {
    let mut command = ovfkit();
    command.args(["disk", "info", "--json"]).args(arguments);
    json(&ran(bench, &mut command))
}

fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).expect("JSON")
}

/// Runs qemu-img with the words of `command`; `~` stands for a space.
fn qemu_img(bench: &Bench, command: &str) -> Vec<u8> {
    let words = command.split(' ').map(|word| word.replace('~', " "));
    ran(bench, Command::new("qemu-img").args(words))
}

fn ran(bench: &Bench, command: &mut Command) -> Vec<u8> {
    let outcome = run(command.current_dir(bench.root()));
    assert!(outcome.succeeded(), "{command:?}: {}", outcome.stderr);
    outcome.stdout
}
