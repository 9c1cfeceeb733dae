//! `ovfkit rewrite` and `ovfkit template` on descriptors that are good.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use ovfkit::envelope::{Envelope, Version, parse};

use crate::scene::{Run, Scene, check_error, finish};

/// A machine with a note in two languages, of OVF 1.x.
const NOTE: &str = r#"<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xml:lang="en-US">
<References/>
<VirtualSystem ovf:id="vm"><Info>a machine</Info>
<AnnotationSection><Info/><Annotation ovf:msgid="note">Hello</Annotation></AnnotationSection>
</VirtualSystem>
<Strings xml:lang="de-DE"><Msg ovf:msgid="note">Hallo</Msg></Strings>
</Envelope>
"#;

/// A machine from before the standard.
const OLD: &str = r#"<?xml version="1.0"?>
<Envelope xmlns="http://www.vmware.com/schema/ovf/1/envelope" xmlns:ovf="http://www.vmware.com/schema/ovf/1/envelope" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<References><File ovf:href="disk.vmdk" ovf:id="file1" ovf:size="3"/></References>
<Section xsi:type="ovf:DiskSection_Type"><Info>disks</Info>
<Disk ovf:capacity="1024" ovf:diskId="disk1" ovf:fileRef="file1" ovf:format="urn:x"/></Section>
<Content ovf:id="old vm" xsi:type="ovf:VirtualSystem_Type"><Info>a machine</Info></Content>
</Envelope>
"#;

/// A machine that shares a disk and can be multiplied, of OVF 2.x.
const NEW: &str = r#"<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/2" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/2">
<References/>
<SharedDiskSection><Info/><SharedDisk ovf:diskId="quorum" ovf:capacity="1024"/></SharedDiskSection>
<VirtualSystem ovf:id="vm"><Info>a machine</Info>
<ScaleOutSection ovf:id="web"><Info/><InstanceCount ovf:default="2"/></ScaleOutSection>
</VirtualSystem>
</Envelope>
"#;

const IN: &str = "../in/vm.ovf";

fn scene(descriptor: &str) -> Scene {
    let scene = Scene::new();
    scene.write("in/vm.ovf", descriptor.as_bytes());
    scene
}

/// What the program makes of the descriptor with `arguments`.
#[track_caller]
fn rewrite(scene: &Scene, arguments: &[&str]) -> Run {
    scene
        .run(&[&["rewrite", IN], arguments].concat())
        .succeeded()
}

#[track_caller]
fn envelope(run: &Run) -> Envelope {
    parse(&run.text()).expect("a descriptor on standard output")
}

#[test]
fn a_descriptor_keeps_its_edition_unless_it_is_before_the_standard() {
    for (descriptor, version) in [(OLD, Version::V1), (NOTE, Version::V1), (NEW, Version::V2)] {
        let run = rewrite(&scene(descriptor), &[]);
        assert_eq!(run.stderr, "");
        let written = envelope(&run);
        assert_eq!(written.version, version);
        let read = parse(descriptor).expect("readable");
        assert_eq!(written, Envelope { version, ..read });
    }
    let lifted = envelope(&rewrite(&scene(OLD), &[]));
    assert_eq!(lifted.systems()[0].id, "old vm");
    assert_eq!(lifted.disks().count(), 1);
}

#[test]
fn another_edition_tells_what_becomes_of_what_it_lacks() {
    let scene = scene(NEW);
    let run = rewrite(&scene, &["--ovf-version", "1.1"]);
    let said: Vec<_> = run.stderr.lines().collect();
    assert_eq!(said.len(), 2, "{}", run.stderr);
    assert!(said[0].starts_with("note: kept, optional: `ScaleOutSection` \"web\": OVF 1.x"));
    assert!(said[1].starts_with("note: changed: `SharedDisk` \"quorum\": OVF 1.x"));
    let written = envelope(&run);
    assert_eq!(written.version, Version::V1);
    assert_eq!(
        written.disks().next().map(|disk| &*disk.disk_id),
        Some("quorum")
    );
    let quiet = rewrite(&scene, &["--ovf-version", "1.1", "-q"]);
    assert_eq!((quiet.stderr.as_str(), quiet.text()), ("", run.text()));
    // What 1.x says, 2.x says too.
    scene.write("in/vm.ovf", NOTE.as_bytes());
    let run = rewrite(&scene, &["--ovf-version", "2.0"]);
    assert_eq!(run.stderr, "");
    assert_eq!(envelope(&run).version, Version::V2);
    let run = scene.run(&["rewrite", IN, "--ovf-version", "0.9"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(run.stderr.contains("1.1, 2.0"), "{}", run.stderr);
}

#[test]
fn one_language() {
    let scene = scene(NOTE);
    for (wanted, note) in [("de", "Hallo"), ("de_AT", "Hallo"), ("en", "Hello")] {
        let text = rewrite(&scene, &["--locale", wanted]).text();
        assert!(
            text.contains(&format!("<Annotation>{note}</Annotation>")),
            "{text}"
        );
        assert!(
            !text.contains("Strings") && !text.contains("msgid"),
            "{text}"
        );
    }
    let request = ["rewrite", IN, "--locale", "fr"];
    scene.refuses(
        &request,
        2,
        &["no texts in `fr`", "--locale", "en-US, de-DE"],
    );
}

/// Translations in a file beside the descriptor.
#[test]
fn translations_are_read_from_below_the_descriptor_alone() {
    let outside = NOTE
        .replace(
            "<References/>",
            "<References><File ovf:id=\"f\" ovf:href=\"%\"/></References>",
        )
        .replace("<Msg ovf:msgid=\"note\">Hallo</Msg>", "")
        .replace("de-DE\"", "de-DE\" ovf:fileRef=\"f\"");
    let bundle = "<Strings xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\" \
        xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\">\n\
        <Msg ovf:msgid=\"note\">Servus</Msg></Strings>";
    let scene = scene(&outside.replace('%', "texts/de.xml"));
    fs::create_dir(scene.path("in/texts")).expect("directory");
    let request = ["rewrite", IN, "--locale", "de"];
    scene.refuses(&request, 6, &["no such file", "../in/texts/de.xml"]);
    scene.write("in/texts/de.xml", bundle.as_bytes());
    let text = rewrite(&scene, &["--locale", "de"]).text();
    assert!(text.contains("<Annotation>Servus</Annotation>"), "{text}");
    scene.write("in/texts/de.xml", bundle.replace("</Msg>", "").as_bytes());
    scene.refuses(
        &request,
        3,
        &["de.xml, line 2", "`</Strings>` stands where"],
    );
    scene.write("in/texts/de.xml", NOTE.as_bytes());
    scene.refuses(
        &request,
        3,
        &["de.xml, line 2", "`ovf:Envelope`, not `ovf:Strings`"],
    );
    for elsewhere in [
        "../out/de.xml",
        "/etc/passwd",
        "http://localhost/de.xml",
        "a/../../b",
    ] {
        scene.write("in/vm.ovf", outside.replace('%', elsewhere).as_bytes());
        scene.refuses(&request, 5, &[elsewhere, "below the directory"]);
    }
}

/// Opening a pipe waits for somebody to write.
#[cfg(unix)]
#[test]
fn translations_are_not_read_from_a_pipe() {
    let file = "<References><File ovf:id=\"f\" ovf:href=\"de.xml\"/></References>";
    let named = NOTE.replace("<References/>", file);
    let scene = scene(&named.replace("de-DE\"", "de-DE\" ovf:fileRef=\"f\""));
    let mut pipe = Command::new("mkfifo");
    let made = pipe.arg(scene.path("in/de.xml")).status().expect("mkfifo");
    assert!(made.success());
    scene.refuses(
        &["rewrite", IN, "--locale", "de"],
        5,
        &["`de.xml` are not read", "where: ../in/de.xml"],
    );
}

#[test]
fn translations_are_read_only_as_far_as_a_descriptor_can_be_long() {
    let named = |times: usize| {
        let strings = "<Strings xml:lang=\"de-DE\" ovf:fileRef=\"f\"/>".repeat(times);
        NOTE.replace(
            "<References/>",
            "<References><File ovf:id=\"f\" ovf:href=\"de.xml\"/></References>",
        )
        .replace("</Envelope>", &(strings + "</Envelope>"))
    };
    let text = "x".repeat(1 << 20);
    let bundle = format!(
        "<Strings xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\" \
         xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\">\
         <Msg ovf:msgid=\"long\">{text}</Msg></Strings>"
    );
    let scene = scene(&named(15));
    scene.write("in/de.xml", bundle.as_bytes());
    rewrite(&scene, &["--locale", "de"]);
    scene.write("in/vm.ovf", named(16).as_bytes());
    scene.refuses(
        &["rewrite", IN, "--locale", "de"],
        8,
        &["make more than 16777216 bytes", "where: ../in/vm.ovf"],
    );
}

#[test]
fn a_template_of_ones_own() {
    let scene = scene(NOTE);
    fs::create_dir(scene.path("in/own")).expect("directory");
    let template = "in/own/AnnotationSection.hbs";
    let request = ["rewrite", IN, "--template", "../in/own", "-o", "new.ovf"];
    scene.refuses(&request, 2, &["holds no template", "where: ../in/own"]);
    let built_in = scene
        .run(&["template", "show", "AnnotationSection"])
        .succeeded()
        .text();
    scene.write(template, built_in.as_bytes());
    let plain = rewrite(&scene, &[]).text();
    assert_eq!(rewrite(&scene, &["--template", "../in/own"]).text(), plain);
    scene.write(
        template,
        built_in
            .replace("</Annotation>", ", World</Annotation>")
            .as_bytes(),
    );
    let own = rewrite(&scene, &["--template", "../in/own"]).text();
    assert_eq!(own, plain.replace("Hello", "Hello, World"));
    for (source, code, parts) in [
        (
            "\n{{#given",
            3,
            &["`AnnotationSection` cannot be read at line "][..],
        ),
        (
            "\n{{nothing}}",
            3,
            &["cannot be filled in at line 2: `nothing` is no field"],
        ),
        (
            "\n{{> Nothing}}",
            3,
            &["cannot be filled in at line 2", "Nothing"],
        ),
        (
            "\n{{on}}",
            3,
            &["cannot be filled in at line 2", "on param at index 0"],
        ),
        ("<a>", 3, &["what the templates wrote is no descriptor"]),
        (
            &"x".repeat(1 << 21),
            8,
            &[
                "longer than 1048576 bytes",
                "../in/own/AnnotationSection.hbs",
            ],
        ),
    ] {
        scene.write(template, source.as_bytes());
        scene.refuses(&request, code, parts);
    }
    scene.write(template, built_in.as_bytes());
    scene.write("in/own/Unknown.hbs", b"");
    scene.refuses(
        &request,
        2,
        &["no template `Unknown`", "../in/own/Unknown.hbs"],
    );
    let none = ["rewrite", IN, "--template", "../in/none"];
    scene.refuses(&none, 6, &["no such file", "where: ../in/none"]);
}

#[test]
fn the_templates_can_be_seen() {
    let scene = Scene::new();
    let list = scene.run(&["template", "list"]).succeeded().text();
    let names: Vec<_> = list.lines().collect();
    assert!(names.is_sorted() && names.contains(&"Envelope"), "{list}");
    for name in names {
        for version in ["1.1", "2.0"] {
            let request = ["template", "show", name, "--ovf-version", version];
            assert!(!scene.run(&request).succeeded().text().is_empty(), "{name}");
        }
    }
    let edition = |version| {
        let request = ["template", "show", "Envelope", "--ovf-version", version];
        scene.run(&request).succeeded().text()
    };
    assert!(edition("1.1").contains("ovf/envelope/1\""));
    assert!(edition("2.0").contains("ovf/envelope/2\""));
    scene.refuses(
        &["template", "show", "Nothing"],
        2,
        &["no template `Nothing`", "list"],
    );
}

#[test]
fn standard_input_and_output() {
    let scene = scene(NOTE);
    let expected = rewrite(&scene, &[]).text();
    for output in [&[][..], &["-o", "-"]] {
        let mut command = scene.command(&[&["rewrite", "-"], output].concat());
        command.stdin(File::open(scene.path("in/vm.ovf")).expect("open"));
        let run = finish(command.spawn().expect("the program runs")).succeeded();
        assert_eq!((run.text(), run.stderr), (expected.clone(), String::new()));
    }
    assert!(scene.outputs().is_empty());
    rewrite(&scene, &["-o", "new.ovf"]);
    assert_eq!(
        fs::read_to_string(scene.path("out/new.ovf")).expect("read"),
        expected
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_text_that_is_lost_is_a_failure() {
    let scene = scene(NOTE);
    let mut command = scene.command(&["rewrite", IN]);
    let full = File::options().write(true).open("/dev/full").expect("open");
    command.stdout(Stdio::from(full));
    let run = finish(command.spawn().expect("the program runs"));
    check_error(&run, 6, &["no space left", "where: (standard output)"]);
    assert!(!run.stderr.contains("is done"), "{}", run.stderr);
}

#[test]
fn an_output_is_replaced_only_when_forced_even_if_it_is_the_input() {
    let scene = scene(NOTE);
    let expected = rewrite(&scene, &[]).text();
    scene.write("out/old.ovf", b"precious");
    for output in ["old.ovf", IN] {
        let request = ["rewrite", IN, "-o", output];
        scene.refuses(&request, 7, &["exists already", output, "--force"]);
        rewrite(&scene, &["-o", output, "--force"]);
        assert_eq!(
            fs::read_to_string(scene.path("out").join(output)).expect("read"),
            expected
        );
    }
    scene.refuses(
        &["rewrite", IN, "-o", "../in", "--force"],
        2,
        &["is a directory"],
    );
    let nowhere = ["rewrite", IN, "-o", "none/vm.ovf"];
    scene.refuses(&nowhere, 6, &["no such file", "where: none"]);
}

/// A file size limit stands for a full disk: nothing of the new text fits.
#[cfg(unix)]
#[test]
fn a_rewrite_in_place_that_fails_leaves_the_input() {
    let scene = scene(NOTE);
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" rewrite \"$1\" -o \"$1\" --force";
    let mut command = Command::new("sh");
    command
        .args(["-c", script, env!("CARGO_BIN_EXE_ovfkit"), IN])
        .current_dir(scene.path("out"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    scene.check_refusal(command, 6, &["file too large", "where: "]);
}

/// Renaming over it would put a file in the place of a pipe, or of `/dev/null`.
#[cfg(unix)]
#[test]
fn a_pipe_is_written_to_and_not_replaced() {
    let scene = scene(NOTE);
    let script = "mkfifo pipe && { cat pipe >got & } && \
        \"$0\" rewrite \"$1\" -o pipe --force && wait && test -p pipe";
    let mut command = Command::new("sh");
    command
        .args(["-c", script, env!("CARGO_BIN_EXE_ovfkit"), IN])
        .current_dir(scene.path("out"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    finish(command.spawn().expect("sh")).succeeded();
    let got = fs::read_to_string(scene.path("out/got")).expect("read");
    assert_eq!(got, rewrite(&scene, &[]).text());
}
