//! Commands and options that the documentation names are there.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use crate::project;
use crate::support::run::{ovfkit, run};

/// What commands say of themselves, each asked once.
#[derive(Default)]
struct Helps(HashMap<String, Option<String>>);

impl Helps {
    /// The help of a command; `None` if there is no such command.
    fn of(&mut self, command: &[&str]) -> Option<&str> {
        let key = command.join(" ");
        let help = self.0.entry(key).or_insert_with(|| {
            let outcome = run(ovfkit().args(command).arg("--help"));
            outcome.succeeded().then(|| outcome.text())
        });
        help.as_deref()
    }

    /// The commands there are below `command`.
    fn commands(&mut self, command: &[&str]) -> Vec<String> {
        let help = self.of(command).expect("help");
        let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        list.take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| *name != "help")
            .map(str::to_owned)
            .collect()
    }
}

/// The pages, with their names.
fn pages() -> Vec<(String, String)> {
    let docs = fs::read_dir(project().join("docs")).expect("the documentation");
    let mut paths: Vec<PathBuf> = docs.map(|entry| entry.expect("a page").path()).collect();
    paths.extend(["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(|name| project().join(name)));
    paths.sort();
    let pages = paths.into_iter().map(|path| {
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        (name, fs::read_to_string(&path).expect("a page"))
    });
    pages.collect()
}

/// The commands of `text` that call ovfkit: lines of blocks, continued ones as one, and words
/// set as code.
fn calls(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut block, mut line) = (false, String::new());
    for next in text.lines() {
        if next.starts_with("```") {
            block = !block;
            continue;
        }
        if !block {
            let code = next.split('`').skip(1).step_by(2);
            found.extend(
                code.filter(|it| it.starts_with("ovfkit "))
                    .map(str::to_owned),
            );
            continue;
        }
        line += next.strip_prefix("$ ").unwrap_or(next);
        if line.ends_with('\\') {
            line.pop();
            continue;
        }
        let call = std::mem::take(&mut line);
        let call = call.trim_start();
        if call.starts_with("ovfkit ") {
            // What stands behind these is for the reader, or for another program.
            let end = [" #", " | ", " > ", " && ", ";"];
            let end = end.iter().filter_map(|mark| call.find(mark)).min();
            found.push(call[..end.unwrap_or(call.len())].to_owned());
        }
    }
    found
}

/// The options of a call, without their values.
fn options(call: &str) -> impl Iterator<Item = &str> {
    let words = call
        .split_whitespace()
        .map(|word| word.trim_matches(['[', ']', '`', ',']));
    words
        .filter(|word| word.starts_with('-') && word.len() > 1)
        .filter_map(|word| word.split('=').next())
        .filter(|word| !matches!(*word, "--help" | "-h" | "--version" | "-V"))
}

/// Whether `help` tells of `option`.
fn tells(help: &str, option: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '-');
    let mut places = help.match_indices(option);
    places.any(|(at, _)| {
        let begins = help[..at].ends_with([' ', ',', '[']);
        begins && ends(&help[at + option.len()..])
    })
}

#[test]
fn every_call_in_the_documentation_is_of_a_command_with_these_options() {
    let mut helps = Helps::default();
    let (mut seen, mut wrong) = (0, Vec::new());
    for (page, text) in pages() {
        for call in calls(&text) {
            let words: Vec<_> = call.split_whitespace().skip(1).collect();
            let nested = matches!(
                words.as_slice(),
                ["target" | "template", "show" | "list", ..] | ["disk", _, ..]
            );
            let command = &words[..if nested { 2 } else { 1 }];
            // `ovfkit --version`, and the command in the words of a syntax.
            if command[0].starts_with('-') {
                continue;
            }
            let Some(help) = helps.of(command) else {
                wrong.push(format!("{page}: no such command: {call}"));
                continue;
            };
            for option in options(&call) {
                seen += 1;
                if !tells(help, option) {
                    wrong.push(format!("{page}: no option {option}: {call}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 150, "{seen} options");
}

#[test]
fn every_option_named_in_the_documentation_is_there() {
    let mut helps = Helps::default();
    let names = helps.commands(&[]);
    assert!(names.len() > 10, "{names:?}");
    let mut told = String::new();
    for name in &names {
        told += helps.of(&[name]).expect("help");
        for verb in helps.commands(&[name]) {
            told += helps.of(&[name, &verb]).expect("help");
        }
    }
    told += helps.of(&["disk", "check"]).expect("help");
    let mut wrong = Vec::new();
    for (page, text) in pages() {
        let code = text
            .lines()
            .flat_map(|line| line.split('`').skip(1).step_by(2));
        for span in code.filter(|span| span.starts_with("--")) {
            for option in options(span).filter(|option| !tells(&told, option)) {
                wrong.push(format!("{page}: no command has {option}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_option_is_told_as_a_whole() {
    let help = "  -o, --output <FILE>  where\n      --no-nic  none [aliases: --memory]\n";
    for option in ["-o", "--output", "--no-nic", "--memory"] {
        assert!(tells(help, option), "{option}");
    }
    for option in ["--out", "--nic", "-f", "--no"] {
        assert!(!tells(help, option), "{option}");
    }
}
