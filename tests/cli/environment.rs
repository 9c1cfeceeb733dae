//! `ovfkit environment`.

use std::fs;
use std::process::Stdio;

use ovfkit::envelope::environment::parse;
use ovfkit::schema::{Edition, validate};

use crate::scene::{Scene, finish};

const MACHINE: &str = "<VirtualSystem ovf:id='web'><Info/><ProductSection ovf:class='app'><Info/>\
    <Property ovf:key='port' ovf:type='uint16' ovf:userConfigurable='true' ovf:value='80'>\
    <Value ovf:value='443' ovf:configuration='tls'/></Property>\
    <Property ovf:key='secret' ovf:type='string' ovf:password='true' ovf:userConfigurable='true' \
    ovf:qualifiers='MinLen(1)'/></ProductSection></VirtualSystem>";
const OTHER: &str = "<VirtualSystem ovf:id='db'><Info/></VirtualSystem>";
const SECRET: &str = "app.secret=a<\"b";

fn descriptor(content: &str) -> String {
    const NAMESPACE: &str = "http://schemas.dmtf.org/ovf/envelope/1";
    format!(
        "<Envelope xmlns='{NAMESPACE}' xmlns:ovf='{NAMESPACE}'><References/>\
         <DeploymentOptionSection><Info/><Configuration ovf:id='plain'/>\
         <Configuration ovf:id='tls'/></DeploymentOptionSection>{content}</Envelope>"
    )
}

/// `in/one.ovf` with one machine, `in/two.ovf` with two.
fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("in/one.ovf", descriptor(MACHINE).as_bytes());
    let two = format!(
        "<VirtualSystemCollection ovf:id='c'><Info/>{MACHINE}{OTHER}</VirtualSystemCollection>"
    );
    scene.write("in/two.ovf", descriptor(&two).as_bytes());
    scene
}

#[test]
fn a_guest_is_told_what_was_chosen() {
    let scene = scene();
    let arguments = [
        &[
            "environment",
            "../in/one.ovf",
            "--set",
            SECRET,
            "--configuration",
            "tls",
        ][..],
        &[
            "--locale",
            "de",
            "--timezone",
            "-60",
            "--platform-kind",
            "Host",
            "--platform-version",
        ],
        &["9", "--platform-vendor", "V&V"],
    ]
    .concat();
    let run = scene.run(&arguments).succeeded();
    assert_eq!(run.stderr, "");
    let text = run.text();
    assert_eq!(validate(&text, Edition::Environment).expect("readable"), []);
    let read = parse(&text).expect("readable");
    let told: Vec<_> = read
        .properties()
        .map(|property| (&*property.key, &*property.value))
        .collect();
    assert_eq!(told, [("app.port", "443"), ("app.secret", "a<\"b")]);
    let platform = read.platform().expect("told");
    assert_eq!(platform.vendor.as_deref(), Some("V&V"));
    assert_eq!(platform.timezone, Some(-60));
    assert!(scene.outputs().is_empty());
}

#[test]
fn it_goes_to_a_file_and_comes_from_a_pipe() {
    let scene = scene();
    let into = ["environment", "-", "--set", SECRET, "-o", "ovf-env.xml"];
    let mut command = scene.command(&into);
    let input = fs::File::open(scene.path("in/one.ovf")).expect("there");
    command.stdin(Stdio::from(input));
    let run = finish(command.spawn().expect("the program runs")).succeeded();
    assert!(run.stdout.is_empty());
    let written = fs::read_to_string(scene.path("out/ovf-env.xml")).expect("written");
    let printed = scene.run(&["environment", "../in/one.ovf", "--set", SECRET, "-o", "-"]);
    assert_eq!(printed.succeeded().text(), written);
    let again = [
        "environment",
        "../in/one.ovf",
        "--set",
        SECRET,
        "-o",
        "ovf-env.xml",
    ];
    scene.refuses(&again, 7, &["ovf-env.xml", "--force"]);
    scene.run(&[&again[..], &["--force"]].concat()).succeeded();
}

#[test]
fn a_machine_of_several_has_to_be_named() {
    let scene = scene();
    let two = ["environment", "../in/two.ovf", "--set", SECRET];
    let several = ["several virtual systems", "where: --system", "`web`, `db`"];
    scene.refuses(&two, 2, &several);
    let unknown = [&two[..], &["--system", "mail"]].concat();
    scene.refuses(&unknown, 2, &["no virtual system `mail`", "`web`, `db`"]);
    let run = scene
        .run(&[&two[..], &["--system", "db"]].concat())
        .succeeded();
    let read = parse(&run.text()).expect("readable");
    assert_eq!(read.id.as_deref(), Some("db"));
    assert_eq!(read.entities[0].properties().count(), 2);
}

#[test]
fn without_a_machine_no_option_is_to_blame() {
    let scene = scene();
    scene.write("in/none.ovf", descriptor("").as_bytes());
    scene.refuses(
        &["environment", "../in/none.ovf"],
        2,
        &[
            "has no virtual system",
            "where: ../in/none.ovf",
            "a machine",
        ],
    );
}

#[test]
fn what_cannot_be_set_is_refused() {
    let scene = scene();
    let with = |more: &[&'static str]| {
        let mut all = vec!["environment", "../in/one.ovf"];
        all.extend(more);
        all
    };
    scene.refuses(
        &with(&[]),
        2,
        &["no value is given for `app.secret`", "where: --set"],
    );
    scene.refuses(
        &with(&["--set", "secret=x"]),
        2,
        &["no property `secret`", "`app.port`, `app.secret`"],
    );
    scene.refuses(
        &with(&["--set", SECRET, "--set", "app.port=http"]),
        2,
        &["`app.port` cannot be \"http\"", "no `uint16`"],
    );
    scene.refuses(
        &with(&["--set", SECRET, "--set", SECRET]),
        2,
        &["set twice"],
    );
    scene.refuses(
        &with(&["--configuration", "huge"]),
        2,
        &[
            "no deployment option `huge`",
            "where: --configuration",
            "plain, tls",
        ],
    );
    for (arguments, said) in [
        (["--set", "nothing"], "KEY=VALUE"),
        (
            ["--locale", "\u{1}"],
            "no document can hold the character '\\u{1}'",
        ),
    ] {
        let run = scene.run(&with(&arguments));
        assert_eq!(run.status.code(), Some(2));
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
}

#[test]
fn a_users_template_takes_the_place_of_a_built_in_one() {
    let scene = scene();
    let listed = scene.run(&["template", "list"]).succeeded().text();
    assert!(listed.lines().any(|name| name == "environment/Property"));
    let shown = ["template", "show", "environment/Property"];
    let built_in = scene.run(&shown).succeeded().text();
    fs::create_dir_all(scene.path("out/mine/environment")).expect("directories");
    let own = format!("<!-- mine -->\n{built_in}");
    scene.write("out/mine/environment/Property.hbs", own.as_bytes());
    let request = [
        "environment",
        "../in/one.ovf",
        "--set",
        SECRET,
        "--template",
        "mine",
    ];
    let text = scene.run(&request).succeeded().text();
    assert_eq!(text.matches("<!-- mine -->").count(), 2, "{text}");
    scene.write("out/mine/environment/Property.hbs", b"<Other/>{{/if}}");
    scene.refuses(&request, 3, &["the template `Property`", "--template"]);
    scene.write("out/mine/environment/Item.hbs", b"");
    scene.refuses(&request, 2, &["`environment/Item`", "template list"]);
}
