//! A page of the documentation as something that can be run.
//!
//! A block behind `<!-- file: NAME -->` is a file the reader writes; in the copy that is run, a
//! command in front of it puts it in its place. What differs from run to run, such as times,
//! is shown as it was once, and stands as a wildcard in the copy.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::Path;

/// Where the files a reader writes wait for their turn.
const FILES: &str = ".files";

pub(crate) struct Page {
    copy: String,
    files: Vec<String>,
    /// What was put in front of blocks, in order.
    inserted: Vec<String>,
    /// Lines with a wildcard, and the lines they stand for, in order.
    masked: HashMap<String, VecDeque<String>>,
}

impl Page {
    pub(crate) fn new(text: &str) -> Self {
        let mut page = Self {
            copy: String::new(),
            files: Vec::new(),
            inserted: Vec::new(),
            masked: HashMap::new(),
        };
        let mut named: Option<String> = None;
        let mut block: Option<Block> = None;
        for line in text.lines() {
            let Some(inside) = &mut block else {
                if let Some(language) = line.strip_prefix("```") {
                    let file = named.take();
                    if let Some(name) = &file {
                        page.put(name);
                    }
                    block = Some(Block::new(language, file.is_some()));
                } else if let Some(name) = file_name(line) {
                    named = Some(name.to_owned());
                }
                page.line(line);
                continue;
            };
            if line == "```" {
                if inside.printed {
                    // trycmd takes the last line feed of a block for its own.
                    page.line("");
                }
                block = None;
                page.line(line);
                continue;
            }
            inside.printed = inside.shown == Shown::Console && !is_mark(line);
            if inside.shown == Shown::File {
                let file = page.files.last_mut().expect("a file was begun");
                file.push_str(line);
                file.push('\n');
            }
            let masked = inside.masked(line);
            if masked != line {
                let lines = page.masked.entry(masked.clone()).or_default();
                lines.push_back(line.to_owned());
            }
            page.line(&masked);
        }
        page
    }

    /// The page as it is run.
    pub(crate) fn copy(&self) -> &str {
        &self.copy
    }

    /// Writes the files a reader writes to where the copy takes them from.
    pub(crate) fn write_files(&self, directory: &Path) {
        let directory = directory.join(FILES);
        fs::create_dir(&directory).expect("a directory");
        for (index, content) in self.files.iter().enumerate() {
            fs::write(directory.join(index.to_string()), content).expect("room for a file");
        }
    }

    /// A copy that was written anew, as a page for readers.
    pub(crate) fn restored(&self, copy: &str) -> String {
        let mut copy = copy.to_owned();
        for inserted in &self.inserted {
            copy = copy.replacen(inserted, "", 1);
        }
        let mut masked = self.masked.clone();
        let mut page = String::new();
        let mut console = false;
        for line in copy.lines() {
            if let Some(language) = line.strip_prefix("```") {
                if console && page.ends_with("\n\n") {
                    page.pop();
                }
                console = !console && language == "console";
            }
            let original = masked.get_mut(line).and_then(VecDeque::pop_front);
            page.push_str(original.as_deref().unwrap_or(line));
            page.push('\n');
        }
        page
    }

    fn line(&mut self, line: &str) {
        self.copy.push_str(line);
        self.copy.push('\n');
    }

    /// Begins a file called `name`, and has it put in its place.
    fn put(&mut self, name: &str) {
        let command = format!(
            "```console\n$ cp {FILES}/{} {name}\n```\n\n",
            self.files.len()
        );
        self.copy.push_str(&command);
        self.inserted.push(command);
        self.files.push(String::new());
    }
}

/// What a block shows.
#[derive(PartialEq)]
enum Shown {
    /// A file the reader writes.
    File,
    /// Commands, and what they print.
    Console,
    /// Something that is only looked at.
    Text,
}

/// A block that is being read.
struct Block {
    shown: Shown,
    /// Whether what is printed tells of a certificate, which is made anew each time.
    certificate: bool,
    /// Whether the last line is one that a program printed.
    printed: bool,
}

impl Block {
    fn new(language: &str, file: bool) -> Self {
        Self {
            shown: match language {
                _ if file => Shown::File,
                "console" => Shown::Console,
                _ => Shown::Text,
            },
            certificate: false,
            printed: false,
        }
    }

    /// `line` with what differs from run to run left open.
    fn masked(&mut self, line: &str) -> String {
        if self.shown != Shown::Console {
            return line.to_owned();
        }
        if let Some(command) = line.strip_prefix("$ ") {
            let signs = ["ovfkit sign ", "ovfkit verify "];
            self.certificate = signs.iter().any(|sign| command.starts_with(sign));
            return line.to_owned();
        }
        if let Some((before, time)) = line.rsplit_once(" in ")
            && is_time(time)
        {
            return format!("{before} in [..]");
        }
        let own = ["  serial  ", "   valid  ", "  sha256  "];
        match own.iter().find(|label| line.starts_with(*label)) {
            Some(label) if self.certificate => format!("{label}[..]"),
            _ => line.to_owned(),
        }
    }
}

/// Whether `line` stands for something else than a line that is printed: a command, an exit
/// code, lines left out.
fn is_mark(line: &str) -> bool {
    line.starts_with("$ ") || line.starts_with("? ") || line == "..."
}

/// Whether `text` is a time such as `8 ms` or `1.2 s`.
fn is_time(text: &str) -> bool {
    let parts = text.split_once(' ');
    parts.is_some_and(|(number, unit)| number.parse::<f64>().is_ok() && matches!(unit, "ms" | "s"))
}

/// The name in `<!-- file: NAME -->`.
fn file_name(line: &str) -> Option<&str> {
    line.strip_prefix("<!-- file: ")?.strip_suffix(" -->")
}

/// The commands in `console` blocks of a page.
pub(crate) fn commands(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut console = false;
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            console = !console && language == "console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| console) {
            found.push(command);
        }
    }
    found
}

#[test]
fn a_page_is_what_it_was_after_it_was_run() {
    let text = "A file:\n\n<!-- file: a.yaml -->\n```yaml\nname: a\n```\n\n```console\n\
                $ ovfkit pack -d a.yaml\n  output  a.ova, 1 KiB in 8 ms\n```\n\n\
                ```console\n$ ovfkit verify a.ova\n  sha256  00\n  output  b in 1.5 s\n```\n";
    let page = Page::new(text);
    assert_eq!(page.files, ["name: a\n"]);
    assert_eq!(
        commands(page.copy()),
        [
            "cp .files/0 a.yaml",
            "ovfkit pack -d a.yaml",
            "ovfkit verify a.ova"
        ]
    );
    assert_eq!(page.copy().matches(" in [..]\n").count(), 2);
    assert!(page.copy().contains("  sha256  [..]\n"));
    assert_eq!(page.copy().matches("\n\n```\n").count(), 2);
    assert_eq!(page.restored(page.copy()), text);
}

#[test]
fn what_was_written_anew_is_kept() {
    let text = "```console\n$ ovfkit pack a.raw\n  sha256  00\n```\n";
    let page = Page::new(text);
    let copy = page.copy().replace("00", "11");
    assert_eq!(page.restored(&copy), text.replace("00", "11"));
}
