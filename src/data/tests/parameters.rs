//! Texts with parameters in them.

use std::ffi::OsString;

use serde_json::json;

use super::*;

/// Loads a `text` with `set` values, and an environment in which `HOME` is `/home/ann`,
/// `EMPTY` is empty, and `CPUS` is 8.
fn load(name: &str, text: &str, set: &[(&str, &str)]) -> Result<Document, Error> {
    let environment = |name: &str| {
        let value = match name {
            "HOME" => "/home/ann",
            "EMPTY" => "",
            "CPUS" => "8",
            "DOLLAR" => "${a}",
            _ => return None,
        };
        Some(OsString::from(value))
    };
    let mut loader = Loader::new()
        .text(name, text, None)
        .environment(environment);
    for (name, value) in set {
        loader = loader.set(*name, *value);
    }
    loader.load()
}

#[test]
fn values_are_put_for_parameters() {
    let set = [
        ("a", "1"),
        ("b", "x y"),
        ("empty", ""),
        ("dollar", "${a} $${"),
        ("colon", "x: [y]"),
    ];
    for (text, expected) in [
        ("v: ${a}", json!(1)),
        ("v: '${a}'", json!("1")),
        ("v: ${a}${a}", json!(11)),
        ("v: ${a}.10", json!(1.1)),
        ("v: web-${a}", json!("web-1")),
        ("v: [{w: \"-${b}-\"}]", json!([{"w": "-x y-"}])),
        (
            "v: |\n  ${b}\n  $${b} $HOME {b} $$\n",
            json!("x y\n${b} $HOME {b} $$\n"),
        ),
        ("v: ${c:-7}", json!(7)),
        ("v: ${c:-}", json!(null)),
        ("v: ${a:-7}", json!(1)),
        ("v: ${empty:-7}", json!(7)),
        ("v: x${empty}", json!("x")),
        ("v: ${c:-${d:-${a}}0}", json!(10)),
        ("v: ${env:HOME}/x", json!("/home/ann/x")),
        ("v: ${env:NONE:-x}", json!("x")),
        ("v: ${env:EMPTY:-x}", json!("x")),
        // What is put is not looked at again.
        ("v: ${dollar} ${env:DOLLAR}", json!("${a} $${ ${a}")),
        ("v: ${b}", json!("x y")),
        ("v: ${colon}", json!("x: [y]")),
    ] {
        let used = ["${a", "${b", "${empty", "${dollar", "${colon"];
        // Those that are used, since one too many is an error.
        let set: Vec<_> = set
            .iter()
            .zip(used)
            .filter(|(_, used)| text.contains(used))
            .map(|(set, _)| *set)
            .collect();
        let document = load("vm.yaml", text, &set);
        let document = document.unwrap_or_else(|error| panic!("{text}: {:?}", told(&error)));
        let read: Json = document.read().unwrap();
        assert_eq!(read["v"], expected, "{text}");
    }
}

#[test]
fn where_all_texts_have_quotes_a_parameter_alone_is_what_it_looks_like() {
    for (name, text) in [
        ("vm.toml", "a = '${n}'\nb = 'x${n}'\nc = '${n}${n}'"),
        (
            "vm.json",
            "{\"a\": \"${n}\", \"b\": \"x${n}\", \"c\": \"${n}${n}\"}",
        ),
    ] {
        let read: Json = load(name, text, &[("n", "4")]).unwrap().read().unwrap();
        assert_eq!(read, json!({"a": 4, "b": "x4", "c": "44"}), "{name}");
    }
}

#[test]
fn a_parameter_in_quotes_is_a_number_for_who_wants_one() {
    #[derive(Debug, serde::Deserialize, PartialEq)]
    struct Wanted {
        number: u8,
        yes: bool,
        text: String,
        off: Option<String>,
    }
    let text = "{number: \"${n}\", yes: \"${y}\", text: \"${n}\", off: \"${e}\"}";
    let set = [("n", "4"), ("y", "true"), ("e", "")];
    let read: Wanted = load("vm.yaml", text, &set).unwrap().read().unwrap();
    let expected = Wanted {
        number: 4,
        yes: true,
        text: "4".to_owned(),
        off: Some(String::new()),
    };
    assert_eq!(read, expected);
}

#[test]
fn a_value_comes_from_what_is_nearest_to_the_user() {
    let text = "parameters:
  plain: 1
  full: {default: 2, description: How many, env: CPUS}
  other: {default: 3, env: NONE}
  derived: ${plain}-${full}
  needed: {env: HOME, required: true}
  unset:
v: [\"${plain}\", \"${full}\", \"${other}\", \"${derived}\", \"${needed}\", \"${unset:-5}\"]
";
    let read =
        |set: &[(&str, &str)]| -> Json { load("vm.yaml", text, set).unwrap().read().unwrap() };
    assert_eq!(
        read(&[]),
        json!({"v": ["1", "8", "3", "1-8", "/home/ann", "5"]})
    );
    let set = [
        ("full", "9"),
        ("plain", "0"),
        ("needed", "x"),
        ("unset", "y"),
    ];
    assert_eq!(read(&set), json!({"v": ["0", "9", "3", "0-9", "x", "y"]}));
}

#[test]
fn later_files_declare_over_earlier_ones() {
    let document = Loader::new()
        .text(
            "a.yaml",
            "parameters: {n: {default: 1, env: X}, m: 1}\nv: '${n}${m}'",
            None,
        )
        .text("b.yaml", "parameters: {n: {default: 2}, m: 3}", None)
        .load();
    let read: Json = document.unwrap().read().unwrap();
    assert_eq!(read, json!({"v": "23"}));
}

#[test]
fn what_is_wrong_with_parameters() {
    const DECLARE: &str = "declare it below `parameters`, or set it: `--set x=VALUE`; `$${` is a `${` that begins none";
    for (text, set, expected) in [
        (
            "a: b\nc: is ${x}",
            &[][..],
            &[&*format!(
                "vm.yaml: 2:7: there is no parameter `x` | {DECLARE}"
            )][..],
        ),
        (
            "parameters: {cpus: 1}\na: ${cpu}\nb: ${cpuss}",
            &[],
            &[
                "vm.yaml: 2:4: there is no parameter `cpu` | did you mean `cpus`?",
                "vm.yaml: 3:4: there is no parameter `cpuss` | did you mean `cpus`?",
            ],
        ),
        (
            "parameters: {x: ~, y: {env: Y}}\na: ${x}\nb: ${y}",
            &[],
            &[
                "vm.yaml: 2:4: the parameter `x` has no value | set it: `--set x=VALUE`, or give it a default",
                "vm.yaml: 3:4: the parameter `y` has no value | set it, by `--set y=VALUE` or the environment variable `Y`, or give it a default",
            ],
        ),
        (
            "a: ${env:X}",
            &[],
            &[
                "vm.yaml: 1:4: the environment variable `X` is not set | set it, or give a default: `${env:X:-…}`",
            ],
        ),
        (
            "parameters: {x: {required: true, env: Y}}\na: ${x}",
            &[],
            &[
                "vm.yaml: 1:14: the parameter `x` has to be set | set it, by `--set x=VALUE` or the environment variable `Y`",
            ],
        ),
        (
            "parameters:\n  x: ${y}\n  y: a${z}\n  z: ${y}\na: ${x} ${z}",
            &[],
            &[
                "vm.yaml: 4:6: parameters stand for one another: y → z → y | give one of them a default without the others",
            ],
        ),
        (
            "a: ${cpus:-1}",
            &[("cpu", "1")],
            &["--set: there is no parameter `cpu` | did you mean `cpus`?"],
        ),
        (
            "a: 1",
            &[("cpu", "1")],
            &[
                "--set: there is no parameter `cpu` | the files declare and use none; write `${NAME}` where it belongs",
            ],
        ),
        (
            "a: b${c d}\ne: \"\\t${f\"",
            &[],
            &[
                "vm.yaml: 1:5: `c d` is no name of a parameter | write `${NAME}` or `${NAME:-DEFAULT}`, and `$${` for a `${` that begins neither",
                "vm.yaml: 2:7: `${f` has no `}` | write `${NAME}` or `${NAME:-DEFAULT}`, and `$${` for a `${` that begins neither",
            ],
        ),
        (
            "parameters:\n  1a: 1\n  b: [1]\n  c: {defualt: 1}\n  d: {default: [1]}\n  e: {required: x}\n  f: {default: 1, required: true}",
            &[],
            &[
                "vm.yaml: 2:3: `1a` is no name of a parameter | a name begins with a letter or `_`, and goes on with those, digits, `-` and `.`",
                "vm.yaml: 3:6: this has to be a single value, and is a list",
                "vm.yaml: 4:7: a parameter has no key `defualt` | did you mean `default`? Known are: default, description, env, required",
                "vm.yaml: 5:16: this has to be a single value, and is a list",
                "vm.yaml: 6:17: this has to be `true` or `false`, and is a text",
                "vm.yaml: 7:16: the parameter `f` is required and has a default | a default is for who gives no value, and a required one has to be given | remove one of them",
            ],
        ),
        (
            "parameters: 1",
            &[],
            &["vm.yaml: 1:13: `parameters` has to be a map, and is a number"],
        ),
    ] {
        assert_told(load("vm.yaml", text, set), expected, text);
    }
}

#[test]
fn parameters_cannot_grow_without_bound() {
    let doubled = |n: usize| format!("  p{n}: ${{p{}}}${{p{}}}\n", n - 1, n - 1);
    let text = format!(
        "parameters:\n  p0: {}\n{}v: ${{p25}}\n",
        "x".repeat(100),
        (1..26).map(doubled).collect::<String>()
    );
    let error = load("vm.yaml", &text, &[]).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::LimitExceeded);
    assert!(error.others().is_empty(), "{:?}", told(&error));
    let chained = |n: usize| format!("  p{n}: ${{p{}}}\n", n + 1);
    let text = format!(
        "parameters:\n{}v: ${{p0}}\n",
        (0..50_000).map(chained).collect::<String>()
    );
    let error = load("vm.yaml", &text, &[]).unwrap_err();
    assert_eq!(
        error.message(),
        "parameters stand in one another's defaults more than 32 deep"
    );
    let text = format!("v: [{}]", "\"${x}\", ".repeat(1000));
    let error = load("vm.yaml", &text, &[]).unwrap_err();
    assert_eq!(error.others().len(), MAX_ERRORS - 1);
}

#[cfg(unix)]
#[test]
fn a_variable_has_to_be_text() {
    use std::os::unix::ffi::OsStringExt as _;
    let text = "parameters: {x: {env: X}}\na: ${x} ${env:Y}";
    let result = Loader::new()
        .text("vm.yaml", text, None)
        .environment(|_| Some(OsString::from_vec(vec![0xFF])))
        .load();
    assert_told(
        result,
        &["vm.yaml: 1:23: the environment variable `X` is not UTF-8"],
        text,
    );
}
