//! The three formats.

use serde_json::json;

use super::*;

#[test]
fn yaml_is_read() {
    for (text, expected) in [
        ("", json!({})),
        ("# nothing\n", json!({})),
        ("---\n...\n", json!({})),
        ("\u{FEFF}a: ü\n", json!({"a": "ü"})),
        (
            "a: 1\r\nb: [x, 'y', \"\\x7a\"]\r\n",
            json!({"a": 1, "b": ["x", "y", "z"]}),
        ),
        (
            "a: |\n  b\n  c\nd: >-\n  e\n  f\n",
            json!({"a": "b\nc\n", "d": "e f"}),
        ),
        (
            "a: !!str 1\nb: !!float 2\nc: ! 3\nd: !!map {}",
            json!({"a": "1", "b": 2, "c": "3", "d": {}}),
        ),
        (
            "1: a\ntrue: b\n~: c\n1.10: d",
            json!({"1": "a", "true": "b", "~": "c", "1.10": "d"}),
        ),
        ("%YAML 1.2\n---\na: yes", json!({"a": "yes"})),
        (
            "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], a: 0}\nv: {<<: *y}",
            json!({
                "x": {"a": 1, "b": 2}, "y": {"b": 3, "c": 4},
                "z": {"a": 0, "b": 2, "c": 4}, "v": {"b": 3, "c": 4},
            }),
        ),
        ("a: {\"<<\": 1}", json!({"a": {"<<": 1}})),
        ("a: &a b\n*a : c", json!({"a": "b", "b": "c"})),
    ] {
        assert_eq!(json("vm.yaml", text), expected, "{text}");
    }
}

#[test]
fn toml_is_read() {
    let text = "b = 0x1F\na = 1_000\n'c d' = 1.10\ne.f = true\n[[g]]\nh = 1979-05-27\n[[g]]\n[i.j]\nk = ['''x''']\n";
    let expected = json!({
        "b": 31, "a": 1000, "c d": 1.1, "e": {"f": true},
        "g": [{"h": "1979-05-27"}, {}], "i": {"j": {"k": ["x"]}},
    });
    assert_eq!(json("vm.toml", text), expected);
    let document = document("vm.toml", text).unwrap();
    let keys = document.root().entries().unwrap().iter();
    let keys: Vec<_> = keys.map(|entry| entry.key.text.as_str()).collect();
    assert_eq!(
        keys,
        ["b", "a", "c d", "e", "g", "i"],
        "in the order of the file"
    );
    let kept = document.root().get("c d").unwrap().scalar().unwrap();
    assert_eq!(kept.text, "1.10");
}

#[test]
fn json_is_read() {
    let text = "{\n\t\"a\": \"\\ud83d\\ude00\\/\\u0041\",\n\t\"b\\u0062\": [1, -2.50e1, true, [], {}]\n}\n";
    let expected = json!({"a": "😀/A", "bb": [1, -25.0, true, [], {}]});
    assert_eq!(json("vm.json", text), expected);
    let document = document("vm.json", text).unwrap();
    let path = Path::new().key("bb").index(1);
    assert_eq!(document.location(&path).to_string(), "vm.json:3:17");
}

#[test]
fn what_is_no_yaml() {
    for (text, expected) in [
        (
            "a: 1\nb:\n\t- c\n",
            "vm.yaml: 3:2: this is not YAML: tabs disallowed within this context (block indentation) | indent with spaces",
        ),
        (
            "a: b: c",
            "vm.yaml: 1:5: this is not YAML: mapping values are not allowed in this context | check the indentation; a text with `: ` in it goes into quotes",
        ),
        (
            "a: {b: ${c}}",
            "vm.yaml: 1:9: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}' | inside `[…]` and `{…}`, a `${name}` has to be in quotes: `\"${name}\"`",
        ),
        (
            "ä: @b",
            "vm.yaml: 1:4: this is not YAML: unexpected character: `@' | a text that begins with this character goes into quotes",
        ),
        (
            "a: 1\nb: 2\na: 3",
            "vm.yaml: 3:1: the key `a` is given twice | it is there already in line 1 | remove one of them",
        ),
        (
            "a: {ü: 1, ü: 2}",
            "vm.yaml: 1:11: the key `ü` is given twice | it is there already in line 1 | remove one of them",
        ),
        (
            "a: 1\n---\nb: 1",
            "vm.yaml: 2:1: a second document begins here | put it into a file of its own, and `include` that or give it as well",
        ),
        (
            "a: !env HOME",
            "vm.yaml: 1:4: the tag `!env` has no meaning here | remove it; a text that looks like a number goes into quotes",
        ),
        (
            "a: !!set {}",
            "vm.yaml: 1:4: the tag `!!set` has no meaning here | remove it; a text that looks like a number goes into quotes",
        ),
        ("a: !!int x", "vm.yaml: 1:4: `x` is no `!!int`"),
        ("a: !!seq {}", "vm.yaml: 1:4: this is no `!!seq`"),
        (
            "[a]: b",
            "vm.yaml: 1:1: a key is a list; it has to be a text",
        ),
        (
            "a: *b",
            "vm.yaml: 1:4: this is not YAML: while parsing node, found unknown anchor",
        ),
        (
            "a: &a [*a]",
            "vm.yaml: 1:8: the alias stands inside what it stands for",
        ),
        (
            "<<: 1",
            "vm.yaml: 1:5: `<<` merges maps, and this is a number",
        ),
        (
            "- a",
            "vm.yaml: 1:1: the file is a list; it has to be a map of keys and values",
        ),
        (
            "a",
            "vm.yaml: 1:1: the file is a text; it has to be a map of keys and values",
        ),
    ] {
        assert_told(document("vm.yaml", text), &[expected], text);
    }
}

#[test]
fn what_is_no_toml_or_json() {
    for (name, text, expected) in [
        (
            "a.toml",
            "a = 1\nb = \n",
            "a.toml: 2:5: this is not TOML: string values must be quoted, expected literal string",
        ),
        (
            "a.toml",
            "a = 1\n'a' = 2",
            "a.toml: 2:1: the key `a` is given twice | remove one of them",
        ),
        (
            "a.json",
            "{\"a\": 1,\n \"b\": }",
            "a.json: 2:7: this is not JSON: expected value",
        ),
        (
            "a.json",
            "{\"ü\": 1,\n}",
            "a.json: 2:1: this is not JSON: key must be a string",
        ),
        (
            "a.json",
            "{\"a\": 1",
            "a.json: 1:7: this is not JSON: EOF while parsing an object",
        ),
        (
            "a.json",
            "",
            "a.json: 1:1: this is not JSON: EOF while parsing a value",
        ),
        (
            "a.json",
            "{\"a\": 1} x",
            "a.json: 1:10: this is not JSON: trailing characters",
        ),
        (
            "a.json",
            "{\"a\": \"\\ud83d\"}",
            "a.json: 1:7: this is not JSON: unexpected end of hex escape",
        ),
        (
            "a.json",
            "{\"a\": 1,\n \"\\u0061\": 2}",
            "a.json: 2:2: the key `a` is given twice | it is there already in line 1 | remove one of them",
        ),
        (
            "a.json",
            "{\"a\": 1e999}",
            "a.json: 1:7: the number is out of range",
        ),
        (
            "a.json",
            "[]",
            "a.json: 1:1: the file is a list; it has to be a map of keys and values",
        ),
    ] {
        assert_told(document(name, text), &[expected], text);
    }
}

/// `[[…]]` that `levels` deep.
fn nested(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

#[test]
fn nesting_has_a_bound() {
    for name in ["a.yaml", "a.toml", "a.json"] {
        let put = |list: String| match name {
            "a.toml" => format!("a = {list}"),
            "a.json" => format!("{{\"a\": {list}}}"),
            _ => format!("a: {list}"),
        };
        // The map around is a level, too.
        assert!(
            document(name, &put(nested(MAX_DEPTH - 1))).is_ok(),
            "{name}"
        );
        for levels in [MAX_DEPTH, MAX_DEPTH + 30, 100_000] {
            let error = document(name, &put(nested(levels))).unwrap_err();
            assert_eq!(
                error.kind(),
                crate::ErrorKind::LimitExceeded,
                "{name}: {error}"
            );
            assert!(error.place().line.is_some(), "{name}");
        }
    }
    let dots = format!("{}b = 1", "a.".repeat(100_000));
    let error = document("a.toml", &dots).unwrap_err();
    assert_eq!(error.message(), "this is nested more than 64 deep");
    // An alias brings the levels of what it stands for.
    let half = MAX_DEPTH / 2 + 1;
    let text = format!(
        "a: &a {}\nb: {}*a{}",
        nested(half),
        "[".repeat(half),
        "]".repeat(half)
    );
    let error = document("a.yaml", &text).unwrap_err();
    assert_eq!(error.message(), "this is nested more than 64 deep");
}

#[test]
fn a_few_aliases_cannot_stand_for_millions() {
    let level = |name: usize| {
        let below = format!("*a{}", name - 1);
        format!("a{name}: &a{name} [{}]\n", vec![below; 10].join(", "))
    };
    let lists: String = (1..20).map(level).collect();
    let long = "x".repeat(1 << 20);
    let aliases = format!("[{}]", vec!["*a"; 100].join(", "));
    for text in [
        format!("a0: &a0 lol\n{lists}"),
        format!("a: &a {long}\nb: {aliases}"),
        format!("a: [{}]", "1,".repeat(MAX_NODES)),
    ] {
        let error = document("a.yaml", &text).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::LimitExceeded, "{error}");
        assert!(error.place().line.is_some());
    }
}

#[test]
fn an_excerpt_shows_what_is_at_fault() {
    let error = document("a.yaml", "a: 1\nb: {c: !foo  bar, d: 1}\n").unwrap_err();
    let shown = error.excerpt().unwrap();
    let fault: String = shown
        .line
        .chars()
        .skip(shown.indent)
        .take(shown.width)
        .collect();
    assert_eq!(fault, "!foo  bar");
}

#[test]
fn yaml_is_read_as_by_programs_in_python() {
    let text = "a: yes\nb: [Off, \"on\", TRUE, yEs, y]\nc: !param x = 1\nd: !param 'y'\ne: &f !param z\ng: *f\n";
    let document = Document::python("x.yaml".as_ref(), text, "!param").expect("read");
    assert_eq!(
        document.read::<Json>().expect("JSON"),
        json!({
            "a": true,
            "b": [false, "on", true, "yEs", "y"],
            "c": {"!param": "x = 1"},
            "d": {"!param": "y"},
            "e": {"!param": "z"},
            "g": {"!param": "z"},
        })
    );
    assert_told(
        Document::python("x.yaml".as_ref(), "a: !other 1", "!param"),
        &[
            "x.yaml: 1:4: the tag `!other` has no meaning here | remove it; a text that looks like a number goes into quotes",
        ],
        "a tag of somebody else",
    );
}
