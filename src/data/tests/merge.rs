//! Files over one another.

use serde_json::json;

use super::*;

fn merged(texts: &[&str]) -> Result<Document, Error> {
    let mut loader = Loader::new();
    for (number, text) in texts.iter().enumerate() {
        loader = loader.text(format!("{number}.yaml"), *text, None);
    }
    loader.load()
}

#[test]
fn the_later_file_wins_key_by_key() {
    for (texts, expected) in [
        (
            &["a: 1\nb: 2", "b: 3\nc: 4"][..],
            json!({"a": 1, "b": 3, "c": 4}),
        ),
        (
            &["a: {b: {c: 1, d: 2}}", "a: {b: {d: 3}}"],
            json!({"a": {"b": {"c": 1, "d": 3}}}),
        ),
        (&["a: [1, 2]", "a: [3]"], json!({"a": [3]})),
        (&["a: [1, 2]", "a: 3"], json!({"a": 3})),
        (&["a: 3", "a: {b: 1}"], json!({"a": {"b": 1}})),
        (
            &["a: [1]", "a+: [2, 3]", "a+: [4]"],
            json!({"a": [1, 2, 3, 4]}),
        ),
        (&["a+: [1]"], json!({"a": [1]})),
        (&["a: [{b+: [1]}]"], json!({"a": [{"b": [1]}]})),
        (
            &["a: {b: [1]}", "a: {b+: [2]}"],
            json!({"a": {"b": [1, 2]}}),
        ),
        (&["a+: [2]\na: [1]"], json!({"a": [1, 2]})),
        (&["a: 1\nb: 2", "a: ~"], json!({"b": 2})),
        (&["a: 1", "a: ~", "a: 2"], json!({"a": 2})),
        (&["a: [1]", "a: ~", "a+: [2]"], json!({"a": [2]})),
        (&["a: ~"], json!({"a": null})),
        (&["", "a: 1", ""], json!({"a": 1})),
    ] {
        let read: Json = merged(texts).unwrap().read().unwrap();
        assert_eq!(read, expected, "{texts:?}");
    }
}

#[test]
fn a_place_leads_to_the_file_a_value_came_from() {
    let document = merged(&["a: {b: 1, c: 2}\nl: [x]", "\na: {c: 3}\nl+: [y]\nd: ~"]).unwrap();
    for (path, place) in [
        (Path::new().key("a").key("b"), "0.yaml:1:8"),
        (Path::new().key("a").key("c"), "1.yaml:2:8"),
        (Path::new().key("l").index(0), "0.yaml:2:5"),
        (Path::new().key("l").index(1), "1.yaml:3:6"),
        (Path::new().key("a").key("b").key("none"), "0.yaml:1:8"),
    ] {
        assert_eq!(document.location(&path).to_string(), place, "{path}");
    }
    let blamed = document.blame(&Path::new().key("l").index(1), Error::usage("no y"));
    assert_eq!(blamed.to_string(), "1.yaml: 3:6: no y");
    assert_eq!(blamed.excerpt().unwrap().line, "l+: [y]");
}

#[test]
fn only_lists_are_appended() {
    for (texts, expected) in [
        (
            &["a: 1", "\na+: [1]"][..],
            "1.yaml: 2:5: `a+` appends to a list, and `a` is a number | that was given at 0.yaml:1:4 | write `a` to replace it",
        ),
        (
            &["a: [1]", "a+: 2"],
            "1.yaml: 1:5: `+` appends a list, and this is a number",
        ),
        (
            &["a+: ~"],
            "0.yaml: 1:5: `+` appends a list, and this is nothing",
        ),
    ] {
        assert_told(merged(texts), &[expected], &format!("{texts:?}"));
    }
}
