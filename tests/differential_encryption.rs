//! Encrypted qcow2 images: LUKS and the old AES, made by qemu-img and filled by qemu-io; packed
//! with their secrets and compared with what qemu-img converts; wrong secrets.

mod support;

use support::bench::{Bench, text};
use support::content::{Content, commands};
use support::exit::{DENIED, UNSUPPORTED, USAGE};
use support::locked::{Locked, SECRET, object, opened};
use support::refusal::refused;
use support::run::{ovfkit, run, succeed};
use support::{KIB, MIB, parallel, stream, tools};

#[test]
fn what_every_scheme_encrypts() {
    if !tools::have_qemu() {
        return;
    }
    let essiv = "encrypt.cipher-mode=cbc,encrypt.ivgen-alg=essiv,encrypt.ivgen-hash-alg=sha256";
    let schemes = [
        "encrypt.format=luks".to_owned(),
        "encrypt.format=luks,cluster_size=512".to_owned(),
        "encrypt.format=luks,cluster_size=2M".to_owned(),
        "encrypt.format=luks,compat=0.10".to_owned(),
        "encrypt.format=luks,extended_l2=on,cluster_size=16k".to_owned(),
        "encrypt.format=luks,encrypt.cipher-alg=aes-128".to_owned(),
        "encrypt.format=luks,encrypt.cipher-alg=aes-192,encrypt.hash-alg=sha1".to_owned(),
        "encrypt.format=luks,encrypt.hash-alg=sha512".to_owned(),
        format!("encrypt.format=luks,{essiv}"),
        format!("encrypt.format=luks,{essiv},encrypt.cipher-alg=aes-128,cluster_size=512"),
        "encrypt.format=luks,encrypt.cipher-mode=cbc,encrypt.ivgen-alg=plain64,encrypt.cipher-alg=aes-128".to_owned(),
        "encrypt.format=luks,encrypt.cipher-mode=cbc,encrypt.ivgen-alg=plain,cluster_size=2M".to_owned(),
        "encrypt.format=luks,encrypt.ivgen-alg=essiv,encrypt.ivgen-hash-alg=sha256".to_owned(),
        "encrypt.format=aes".to_owned(),
        "encrypt.format=aes,compat=0.10,cluster_size=512".to_owned(),
        "encrypt.format=aes,cluster_size=2M".to_owned(),
    ];
    parallel::each(&schemes, Clone::clone, |options| {
        for content in [Content::Islands, Content::Rewritten] {
            let locked = Locked::new(options, 36 * MIB + 512);
            let (first, then) = commands(content, 36 * MIB + 512, 64 * KIB, locked.bench.root());
            locked.io(&[first, then].concat());
            let packed = locked.pack(&["--threads", "2"]);
            locked.assert_same(&packed, &[]);
            let old = options.starts_with("encrypt.format=aes");
            assert_eq!(packed.has_warnings(), old, "{}", packed.stderr);
        }
    });
}

#[test]
fn snapshots_compressed_clusters_and_data_files() {
    if !tools::have_qemu() {
        return;
    }
    for format in ["luks", "aes"] {
        let locked = Locked::new(&format!("encrypt.format={format}"), 4 * MIB);
        // What is compressed is not encrypted, though nothing but qemu-io writes it.
        let write = |command: &str| locked.io(&[command.to_owned()]);
        write("write -q -c -P 1 64k 64k");
        write("write -q -P 2 1M 512k");
        let (object, opened) = (object(SECRET), opened(&locked.image));
        let snapshot = ["snapshot", "--object", &object, "--image-opts", "-c"];
        succeed("qemu-img", snapshot.into_iter().chain(["before", &opened]));
        write("write -q -P 3 1M 128k");
        locked.assert_same(&locked.pack(&[]), &[]);
        let snapshot = locked.pack(&["--snapshot", "before"]);
        locked.assert_same(&snapshot, &["-l", "before"]);

        let place = Bench::new();
        let data = place.path("data.bin");
        let options = format!("encrypt.format={format},data_file={}", text(&data));
        let locked = Locked::new(&options, 4 * MIB);
        locked.io(&["write -q -P 4 1M 100k".to_owned()]);
        let packed = locked.pack(&["--allow-backing", text(place.root())]);
        locked.assert_same(&packed, &[]);
    }
}

/// An overlay on a base with another secret: both are tried for each.
#[test]
fn a_chain_of_two_secrets() {
    if !tools::have_qemu() {
        return;
    }
    let base = Locked::with_secret("encrypt.format=luks", 4 * MIB, "other");
    let base_opened = opened(&base.image);
    let write = ["--object", "secret,id=s,data=other", "--image-opts", "-c"];
    succeed(
        "qemu-io",
        write
            .into_iter()
            .chain(["write -q -P 7 1M 1M", &*base_opened]),
    );
    let over = Locked::new("encrypt.format=luks", 4 * MIB);
    over.io(&["write -q -P 8 1536k 64k".to_owned()]);
    let (object, opened) = (object(SECRET), opened(&over.image));
    let rebase = [
        "rebase",
        "-u",
        "--object",
        &object,
        "--image-opts",
        "-F",
        "qcow2",
    ];
    let names = ["-b", text(&base.image), &opened];
    succeed("qemu-img", rebase.into_iter().chain(names));
    let allow = ["--allow-backing", text(base.bench.root())];
    let other = ["--secret-file", text(&base.secret)];
    let packed = over.pack(&[&allow[..], &other].concat());
    let mut expected = vec![0; 4 << 20];
    expected[1 << 20..2 << 20].fill(7);
    expected[1536 << 10..1600 << 10].fill(8);
    let file = std::fs::read(&packed.vmdk).expect("a VMDK");
    assert!(stream::read(&file).content() == expected);
    let one = [&allow[..], &["--secret-file", text(&over.secret)]].concat();
    refused(
        &over.bench,
        &over.image,
        &one,
        DENIED,
        "no secret that was given opens",
    );
}

/// The key of the old encryption is cut off, or filled up.
#[test]
fn secrets_of_any_length() {
    if !tools::have_qemu() {
        return;
    }
    for format in ["luks", "aes"] {
        for length in [0, 1, 16, 17, 100] {
            let secret = "s".repeat(length);
            let options = format!("encrypt.format={format}");
            let locked = Locked::with_secret(&options, MIB, &secret);
            let (object, opened) = (object(&secret), opened(&locked.image));
            let write = [
                "--object",
                &object,
                "--image-opts",
                "-c",
                "write -q -P 9 0 64k",
            ];
            succeed("qemu-io", write.into_iter().chain([&*opened]));
            let packed = locked.pack(&[]);
            let file = std::fs::read(&packed.vmdk).expect("a VMDK");
            let content = stream::read(&file).content();
            assert!(
                content[..65536].iter().all(|byte| *byte == 9),
                "{format}, {length}"
            );
        }
    }
}

#[test]
fn the_secret_comes_from_standard_input() {
    if !tools::have_qemu() {
        return;
    }
    let locked = Locked::new("encrypt.format=luks", MIB);
    locked.io(&["write -q -P 5 0 64k".to_owned()]);
    let mut command = std::process::Command::new("sh");
    let script = "printf '%s' \"$1\" | \"$0\" pack \"$2\" -o \"$3\" --secret-file -";
    let ova = locked.bench.path("vm.ova");
    let binary = env!("CARGO_BIN_EXE_ovfkit");
    command.args([
        "-c",
        script,
        binary,
        SECRET,
        text(&locked.image),
        text(&ova),
    ]);
    let outcome = run(&mut command);
    assert!(outcome.succeeded(), "{}", outcome.stderr);
}

#[test]
fn without_the_right_secret() {
    if !tools::have_qemu() {
        return;
    }
    let locked = Locked::new("encrypt.format=luks", MIB);
    let (bench, image) = (&locked.bench, &locked.image);
    refused(bench, image, &[], DENIED, "encrypted (LUKS)");
    refused(bench, image, &[], DENIED, "`--secret-file FILE`");
    let wrong = bench.write("wrong", b"incorrect horse\n");
    let wrong = ["--secret-file", text(&wrong)];
    refused(
        bench,
        image,
        &wrong,
        DENIED,
        "no secret that was given opens",
    );
    let old = Locked::new("encrypt.format=aes", MIB);
    refused(&old.bench, &old.image, &[], DENIED, "encrypted (AES)");
    let secret = ["--secret-file", text(&old.secret)];
    let two = [secret, wrong].concat();
    refused(&old.bench, &old.image, &two, USAGE, "which of the secrets");
    // What is not read is told before a secret is asked for.
    for (options, says) in [
        (
            "encrypt.cipher-alg=serpent-256",
            "serpent-xts-plain64, 512 bits",
        ),
        ("encrypt.cipher-mode=ctr", "aes-ctr-plain64"),
        ("encrypt.hash-alg=ripemd160", "hash is ripemd160"),
    ] {
        let locked = Locked::new(&format!("encrypt.format=luks,{options}"), MIB);
        refused(&locked.bench, &locked.image, &[], UNSUPPORTED, says);
    }
}

/// `info`, `validate` and `init` tell of the encryption, and want no secret.
#[test]
fn those_who_need_no_content_need_no_secret() {
    if !tools::have_qemu() {
        return;
    }
    let locked = Locked::new("encrypt.format=luks", MIB);
    let said = |arguments: &[&str]| {
        let mut command = ovfkit();
        let outcome = run(command.args(arguments).current_dir(locked.bench.root()));
        format!("{}{}", outcome.text(), outcome.stderr)
    };
    let begun = said(&["init", "--from", "image.qcow2"]);
    assert!(
        begun.contains("a qcow2 disk of 1 MiB, encrypted with LUKS"),
        "{begun}"
    );
    let judged = said(&["validate", "image.qcow2", "--deep"]);
    assert!(
        judged.contains("DSK-033") && judged.contains("encrypted with LUKS"),
        "{judged}"
    );
    assert!(
        judged.contains("DSK-032") && !judged.contains("DSK-031"),
        "{judged}"
    );
}

/// Runs a program on a terminal of its own, waits until that shows nothing that is typed, does
/// what is asked, and tells how the program ended and whether the terminal shows again.
const AT_THE_PROMPT: &str = "\
import os, pty, signal, sys, termios, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shows = lambda: bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
until = time.time() + 60
while shows() and time.time() < until:
    time.sleep(0.02)
assert not shows(), 'it never asked'
if sys.argv[1] == 'typed':
    os.write(terminal, b'secr\\x03')
else:
    os.kill(pid, getattr(signal, sys.argv[1]))
while time.time() < until:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        print(os.WEXITSTATUS(status), shows())
        break
    time.sleep(0.02)
else:
    os.kill(pid, signal.SIGKILL)
    print('it went on')
";

#[test]
fn who_stops_at_the_prompt_gets_the_terminal_back() {
    if !tools::have_qemu() || !tools::have_module("pty") {
        return;
    }
    let locked = Locked::new("encrypt.format=luks", MIB);
    let output = locked.bench.path("out.raw");
    for way in ["typed", "SIGINT", "SIGTERM", "SIGHUP"] {
        let program = ovfkit().get_program().to_owned();
        let outcome = run(std::process::Command::new(tools::PYTHON)
            .args(["-c", AT_THE_PROMPT, way])
            .arg(program)
            .arg("convert")
            .args([&locked.image, &output]));
        assert!(outcome.succeeded(), "{}", outcome.stderr);
        assert_eq!(outcome.text().trim(), "130 True", "{way}");
        assert!(!output.exists());
    }
}

#[test]
fn another_size_keeps_what_is_encrypted() {
    if !tools::have_qemu() {
        return;
    }
    let size = 5 * MIB + 20 * KIB + 512;
    let cases = [
        "encrypt.format=luks",
        "encrypt.format=luks,cluster_size=512,refcount_bits=1",
        "encrypt.format=luks,cluster_size=2M",
        "encrypt.format=luks,extended_l2=on,cluster_size=16k",
        "encrypt.format=luks,encrypt.cipher-mode=cbc,encrypt.ivgen-alg=essiv,encrypt.ivgen-hash-alg=sha256",
        "encrypt.format=luks,encrypt.cipher-mode=cbc,encrypt.ivgen-alg=plain,compat=0.10",
        "encrypt.format=aes,compat=0.10",
        "encrypt.format=aes,cluster_size=512",
    ];
    parallel::each(
        &cases,
        |case| (*case).to_owned(),
        |options| {
            let locked = Locked::new(options, size);
            locked.io(&[
                "write -q -P 1 0 700k".to_owned(),
                "write -q -P 2 3M 3k".to_owned(),
                // Up to the end, which lies inside a cluster.
                format!("write -q -P 3 5M {}", 20 * KIB + 512),
            ]);
            let mut disk = locked.flattened(&[]);
            for size in [64 * MIB, 3 * MIB + 1536, 6 * MIB, 512, MIB] {
                let mut command = ovfkit();
                command.args(["disk", "resize", "--shrink"]);
                command.arg(&locked.image).arg(size.to_string());
                let secret = ["--secret-file", text(&locked.secret)];
                let done = run(command.args(secret));
                assert!(done.succeeded(), "{size}: {}", done.stderr);
                disk.resize(usize::try_from(size).expect("small"), 0);
                assert!(locked.flattened(&[]) == disk, "{size}");
                locked.assert_sound();
            }
            locked.io(&["write -q -P 9 0 64k".to_owned()]);
            locked.assert_sound();
        },
    );
    // Nothing happens without a secret, or with a wrong one.
    let locked = Locked::new("encrypt.format=luks", MIB);
    let before = std::fs::read(&locked.image).expect("an image");
    let wrong = locked.bench.write("wrong", b"wrong");
    for secret in [&[][..], &["--secret-file", text(&wrong)]] {
        let mut command = ovfkit();
        command
            .args(["disk", "resize"])
            .arg(&locked.image)
            .arg("+1M");
        let said = run(command.args(secret));
        assert_eq!(said.code, Some(DENIED), "{}", said.stderr);
        assert!(std::fs::read(&locked.image).expect("an image") == before);
    }
}
