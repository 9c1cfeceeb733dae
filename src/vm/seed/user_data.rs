//! What user-data can be, told by how it begins.
//!
//! The list is that of cloud-init's manual ("User data formats") and of
//! `cloudinit/handlers/__init__.py`. What begins otherwise is skipped at boot with no more
//! than a line in the guest's log.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use crate::base::units::MIB;
use crate::base::{Error, Result};

use super::cloud_init::Part;
use super::document::Document;
use super::fault::SeedFault;

/// What text begins with, the longer before what it begins with itself, and whether a
/// template may make it.
const BEGINNINGS: [(&str, bool); 8] = [
    ("#cloud-config-archive", false),
    ("#cloud-config-jsonp", false),
    ("#cloud-config", true),
    ("#cloud-boothook", false),
    ("#include-once", false),
    ("#include", false),
    ("#part-handler", false),
    ("#!", true),
];
/// What a template begins with.
const TEMPLATE: &str = "## template: jinja";
/// Where cloud-init looks for the header that makes it a MIME message.
const MIME_FRONT: usize = 4096;
const MIME_HEADER: &str = "mime-version:";
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The most bytes that compressed user-data may become: the guest holds it in memory several
/// times, and a bomb would keep it from booting.
const MAX_INFLATED: u64 = 64 * MIB;

/// Whether `bytes` are compressed already.
pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&GZIP)
}

/// Checks that `document` is something cloud-init knows, compressed or not.
pub(super) fn recognise(document: &Document, part: Part) -> Result<()> {
    let what = part.name();
    let checked = if is_gzip(document.bytes()) {
        let inflated = inflate(document, what)?;
        let path = document.path();
        check(&Document::new(path, inflated, what, MAX_INFLATED)?, what)
    } else {
        check(document, what)
    };
    checked.map_err(|error: Error| error.at(document.path()))
}

/// What `document` inflates to.
fn inflate(document: &Document, what: &'static str) -> Result<Vec<u8>> {
    let mut inflated = Vec::new();
    MultiGzDecoder::new(document.bytes())
        .take(MAX_INFLATED + 1)
        .read_to_end(&mut inflated)
        .map_err(|_| document.fault(SeedFault::DamagedGzip { what }))?;
    Ok(inflated)
}

fn check(document: &Document, what: &'static str) -> Result<()> {
    let text = document.text(what)?;
    if text.starts_with('\u{feff}') {
        return Err(document.fault(SeedFault::ByteOrderMark { what }));
    }
    if is_mime(text) {
        return Ok(());
    }
    let unknown = |fault| Err(document.fault(fault));
    let text = text.trim_start();
    let first = text.lines().next().unwrap_or_default();
    if begins_with(text, TEMPLATE) {
        let rest = text[first.len()..].trim_start();
        if BEGINNINGS
            .iter()
            .any(|(beginning, made)| *made && begins_with(rest, beginning))
        {
            return Ok(());
        }
        let second = shown(rest.lines().next().unwrap_or_default());
        return unknown(SeedFault::Template { what, second });
    }
    if BEGINNINGS
        .iter()
        .any(|(beginning, _)| begins_with(text, beginning))
    {
        return Ok(());
    }
    if text.starts_with('{') && text.contains("\"ignition\"") {
        return unknown(SeedFault::IsIgnition { what });
    }
    let first = shown(first);
    unknown(SeedFault::UnknownFormat { what, first })
}

/// Whether cloud-init takes `text` for a MIME message, and it begins as one.
fn is_mime(text: &str) -> bool {
    let front = &text.as_bytes()[..text.len().min(MIME_FRONT)];
    let front = front.to_ascii_lowercase();
    let has_header = front
        .windows(MIME_HEADER.len())
        .any(|window| window == MIME_HEADER.as_bytes());
    let name = text.split(':').next().unwrap_or_default();
    let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    // Mail programs and Python's generator put an envelope line in front.
    has_header && (named || text.starts_with("From "))
}

/// Whether `text` begins with `beginning`, without case as cloud-init compares it.
fn begins_with(text: &str, beginning: &str) -> bool {
    text.get(..beginning.len())
        .is_some_and(|front| front.eq_ignore_ascii_case(beginning))
}

/// A line as far as an error shows it.
fn shown(line: &str) -> String {
    const SHOWN: usize = 40;
    let mut shown: String = line
        .chars()
        .take(SHOWN)
        .flat_map(char::escape_debug)
        .collect();
    if line.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
