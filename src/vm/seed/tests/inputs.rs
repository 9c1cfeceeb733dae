//! Files for cloud-init.

use super::*;

fn read(content: impl AsRef<[u8]>) -> Result<CloudInit> {
    let scene = Scene::new();
    let path = scene.file("user-data", content);
    CloudInit::from_files(&path, None, None, None)
}

/// What the option of a command line tells.
fn from_argument(argument: &str) -> Result<CloudInit> {
    let (user_data, meta_data, network_config) = split(argument)?;
    CloudInit::from_files(
        Path::new(user_data),
        meta_data.map(Path::new),
        network_config.map(Path::new),
        None,
    )
}

#[test]
fn all_that_cloud_init_knows_is_taken() {
    let mime = "Content-Type: multipart/mixed; boundary=\"=\"\nMIME-Version: 1.0\n\n--=--\n";
    for content in [
        "#cloud-config\n",
        "#Cloud-Config\r\npackages: [vim]\r\n",
        "\n  #cloud-config\n",
        "#cloud-config-archive\n- x\n",
        "#cloud-config-jsonp\n[]\n",
        "#!/bin/sh\n",
        "#cloud-boothook\n#!/bin/sh\n",
        "#include\nhttps://example.org/\n",
        "#include-once https://example.org/\n",
        "#part-handler\n",
        "## template: jinja\n#cloud-config\n",
        "## template: jinja\n#!/bin/sh\n",
        mime,
        &format!("From nobody Sat Nov 28 12:00:00 2026\n{mime}"),
    ] {
        read(content).expect(content);
        read(gzip(content.as_bytes())).expect(content);
    }
}

#[test]
fn all_else_is_refused() {
    let unknown = |content: &str, first: &str| {
        let what = format!("user-data begins with `{first}`");
        let error = read(content).expect_err(content);
        told(
            &error,
            ErrorKind::Invalid,
            &what,
            "skips",
            "`#cloud-config`",
        );
        assert!(error.place().path.is_some());
        read(gzip(content.as_bytes())).expect_err(content);
    };
    unknown("packages: [vim]\n", "packages: [vim]");
    unknown("# cloud-config\n", "# cloud-config");
    unknown("\n\u{1b}[2J\n", "\\u{1b}[2J");
    unknown(&"x".repeat(99), &format!("{}…", "x".repeat(40)));
    // A word in it makes no message of it.
    unknown(
        "the mime-version: is missing",
        "the mime-version: is missing",
    );
    unknown("ü", "ü");
    let error = read("{\"ignition\": {\"version\": \"3.4.0\"}}").expect_err("Ignition");
    told(
        &error,
        ErrorKind::Invalid,
        "user-data is an Ignition config",
        "",
        "as the Ignition config",
    );
    let twice = read(gzip(&gzip(b"#cloud-config\n"))).expect_err("compressed twice");
    assert_eq!(twice.kind(), ErrorKind::Invalid);
}

#[test]
fn a_template_makes_only_some() {
    for (content, second) in [
        ("## template: jinja\n#cloud-boothook\n", "#cloud-boothook"),
        ("## template: jinja\n", ""),
    ] {
        let error = read(content).expect_err(content);
        let what = format!("`{second}` below its first line");
        told(&error, ErrorKind::Invalid, &what, "scripts", "second line");
    }
}

#[test]
fn text_in_other_encodings_is_refused() {
    let utf16: Vec<u8> = "\u{feff}#cloud-config"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let error = read(utf16).expect_err("UTF-16");
    told(&error, ErrorKind::Invalid, "in UTF-16", "", "UTF-8");
    let error = read("\u{feff}#cloud-config\n").expect_err("a mark");
    told(
        &error,
        ErrorKind::Invalid,
        "byte order mark",
        "first line",
        "without",
    );
    let error = read(b"#!/bin/sh\necho \xfc\n").expect_err("Latin 1");
    told(
        &error,
        ErrorKind::Invalid,
        "is not UTF-8",
        "UTF-8 only",
        "save it in UTF-8",
    );
    assert_eq!(error.place().offset, Some(15));
}

#[test]
fn damaged_and_swollen_data_is_refused() {
    let whole = gzip(noise(5000).as_bytes());
    read(&whole).expect("whole");
    let error = read(&whole[..whole.len() - 9]).expect_err("cut");
    told(
        &error,
        ErrorKind::Invalid,
        "compressed by gzip, and damaged",
        "",
        "gzip -t",
    );
    let mut bomb = b"#cloud-config\n".to_vec();
    bomb.resize(65 << 20, b'\n');
    let error = read(gzip(&bomb)).expect_err("a bomb");
    told(
        &error,
        ErrorKind::LimitExceeded,
        "user-data has more than 67108864 bytes",
        "memory",
        "disk",
    );
}

#[test]
fn empty_and_large_files_are_refused() {
    let error = read(" \n\t\n").expect_err("empty");
    told(
        &error,
        ErrorKind::Invalid,
        "user-data is empty",
        "",
        "`#cloud-config`",
    );
    let mut large = b"#cloud-config\n".to_vec();
    large.resize((16 << 20) + 1, b'#');
    let error = read(&large).expect_err("large");
    told(
        &error,
        ErrorKind::LimitExceeded,
        "more than 16777216 bytes",
        "memory",
        "disk",
    );
    large.pop();
    read(&large).expect("as large as may be");

    let scene = Scene::new();
    let user_data = scene.file("u", "#cloud-config\n");
    let empty = scene.file("m", "");
    let error = CloudInit::from_files(&user_data, Some(&empty), None, None).expect_err("empty");
    told(
        &error,
        ErrorKind::Invalid,
        "meta-data is empty",
        "",
        "one is made",
    );
    assert_eq!(error.place().path.as_deref(), Some(&*empty));
    let error = CloudInit::from_files(&user_data, None, Some(&empty), None).expect_err("empty");
    told(
        &error,
        ErrorKind::Invalid,
        "network-config is empty",
        "",
        "leave it out",
    );
    let latin = scene.file("n", b"version: \xfc");
    let error = CloudInit::from_files(&user_data, None, Some(&latin), None).expect_err("Latin 1");
    told(
        &error,
        ErrorKind::Invalid,
        "network-config is not UTF-8",
        "UTF-8",
        "UTF-8",
    );
}

#[test]
fn an_argument_names_files() {
    let scene = Scene::new();
    for name in ["u", "m", "n"] {
        scene.file(name, format!("#cloud-config\n# {name}\n"));
    }
    let list = |list: &str| {
        let inside = |name: &str| match name {
            "" => String::new(),
            name => scene.path().join(name).display().to_string(),
        };
        let argument: Vec<String> = list.split(',').map(inside).collect();
        from_argument(&argument.join(","))
    };
    let given = |read: &CloudInit| {
        let name = |part| {
            let path = read.part(part)?.path().file_name()?;
            Some(path.to_str()?.to_owned())
        };
        [Part::UserData, Part::MetaData, Part::NetworkConfig]
            .map(|part| name(part).unwrap_or_default())
    };
    for (argument, parts) in [
        ("u", ["u", "", ""]),
        ("u,m", ["u", "m", ""]),
        ("u,m,n", ["u", "m", "n"]),
        ("u,,n", ["u", "", "n"]),
        ("u,", ["u", "", ""]),
    ] {
        assert_eq!(given(&list(argument).expect(argument)), parts, "{argument}");
    }
    let error = list("u,m,n,v").expect_err("four");
    told(
        &error,
        ErrorKind::Usage,
        "4 files are named",
        "",
        "in this order",
    );
    let error = list(",m").expect_err("no first");
    told(
        &error,
        ErrorKind::Usage,
        "no user-data is named",
        "",
        "put it first",
    );
    let error = list("missing").expect_err("missing");
    told(
        &error,
        ErrorKind::Io,
        "missing: cannot read",
        "",
        "spelling",
    );
    fs::create_dir(scene.path().join("d")).expect("made");
    let error = list("u,d").expect_err("a directory");
    told(
        &error,
        ErrorKind::Usage,
        "meta-data is a directory",
        "",
        "name files",
    );
    let error = from_argument("").expect_err("nothing");
    assert_eq!(error.kind(), ErrorKind::Io);
}

#[test]
fn a_directory_may_have_a_comma_in_its_name() {
    let scene = Scene::new();
    let directory = scene.path().join("a,b");
    fs::create_dir(&directory).expect("made");
    fs::write(directory.join("user-data"), "#cloud-config\n").expect("written");
    let argument = directory.to_str().expect("text");
    assert_eq!(split(argument).expect("read"), (argument, None, None));
    let read = from_argument(argument).expect("read");
    assert_eq!(read, CloudInit::from_directory(&directory).expect("read"));
    // What holds itself is no file.
    #[cfg(unix)]
    {
        fs::remove_file(directory.join("user-data")).expect("removed");
        std::os::unix::fs::symlink(".", directory.join("user-data")).expect("made");
        let error = from_argument(argument).expect_err("a directory");
        told(
            &error,
            ErrorKind::Usage,
            "user-data is a directory",
            "",
            "name files",
        );
    }
}

#[test]
fn all_that_is_wrong_is_told() {
    let scene = Scene::new();
    let user_data = scene.file("u", "packages: [vim]\n");
    let vendor_data = scene.file("v", "what?\n");
    let missing = scene.path().join("missing");
    let read = CloudInit::from_files(&user_data, Some(&missing), None, Some(&vendor_data));
    let errors = read.expect_err("all wrong").each();
    let about: Vec<_> = errors
        .iter()
        .map(|error| error.place().path.clone())
        .collect();
    assert_eq!(about, [user_data, missing, vendor_data].map(Some));
}

#[test]
fn a_directory_holds_files_by_their_names() {
    let all = [
        ("user-data", "#cloud-config\n"),
        ("meta-data", "{}"),
        ("network-config", "{\"version\": 2}"),
        ("vendor-data", "#!/bin/sh\n"),
        ("README", "not read"),
    ];
    let (scene, read) = Scene::with(&all);
    for (part, (name, content)) in Part::ALL.into_iter().zip(all) {
        assert_eq!(part.name(), name);
        let document = read.part(part).expect(name);
        assert_eq!(document.bytes(), content.as_bytes());
        assert_eq!(document.path(), scene.path().join(name));
    }
    let again = from_argument(scene.path().to_str().expect("text")).expect("read");
    assert_eq!(again, read);
    scene.file("vendor-data", "what?");
    let error = CloudInit::from_directory(scene.path()).expect_err("unknown");
    told(
        &error,
        ErrorKind::Invalid,
        "vendor-data begins with `what?`",
        "skips",
        "#!",
    );
}

#[test]
fn a_directory_without_user_data_is_refused() {
    for (there, help) in [
        ("user-data.yaml", "`user-data.yaml` may be meant"),
        ("user_data", "`user_data` may be meant"),
        ("seed.txt", "name it so"),
    ] {
        let scene = Scene::new();
        scene.file(there, "#cloud-config\n");
        scene.file("meta-data", "{}");
        let error = CloudInit::from_directory(scene.path()).expect_err("missing");
        told(
            &error,
            ErrorKind::Usage,
            "holds no file `user-data`",
            "",
            help,
        );
        assert_eq!(error.place().path.as_deref(), Some(scene.path()));
    }
}
