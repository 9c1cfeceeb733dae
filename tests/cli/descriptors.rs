//! Files that are no good descriptors: each is refused with one error that says
//! what is wrong and where, and leaves everything as it was.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use crate::scene::{Scene, check_error, finish};

/// Line 4 has the machine, with `%` in the place of what it is.
const GOOD: &str = "<?xml version=\"1.0\"?>\n\
    <Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"\n\
    xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\"><References/>\n\
    <VirtualSystem ovf:id=\"vm\"><Info>%</Info></VirtualSystem>\n\
    </Envelope>\n";

/// Megabytes of memory a refusal takes at most; a descriptor may have 16.
const MEMORY: u64 = 100;

/// A file and what has to be said of it.
struct Case {
    content: Vec<u8>,
    code: i32,
    says: &'static str,
    /// Line, column and what the carets stand below.
    place: Option<(u32, u32, &'static str)>,
}

fn case(content: impl Into<Vec<u8>>, code: i32, says: &'static str) -> Case {
    Case {
        content: content.into(),
        code,
        says,
        place: None,
    }
}

impl Case {
    fn at(self, line: u32, column: u32, marked: &'static str) -> Self {
        Self {
            place: Some((line, column, marked)),
            ..self
        }
    }
}

/// The good descriptor with `info` as what it is.
fn with(info: &str) -> String {
    GOOD.replace('%', info)
}

/// The good descriptor with `new` in the place of `old`.
fn but(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "{old}");
    GOOD.replace(old, new)
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// What the carets of a message stand below.
fn marked(said: &str) -> Option<String> {
    let mut lines = said.lines().skip_while(|line| !line.contains(" | "));
    let (shown, carets) = (lines.next()?, lines.next()?);
    let fault = shown
        .chars()
        .zip(carets.chars().chain(std::iter::repeat(' ')));
    Some(
        fault
            .filter(|(_, caret)| *caret == '^')
            .map(|(c, _)| c)
            .collect(),
    )
}

/// Each case is refused, as a file and from standard input. There is no output, and
/// one that was there is as it was, even where it could have been replaced.
#[track_caller]
fn refused(cases: &[Case]) {
    let scene = Scene::new();
    scene.write("out/old.ovf", b"precious");
    for case in cases {
        scene.write("in/vm.ovf", &case.content);
        let place = case
            .place
            .map(|(line, column, _)| format!("line {line}, column {column}"));
        let mut parts = vec![case.says];
        parts.extend(place.as_deref());
        let file = ["rewrite", "../in/vm.ovf", "-o", "new.ovf"];
        scene.refuses(
            &file,
            case.code,
            &[&parts[..], &["where: ../in/vm.ovf"]].concat(),
        );
        let mut piped = scene.command(&["rewrite", "-", "-o", "old.ovf", "--force"]);
        piped.stdin(File::open(scene.path("in/vm.ovf")).expect("open"));
        let before = scene.content();
        let run = finish(piped.spawn().expect("the program runs"));
        check_error(
            &run,
            case.code,
            &[&parts[..], &["where: (standard input)"]].concat(),
        );
        assert!(scene.content() == before, "left: {:?}", scene.outputs());
        let fault = case.place.map(|(_, _, fault)| fault.to_owned());
        assert_eq!(marked(&run.stderr), fault, "{}", run.stderr);
    }
}

#[test]
fn other_files() {
    let mut tar = vec![0; 1024];
    tar[..6].copy_from_slice(b"vm.ovf");
    tar[257..265].copy_from_slice(b"ustar\x0000");
    refused(&[
        case(crate::images::qcow2_with(79, &[]), 3, "a qcow2 disk image"),
        case(tar, 3, "the archive is damaged"),
        case(
            b"\x1F\x8B\x08\0\0\0\0\0",
            3,
            "the gzip around the package is damaged",
        ),
        case(
            b"7z\xBC\xAF\x27\x1C\0\x04",
            4,
            "a 7-Zip archive, not a tar archive",
        ),
        case(b"KDMV\x01\0\0\0", 3, "a VMDK disk image"),
        case(b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 3, "this is not XML").at(1, 1, "\u{FFFD}"),
        case("SHA256(vm.ovf)= 00\n", 3, "this is not XML").at(1, 1, "S"),
        case("\n  {\"name\": 1}\n", 3, "this is not XML").at(2, 3, "{"),
        case("", 3, "the file is empty"),
        case(" \n\n", 3, "the document has no element"),
        case(vec![0; 5000], 3, "nothing but zero bytes"),
        case("<!DOCTYPE html>\n<html/>", 5, "has a DOCTYPE").at(1, 1, "<!DOCTYPE"),
    ]);
}

#[test]
fn other_documents() {
    let edition = but("envelope/1\"\n", "envelope/3\"\n");
    let foreign = but(
        "schemas.dmtf.org/ovf/envelope/1\"\n",
        "schemas.example.org/\"\n",
    );
    let element = "<Disk xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"/>";
    refused(&[
        case(element, 3, "the root element is `ovf:Disk`").at(1, 1, "<Disk"),
        case(foreign, 3, "`{http://schemas.example.org/}Envelope`").at(2, 1, "<Envelope"),
        case(edition, 4, "envelope/3`, which ovfkit does not know").at(2, 1, "<Envelope"),
        case(but("1.0", "1.1"), 4, "XML 1.1").at(1, 1, "<?xml"),
        case(format!("{GOOD}<more/>"), 3, "second root element, `more`").at(6, 1, "<more"),
        case(format!("{GOOD}more"), 3, "outside the root element").at(6, 1, "more"),
    ]);
}

#[test]
fn documents_that_are_not_well_formed() {
    let file = |attributes: &str| but("<References/>", &format!("\n<File {attributes}/>"));
    refused(&[
        case(
            but("</Info>", "</Inf>"),
            3,
            "`</Inf>` stands where `ovf:Info`",
        )
        .at(4, 35, "</Inf"),
        case(with("<p:b/>"), 3, "prefix `p` is not declared").at(4, 34, "<p:b"),
        case(with("a & b"), 3, "an `&` begins no reference").at(4, 36, "&"),
        case(with("&nbsp;"), 3, "the entity `&nbsp;`").at(4, 34, "&nbsp;"),
        case(with("&#27;"), 3, "U+001B").at(4, 34, "&#27;"),
        case(with("\x1B[2J"), 3, "U+001B").at(4, 34, "\u{FFFD}"),
        case(file("ovf:id=f"), 3, "must be enclosed in").at(4, 14, "f"),
        case(file("ovf:id"), 3, "must be directly followed by `=`").at(4, 13, "/"),
        case(file("ovf:id='<'"), 3, "contains a bare `<`").at(4, 7, "ovf:id"),
        case(file("x='1' x='2'"), 3, "`x` is given twice").at(4, 13, "x"),
    ]);
}

#[test]
fn documents_that_end_too_soon() {
    let cut = |behind: &str| {
        let end = GOOD.find(behind).expect("a part of it") + behind.len();
        case(&GOOD[..end], 3, "broke off")
    };
    refused(&[
        cut("<Virt").at(4, 1, "<Virt"),
        cut("ovf:id=\"v").at(4, 1, "<VirtualSystem"),
        cut("<Info>%").at(4, 35, ""),
        cut("</VirtualSystem>\n").at(4, 58, ""),
        case(with("<!-- "), 3, "comment not closed").at(4, 34, "<!--"),
        case(with("<![CDATA["), 3, "CDATA not closed").at(4, 34, "<!"),
    ]);
}

#[test]
fn documents_in_the_wrong_encoding() {
    let latin = |text: String| -> Vec<u8> {
        let bytes = text.chars().map(|c| u8::try_from(u32::from(c)));
        bytes.map(|byte| byte.expect("Latin-1")).collect()
    };
    let declared = |encoding: &str| {
        let declaration = format!("\"1.0\" encoding=\"{encoding}\"?");
        with("é").replace("\"1.0\"?", &declaration)
    };
    let mut half = utf_16(&format!("\u{FEFF}{GOOD}"), u16::to_le_bytes);
    half.push(b'<');
    refused(&[
        case(latin(with("aéb")), 3, "the byte 0xE9 is not UTF-8").at(4, 35, "\u{FFFD}"),
        case(latin(declared("UTF-8")), 3, "the byte 0xE9").at(4, 34, "\u{FFFD}"),
        case(latin(declared("Shift_JIS")), 4, "written in `Shift_JIS`"),
        case(with("a\0b"), 3, "a zero byte").at(4, 35, "\u{FFFD}"),
        case(half, 3, "half of a character"),
    ]);
}

#[test]
fn encodings_that_are_read() {
    let scene = Scene::new();
    let marked = format!("\u{FEFF}{}", with("é"));
    let expected = read(&scene, with("é").as_bytes());
    assert!(expected.contains("<Info>é</Info>"));
    for bytes in [
        marked.clone().into_bytes(),
        utf_16(&marked, u16::to_le_bytes),
        utf_16(&marked, u16::to_be_bytes),
        utf_16(&with("é"), u16::to_le_bytes),
        utf_16(&with("é"), u16::to_be_bytes),
        // It says UTF-16, and is not.
        with("é")
            .replace("\"1.0\"?", "\"1.0\" encoding=\"UTF-16\"?")
            .into_bytes(),
    ] {
        assert_eq!(read(&scene, &bytes), expected);
    }
}

fn read(scene: &Scene, bytes: &[u8]) -> String {
    scene.write("in/vm.ovf", bytes);
    scene.run(&["rewrite", "../in/vm.ovf"]).succeeded().text()
}

#[test]
fn entities_are_neither_read_nor_multiplied() {
    let laughs: Vec<_> = (1..10)
        .map(|n| {
            format!(
                "<!ENTITY l{n} \"{}\">\n",
                format!("&l{};", n - 1).repeat(10)
            )
        })
        .collect();
    let laughs = laughs.concat();
    let bomb = but(
        "?>\n",
        &format!("?>\n<!DOCTYPE Envelope [<!ENTITY l0 \"lol\">\n{laughs}]>\n"),
    );
    let thief = but(
        "?>\n",
        "?>\n<!DOCTYPE Envelope [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>\n",
    );
    refused(&[
        case(bomb.replace('%', "&l9;"), 5, "has a DOCTYPE").at(2, 1, "<!DOCTYPE"),
        case(thief.replace('%', "&f;"), 5, "has a DOCTYPE").at(2, 1, "<!DOCTYPE"),
    ]);
}

/// The program, refusing standard input, where the kernel grants it little memory.
#[cfg(unix)]
fn refuses_with_little_memory(content: File, code: i32, says: &str) {
    let scene = Scene::new();
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -d \"$0\" && exec \"$@\""])
        .arg((MEMORY << 10).to_string())
        .arg(env!("CARGO_BIN_EXE_ovfkit"))
        .args(["rewrite", "-", "-o", "vm.ovf"])
        .current_dir(scene.path("out"))
        .stdin(content)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    scene.check_refusal(command, code, &[says, "where: (standard input)"]);
}

#[cfg(unix)]
fn file_of(text: &str) -> File {
    use std::io::{Seek as _, Write as _};
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("write");
    file.rewind().expect("a seekable file");
    file
}

#[cfg(unix)]
#[test]
fn documents_beyond_every_limit() {
    let huge = file_of(GOOD);
    huge.set_len(200 << 20).expect("a sparse file");
    refuses_with_little_memory(huge, 8, "longer than 16777216 bytes");
    let attributes = |name: &str| {
        let all: Vec<_> = (0..300_000).map(|n| format!(" {name}{n}='u'")).collect();
        all.concat()
    };
    for (text, says) in [
        (with(&"<a>".repeat(100_000)), "nested more than 64 deep"),
        (with(&"<a/>".repeat(1_000_000)), "more than 200000 elements"),
        (
            with(&format!("<a{}/>", attributes("a"))),
            "more than 256 attributes",
        ),
        (
            with(&format!("<a{}/>", attributes("xmlns:a"))),
            "more than 128 namespace prefixes",
        ),
    ] {
        refuses_with_little_memory(file_of(&text), 8, says);
    }
}

/// A device of seven bytes would take 70 KiB to be written.
#[test]
fn a_descriptor_that_would_grow_without_bound() {
    let items = format!(
        "</Info><VirtualHardwareSection><Info/>{}</VirtualHardwareSection></VirtualSystem>",
        "<Item/>".repeat(150_000)
    );
    let scene = Scene::new();
    let text = but("%</Info></VirtualSystem>", &items);
    scene.write("in/vm.ovf", text.as_bytes());
    let request = ["rewrite", "../in/vm.ovf", "-o", "vm.ovf"];
    scene.refuses(
        &request,
        8,
        &["more than 1000000 values", "where: ../in/vm.ovf"],
    );
}

#[test]
fn files_that_cannot_be_read() {
    let scene = Scene::new();
    let rewrite = |input: &'static str| ["rewrite", input, "-o", "new.ovf"];
    scene.refuses(
        &rewrite("none.ovf"),
        6,
        &["no such file", "where: none.ovf"],
    );
    scene.refuses(
        &rewrite("../in"),
        2,
        &["no descriptor (`*.ovf`) is in this directory", "../in"],
    );
    scene.refuses(&rewrite("../in/disk.raw/vm.ovf"), 6, &["not a directory"]);
}

#[cfg(unix)]
#[test]
fn a_file_nobody_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new();
    scene.write("in/vm.ovf", GOOD.as_bytes());
    let shut = fs::Permissions::from_mode(0o000);
    fs::set_permissions(scene.path("in/vm.ovf"), shut).expect("permissions");
    if fs::read(scene.path("in/vm.ovf")).is_ok() {
        eprintln!("SKIPPED: root may read everything");
        return;
    }
    // What the scene compares has to be readable.
    let run = scene.run(&["rewrite", "../in/vm.ovf"]);
    check_error(&run, 6, &["permission denied", "where: ../in/vm.ovf"]);
}

/// A descriptor that ends too soon at any byte is refused, without a panic.
#[test]
fn every_beginning_of_a_descriptor_is_refused() {
    let text = with("a &amp; <![CDATA[b]]><!-- c -->");
    let scene = Scene::new();
    let end = text.trim_end().len();
    for length in (0..end).step_by(7) {
        scene.write("in/vm.ovf", &text.as_bytes()[..length]);
        let run = scene.run(&["rewrite", "../in/vm.ovf", "-o", "new.ovf"]);
        check_error(&run, 3, &["where: ../in/vm.ovf"]);
    }
    assert!(scene.outputs().is_empty());
    scene.write("in/vm.ovf", &text.as_bytes()[..end]);
    scene.run(&["rewrite", "../in/vm.ovf"]).succeeded();
}
