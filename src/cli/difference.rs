//! What would become of a descriptor.

use std::time::Duration;

use similar::TextDiff;

use super::render;

/// How long the smallest difference is looked for.
const PATIENCE: Duration = Duration::from_secs(3);

/// A unified diff of the descriptor `name`, which was `made` something.
pub(super) fn difference(name: &str, made: &str, before: &str, after: &str) -> String {
    let diff = TextDiff::configure()
        .timeout(PATIENCE)
        .diff_lines(before, after);
    let name = render::printable(name);
    let text = diff
        .unified_diff()
        .header(&name, &format!("{name} ({made})"))
        .to_string();
    let mut shown = String::with_capacity(text.len());
    for line in text.lines() {
        // A tab is where it should be in what is read as a patch.
        let parts: Vec<_> = line.split('\t').map(render::printable).collect();
        shown += &parts.join("\t");
        shown.push('\n');
    }
    shown.push('\n');
    shown
}
