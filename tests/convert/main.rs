//! Every format that is read becomes every one that is written, over disks that go to the
//! bounds of each: the real program converts, and qemu-img compares and checks.

#[path = "../support/mod.rs"]
mod support;

mod models;
mod preallocated;

use std::path::Path;
use std::process::Command;

use models::{Model, models};
use support::bench::{Bench, text};
use support::run::{ovfkit, run, succeed};
use support::{MIB, parallel, tools};

/// An image qemu-img makes, as an input.
struct Input {
    name: &'static str,
    format: &'static str,
    arguments: &'static [&'static str],
}

const INPUTS: &[Input] = &[
    input("raw", "raw", &[]),
    input("qcow2", "qcow2", &[]),
    input("qcow2 deflated", "qcow2", &["-c"]),
    input(
        "qcow2 by zstd",
        "qcow2",
        &["-c", "-o", "compression_type=zstd"],
    ),
    input(
        "qcow2 in subclusters",
        "qcow2",
        &["-o", "extended_l2=on,cluster_size=16k"],
    ),
    input(
        "qcow2 of 2",
        "qcow2",
        &["-o", "compat=0.10,cluster_size=512"],
    ),
    input("vmdk", "vmdk", &[]),
    input("vmdk stream", "vmdk", &["-o", "subformat=streamOptimized"]),
    input("vmdk flat", "vmdk", &["-o", "subformat=monolithicFlat"]),
    input(
        "vmdk split",
        "vmdk",
        &["-o", "subformat=twoGbMaxExtentSparse"],
    ),
    input("vhdx", "vhdx", &["-o", "block_size=1M"]),
    input("vhd", "vpc", &["-o", "force_size=on"]),
    input("vhd fixed", "vpc", &["-o", "subformat=fixed,force_size=on"]),
    input("vdi", "vdi", &[]),
];

const fn input(
    name: &'static str,
    format: &'static str,
    arguments: &'static [&'static str],
) -> Input {
    Input {
        name,
        format,
        arguments,
    }
}

/// An image ovfkit makes.
struct Output {
    file: &'static str,
    /// As qemu-img calls it.
    format: &'static str,
    arguments: &'static [&'static str],
    /// Whether qemu-img can check it.
    checked: bool,
}

const OUTPUTS: &[Output] = &[
    output("to.raw", "raw", &[], false),
    output("to.qcow2", "qcow2", &[], true),
    output("small.qcow2", "qcow2", &["-o", "cluster_size=512"], true),
    output(
        "large.qcow2",
        "qcow2",
        &["-c", "-o", "cluster_size=2M"],
        true,
    ),
    output("deflated.qcow2", "qcow2", &["-c"], true),
    output(
        "zstd.qcow2",
        "qcow2",
        &["-c", "-o", "compression_type=zstd"],
        true,
    ),
    output("old.qcow2", "qcow2", &["-c", "-o", "compat=0.10"], true),
    output(
        "parts.qcow2",
        "qcow2",
        &["-o", "extended_l2=on,cluster_size=16K,refcount_bits=1"],
        true,
    ),
    output(
        "sparse.vmdk",
        "vmdk",
        &["-o", "subformat=monolithicSparse"],
        true,
    ),
    output(
        "flat.vmdk",
        "vmdk",
        &["-o", "subformat=monolithicFlat"],
        false,
    ),
    output(
        "pieces.vmdk",
        "vmdk",
        &["-o", "subformat=twoGbMaxExtentSparse"],
        true,
    ),
    output("dynamic.vhdx", "vhdx", &[], true),
    output("coarse.vhdx", "vhdx", &["-o", "block_size=32M"], true),
    output("fixed.vhdx", "vhdx", &["-o", "subformat=fixed"], true),
    output("dynamic.vhd", "vpc", &[], false),
    output("fixed.vhd", "vpc", &["-o", "subformat=fixed"], false),
    output("azure.vhd", "vpc", &["--for", "azure"], false),
    output("dynamic.vdi", "vdi", &[], true),
    output("fixed.vdi", "vdi", &["-o", "subformat=fixed"], true),
    output("stream.vmdk", "vmdk", &[], true),
];

const fn output(
    file: &'static str,
    format: &'static str,
    arguments: &'static [&'static str],
    checked: bool,
) -> Output {
    Output {
        file,
        format,
        arguments,
        checked,
    }
}

/// Makes `output` of `source`; it has to be what `model`, which is raw, holds.
fn converts(bench: &Bench, source: &Path, model: &Path, output: &Output) {
    let image = bench.path(output.file);
    let mut command = ovfkit();
    command
        .args(["convert", "-q", "--force"])
        .args(output.arguments)
        .args([source, &image]);
    let outcome = run(&mut command);
    assert!(outcome.succeeded(), "{}: {}", output.file, outcome.stderr);
    let compared = run(Command::new("qemu-img")
        .args(["compare", "-f", "raw", "-F", output.format])
        .args([model, &image]));
    assert!(
        compared.text().contains("Images are identical."),
        "{}: {}{}",
        output.file,
        compared.text(),
        compared.stderr
    );
    if output.checked {
        let checked = run(Command::new("qemu-img")
            .args(["check", "-q", "-f", output.format])
            .arg(&image));
        assert!(checked.succeeded(), "{}: {}", output.file, checked.stderr);
    }
}

/// Every model in every format qemu-img writes becomes every format ovfkit writes.
#[test]
fn everything_becomes_everything() {
    if !tools::have_qemu() {
        return;
    }
    let models = models();
    let small = models.iter().filter(|model| model.size <= 64 * MIB);
    // Every bound is met from every format, and every content from two.
    let whole = |model: &Model| ["islands", "of odd size"].contains(&model.name);
    let some = |input: &Input| ["raw", "qcow2 deflated"].contains(&input.name);
    let cases: Vec<_> = small
        .flat_map(|model| INPUTS.iter().map(move |input| (model, input)))
        .filter(|(model, input)| whole(model) || some(input))
        .collect();
    parallel::each(
        &cases,
        |(model, input)| format!("{} from {}", model.name, input.name),
        |(model, input)| {
            let bench = Bench::new();
            let raw = model.make(&bench);
            let source = bench.path("source");
            let convert = ["convert", "-q", "-f", "raw", "-O", input.format];
            let arguments = convert.into_iter().chain(input.arguments.iter().copied());
            succeed("qemu-img", arguments.chain([text(&raw), text(&source)]));
            // A raw disk of these has no mark of one.
            if input.format == "raw" {
                let named = bench.path("source.raw");
                std::fs::rename(&source, &named).expect("renamed");
                for output in OUTPUTS {
                    converts(&bench, &named, &raw, output);
                }
                return;
            }
            for output in OUTPUTS {
                converts(&bench, &source, &raw, output);
            }
        },
    );
}

/// Disks that are too large to be read by byte become everything, and come back from it.
#[test]
fn large_disks_of_little_become_everything() {
    if !tools::have_qemu() {
        return;
    }
    let models = models();
    let large = models.iter().filter(|model| model.size > 64 * MIB);
    let cases: Vec<_> = large
        .flat_map(|model| OUTPUTS.iter().map(move |output| (model, output)))
        .filter(|(model, output)| model.suits(output.arguments))
        .collect();
    parallel::each(
        &cases,
        |(model, output)| format!("{} to {}", model.name, output.file),
        |(model, output)| {
            let bench = Bench::new();
            let raw = model.make(&bench);
            converts(&bench, &raw, &raw, output);
            let back = Output {
                file: "back.raw",
                format: "raw",
                arguments: &[],
                checked: false,
            };
            converts(&bench, &bench.path(output.file), &raw, &back);
        },
    );
}

/// What ovfkit writes, ovfkit reads: from every form to every other, none of which another
/// program has seen.
#[test]
fn every_form_becomes_every_other() {
    if !tools::have_qemu() {
        return;
    }
    let models = models();
    let model: &Model = models
        .iter()
        .find(|model| model.name == "islands")
        .expect("there");
    let cases: Vec<_> = OUTPUTS.iter().collect();
    parallel::each(
        &cases,
        |from| from.file.to_owned(),
        |from| {
            let bench = Bench::new();
            let raw = model.make(&bench);
            converts(&bench, &raw, &raw, from);
            let source = bench.path(from.file);
            for to in OUTPUTS.iter().filter(|to| to.file != from.file) {
                converts(&bench, &source, &raw, to);
            }
        },
    );
}

/// The same disk makes the same bytes, whatever it comes in and however many threads work.
#[test]
fn the_same_disk_makes_the_same_image() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let models = models();
    let model: &Model = models
        .iter()
        .find(|model| model.name == "text and noise")
        .expect("there");
    let raw = model.make(&bench);
    let plain = bench.path("plain.qcow2");
    succeed(
        "qemu-img",
        [
            "convert",
            "-q",
            "-f",
            "raw",
            "-O",
            "qcow2",
            text(&raw),
            text(&plain),
        ],
    );
    for output in OUTPUTS {
        let image = bench.path(output.file);
        let mut first = None;
        for (source, threads) in [(&raw, "1"), (&raw, "3"), (&plain, "2")] {
            let mut command = ovfkit();
            command
                .args(["convert", "-q", "--force", "--threads", threads])
                .args(output.arguments)
                .args([source, &image]);
            let outcome = run(&mut command);
            assert!(outcome.succeeded(), "{}", outcome.stderr);
            let bytes = std::fs::read(&image).expect("read");
            let first = first.get_or_insert_with(|| bytes.clone());
            assert!(*first == bytes, "{}, {threads} threads", output.file);
        }
    }
}
